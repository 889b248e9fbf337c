"""SPARQL servers that are down, slow, closed, endless or something else: a clear error each, in time."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from app.core.errors import DomainError, Unavailable, UpstreamFailed
from app.gateways import triple_store
from app.gateways.triple_store import QueryTooCostly, http, values
from tests.gateways.ill_server import IllServer, Script
from tests.gateways.triple_store.samples import BOTH


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], IllServer]]:
    """Start an ill server that the gateway then speaks to; it has one second instead of five."""
    monkeypatch.setattr(http, "SECONDS", 1.0)
    servers: list[IllServer] = []

    def start(script: Script) -> IllServer:
        servers.append(IllServer(script))
        triple_store.configure(f"{servers[-1].url}/ds")
        return servers[-1]

    yield start
    triple_store.close()
    for server in servers:
        server.close()


def answer(status: str, body: bytes = b"", *headers: str) -> Script:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])
    return lambda connection: connection.sendall(head.encode() + b"\r\n\r\n" + body)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)  # the illness itself


def silent(connection: socket.socket) -> None:
    time.sleep(1.5)  # the illness itself


@pytest.mark.parametrize(
    ("script", "expected", "message"),
    [
        (answer("401 Unauthorized"), UpstreamFailed, "401 .* See TRIPLE_STORE_URL"),
        (answer("404 Not Found"), UpstreamFailed, "404 .* See TRIPLE_STORE_URL"),
        (answer("302 Found", b"", "Location: http://127.0.0.1:1/"), UpstreamFailed, "302"),
        (answer("500 Server Error", b"out\nof order"), UpstreamFailed, "500 to a query: out of order"),
        (answer("503 Service Unavailable", b"later"), Unavailable, "later"),
        (answer("200 OK", b"<html>"), UpstreamFailed, "no JSON"),
        (answer("200 OK", b"{}"), UpstreamFailed, "something else"),
        (answer("200 OK", b'{"results": {"bindings": [{"now": {"value": "noon"}}]}}'), UpstreamFailed, "something else"),
        (lambda connection: None, Unavailable, "cannot be reached"),
        (lambda connection: connection.sendall(b"SSH-2.0\r\n"), Unavailable, "cannot be reached"),
        (endless, QueryTooCostly, "larger than"),
        (drip, QueryTooCostly, "within 5 s"),
        (silent, QueryTooCostly, "within 5 s"),
    ],
)  # fmt: skip
def test_an_ill_server_is_a_clear_error_in_time(
    serve: Callable[[Script], IllServer], script: Script, expected: type[DomainError], message: str
) -> None:
    server = serve(script)
    started = time.monotonic()
    with pytest.raises(expected, match=message):
        triple_store.check()
    assert time.monotonic() - started < 4
    assert server.hits == 1


def test_a_server_that_is_not_there_is_503_and_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    triple_store.configure(f"http://127.0.0.1:{port}/ds")
    for act in (triple_store.check, triple_store.forget, lambda: triple_store.query("ASK {}", BOTH, "text/csv")):
        with pytest.raises(Unavailable, match="TRIPLE_STORE_URL"):
            act()
    triple_store.close()


def test_the_proxy_of_the_environment_is_not_asked(
    serve: Callable[[Script], IllServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer("200 OK", b"{}"))
    server = serve(answer("500 Server Error"))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(UpstreamFailed):
        triple_store.check()
    assert (proxy.hits, server.hits) == (0, 1)


def test_the_limits_are_those_that_are_documented() -> None:
    assert (values.SECONDS, values.MAX_ROWS, values.MAX_BYTES, values.MAX_TEXT) == (5.0, 10_000, 1_000_000, 100_000)
