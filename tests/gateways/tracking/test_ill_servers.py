"""Servers that are down, slow, endless or mad: each costs ten seconds at most, here a fraction of one, and a clear error."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.core.errors import DomainError, NotFound, Unavailable, UpstreamFailed, UpstreamTimeout
from app.gateways import tracking
from app.gateways.tracking import timebox
from tests.gateways.ill_server import IllServer, Script

RUN = "2c8c2fc3fefe4c56a29ac325c0bac39c"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], IllServer]]:
    """Start an ill server that the gateway then speaks to; it has half a second instead of ten."""
    monkeypatch.setattr(tracking, "SECONDS", 0.5)
    servers: list[IllServer] = []

    def start(script: Script) -> IllServer:
        servers.append(IllServer(script))
        tracking.configure(servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.close()
    tracking.configure("")


def answer(status: str, body: bytes, *headers: str) -> Script:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return lambda connection: connection.sendall(head.encode() + b"\r\n\r\n" + body)


def drip(head: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)  # the illness itself, bounded by the time box of the other side

    return script


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b"[" * 65536)


def silent(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    "script",
    [silent, drip(b""), drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")],
    ids=["silent", "drips its status", "drips a header", "drips its body"],
)
def test_a_slow_server_is_given_up_in_time(serve: Callable[[Script], IllServer], script: Script) -> None:
    serve(script)
    started = time.monotonic()
    with pytest.raises(UpstreamTimeout, match="MLflow"):
        tracking.run(RUN)
    assert time.monotonic() - started < 3


def asking(times: int) -> list[DomainError]:
    """What so many calls at once end with."""
    caught: list[DomainError] = []

    def ask() -> None:
        try:
            tracking.run(RUN)
        except DomainError as error:
            caught.append(error)

    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return caught


def test_given_up_calls_do_not_keep_their_places(serve: Callable[[Script], IllServer]) -> None:
    serve(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"))
    asking(timebox.AT_ONCE)
    deadline = time.monotonic() + 5
    while any(thread.name == "MLflow" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "threads of given-up calls go on"
        threading.Event().wait(0.02)
    assert all(isinstance(error, UpstreamTimeout) for error in asking(timebox.AT_ONCE))


def test_no_more_than_a_few_calls_wait_at_once(serve: Callable[[Script], IllServer]) -> None:
    serve(silent)
    caught = asking(timebox.AT_ONCE + 4)
    assert sum(isinstance(error, Unavailable) for error in caught) == 4
    assert sum(isinstance(error, UpstreamTimeout) for error in caught) == timebox.AT_ONCE


def test_an_endless_answer_is_cut_off(serve: Callable[[Script], IllServer], monkeypatch: pytest.MonkeyPatch) -> None:
    from app.gateways.tracking import http

    monkeypatch.setattr(http, "MAX_JSON", 1_000_000)
    serve(endless)
    with pytest.raises(UpstreamFailed, match="1000000 bytes"):
        tracking.run(RUN)


@pytest.mark.parametrize(
    "script",
    [
        answer("200 OK", b"<html>hello</html>", "Content-Type: text/html"),
        answer("200 OK", b"", "Content-Type: application/json"),
        answer("200 OK", b"[]", "Content-Type: application/json"),
        answer("200 OK", b'{"run": null}', "Content-Type: application/json"),
        answer("200 OK", b'{"run": {"info": {}}}', "Content-Type: application/json"),
        answer("200 OK", b"x", "Content-Encoding: gzip"),
        answer("500 Internal Server Error", b"oops"),
        answer("403 Forbidden", b"Invalid Host header"),
        lambda connection: connection.sendall(b"\x00\x01\x02 not http\r\n\r\n"),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
        lambda connection: None,
    ],
)
def test_garbage_is_the_failure_of_mlflow(serve: Callable[[Script], IllServer], script: Script) -> None:
    serve(script)
    with pytest.raises(UpstreamFailed, match="MLflow"):
        tracking.run(RUN)


def test_an_unknown_host_name_is_told_with_its_remedy(serve: Callable[[Script], IllServer]) -> None:
    serve(answer("403 Forbidden", b"Invalid Host header - possible DNS rebinding attack"))
    with pytest.raises(UpstreamFailed, match="--allowed-hosts"):
        tracking.run(RUN)


def test_what_it_does_not_know_is_not_found(serve: Callable[[Script], IllServer]) -> None:
    body = b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run not found"}'
    serve(answer("404 Not Found", body, "Content-Type: application/json"))
    with pytest.raises(NotFound, match="Run not found"):
        tracking.run(RUN)


def test_a_redirect_is_not_followed(serve: Callable[[Script], IllServer]) -> None:
    canary = IllServer(answer("200 OK", b"{}"))
    serve(answer("302 Found", b"", f"Location: {canary.url}/x"))
    with pytest.raises(UpstreamFailed, match="302"):
        tracking.run(RUN)
    assert canary.hits == 0
    canary.close()


def test_a_closed_port_is_a_failure_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    tracking.configure(f"http://127.0.0.1:{port}")
    with pytest.raises(UpstreamFailed, match="cannot be reached"):
        tracking.run(RUN)
    tracking.configure("")


def test_without_a_setting_the_setting_is_named() -> None:
    tracking.configure("")
    with pytest.raises(Unavailable, match="MLFLOW_TRACKING_URI"):
        tracking.run(RUN)


def test_a_proxy_of_the_environment_is_ignored(
    serve: Callable[[Script], IllServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = IllServer(answer("200 OK", b"{}"))
    monkeypatch.setenv("http_proxy", canary.url)
    monkeypatch.setenv("HTTP_PROXY", canary.url)
    server = serve(answer("404 Not Found", b"{}"))
    with pytest.raises(NotFound):
        tracking.run(RUN)
    assert (canary.hits, server.hits) == (0, 1)
    canary.close()
