"""S18 of the checklist: other schemes, endless and slow answers, bombs, floods; each costs its time and size at most."""

import gzip
import random
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from app.core.errors import DomainError
from app.gateways import http
from app.gateways.http import Failed, Late, Refused, Rules
from tests.gateways.http.servers import PUBLIC, Script, Server, World, answer

PLAIN = Rules(plain=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
SECRET = "s3cr3t-of-the-other-side"
URL = "http://ill.example/"
SECONDS = 0.4


@pytest.fixture
def ill(world: World) -> Callable[[Script], Server]:
    """Put an ill server at URL."""
    return lambda script: world.put("ill.example", Server(script), port=80)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


def repeat(head: bytes, piece: bytes, pause: float = 0.0) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            if pause:
                time.sleep(pause)  # the illness itself, bounded by the time that the client gives it

    return script


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://ill.example/",
        "ftp://ill.example/",
        "data:,x",
        "dict://ill.example/x",
        "ldap://x/",
    ],
)
def test_s18_other_schemes_are_refused(world: World, url: str) -> None:
    with pytest.raises(Refused):
        http.fetch("GET", url, rules=PLAIN)
    assert (world.looked_up, world.dialled) == ([], [])


@pytest.mark.parametrize(
    "script",
    [
        repeat(HEAD + b"\r\n", b" ", 0.02),
        repeat(HEAD + b"Content-Length: 1000\r\n\r\n", b" ", 0.02),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.02),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", 0.02),
        repeat(b"", b"H", 0.02),
        repeat(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.02),
        repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
        repeat(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b""), 0.02),
        lambda connection: connection.recv(1),
        lambda connection: connection.sendall(HEAD + b"Content-Length: 5\r\n\r\nab"),
    ],
    ids=["close", "length", "chunks", "size line", "status", "headers", "continue", "empty gzip", "silent", "stalled"],
)
def test_s18_a_drip_ends_with_the_time_of_the_whole(ill: Callable[[Script], Server], script: Script) -> None:
    ill(script)
    with within(SECONDS + 0.6), pytest.raises(Late, match=r"ill\.example"):
        http.fetch("GET", URL, timeout=SECONDS, rules=PLAIN)


def test_s18_the_usual_time_is_five_seconds_and_the_usual_size_a_mebibyte(ill: Callable[[Script], Server]) -> None:
    assert (http.TIMEOUT, http.MAX_BYTES) == (5.0, 1024 * 1024)
    ill(answer("200 OK", b"x" * 1024 * 1024))
    assert len(http.fetch("GET", URL, rules=PLAIN).body) == 1024 * 1024
    ill(answer("200 OK", b"x" * (1024 * 1024 + 1)))
    with pytest.raises(Failed, match="1048576"):
        http.fetch("GET", URL, rules=PLAIN)


def test_s18_redirects_share_one_time(ill: Callable[[Script], Server]) -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(SECONDS / 2)  # the illness itself
        answer("302 Found", b"", "Location: /on")(connection)

    server = ill(slow)
    with within(SECONDS + 0.6), pytest.raises(Late):
        http.fetch("GET", URL, timeout=SECONDS, rules=PLAIN)
    assert server.hits < 4


@pytest.mark.parametrize(
    "script",
    [
        repeat(HEAD + b"\r\n", b"x" * 65536),
        repeat(HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10000),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 30000 + b"\r\nx\r\n"),
        repeat(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: x\r\n" * 1000),
        repeat(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 1000),
        repeat(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"x" * 65536)),
        repeat(b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 30000 + b"\r\n"),
        repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
    ids=[
        "close",
        "length",
        "chunks",
        "tiny chunks",
        "extensions",
        "trailers",
        "empty gzip",
        "gzip",
        "headers",
        "continue",
    ],
)
def test_s18_an_endless_answer_is_cut_off_by_its_size(ill: Callable[[Script], Server], script: Script) -> None:
    ill(script)
    with pytest.raises(Failed, match=r"ill\.example") as caught:
        http.fetch("GET", URL, max_bytes=100_000, timeout=20, rules=PLAIN)
    assert caught.value.reason == "too large"


@pytest.mark.parametrize("head", [b"A: " + b"b" * 70000, b"\r\n".join(b"A%d: b" % n for n in range(101))])
def test_s18_a_flood_of_headers_is_refused(ill: Callable[[Script], Server], head: bytes) -> None:
    ill(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n"))
    with pytest.raises(Failed):
        http.fetch("GET", URL, rules=PLAIN)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_s18_a_bomb_costs_no_more_than_its_limit(ill: Callable[[Script], Server], encoding: str) -> None:
    compressor = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(100)) + compressor.flush()
    ill(answer("200 OK", bomb, f"Content-Encoding: {encoding}"))
    tracemalloc.start()
    try:
        with pytest.raises(Failed) as caught:
            http.fetch("GET", URL, rules=PLAIN)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too large"
    assert peak < 8 * 1024 * 1024


def test_what_is_compressed_within_the_limit_arrives_whole(ill: Callable[[Script], Server]) -> None:
    body = random.Random(7).randbytes(300_000) + bytes(300_000)
    ill(answer("200 OK", gzip.compress(body), "Content-Encoding: gzip"))
    assert http.fetch("GET", URL, max_bytes=600_000, rules=PLAIN).body == body
    with pytest.raises(Failed):
        http.fetch("GET", URL, max_bytes=599_999, rules=PLAIN)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x"])
def test_an_encoding_that_was_not_asked_for_is_refused(ill: Callable[[Script], Server], encoding: str) -> None:
    ill(answer("200 OK", b"x", f"Content-Encoding: {encoding}"))
    with pytest.raises(Failed, match="encoding"):
        http.fetch("GET", URL, rules=PLAIN)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"SSH-2.0-OpenSSH_9.2 s3cr3t-of-the-other-side\r\n",
        b"HTTP/1.1 abc s3cr3t-of-the-other-side\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ns3cr3t-of-the-other-side",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\ns3cr3t-of-the-other-side",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ns3cr3t-of-the-other-side\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\ns3cr3t-of-the-other-side",
    ],
    ids=ascii,
)
def test_what_is_not_http_is_an_error_that_says_nothing_of_it(ill: Callable[[Script], Server], raw: bytes) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)

    ill(script)
    with pytest.raises(Failed) as caught:
        http.fetch("GET", URL, rules=PLAIN)
    assert caught.value.reason == "protocol"
    assert caught.value.detail.startswith("ill.example ") and "3cr3t" not in caught.value.detail


def test_random_answers_never_raise_anything_but_a_domain_error(ill: Callable[[Script], Server]) -> None:
    source = random.Random(18)
    whole = HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    packed = gzip.compress(b"a body of some length " * 20)
    whole += b"%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n"

    def script(connection: socket.socket) -> None:
        raw = bytearray(whole)
        for _ in range(source.randint(1, 4)):
            raw[source.randrange(len(raw))] = source.randrange(256)
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)

    ill(script)
    outcomes = {"answer": 0, "error": 0}
    for _ in range(150):
        try:
            http.fetch("GET", URL, timeout=5, rules=PLAIN)
            outcomes["answer"] += 1
        except DomainError:
            outcomes["error"] += 1
    assert min(outcomes.values()) > 0


@pytest.mark.parametrize(
    ("content_type", "status", "taken"),
    [
        ("application/json", "200 OK", True),
        ("Application/JSON; charset=utf-8", "200 OK", True),
        ("text/turtle", "200 OK", True),
        ("text/html", "200 OK", True),
        ("application/ld+json", "200 OK", False),
        ("image/svg+xml", "200 OK", False),
        ("", "200 OK", False),
        ("image/svg+xml", "404 Not Found", True),
    ],
)
def test_only_a_media_type_that_was_asked_for_is_taken(
    ill: Callable[[Script], Server], content_type: str, status: str, taken: bool
) -> None:
    ill(answer(status, SECRET.encode(), f"Content-Type: {content_type}"))
    asked = ["application/json", "text/*"]
    if taken:
        assert http.fetch("GET", URL, accept_types=asked, rules=PLAIN).body == SECRET.encode()
        return
    with pytest.raises(Failed) as caught:
        http.fetch("GET", URL, accept_types=asked, rules=PLAIN)
    assert caught.value.reason == "media type" and SECRET not in caught.value.detail


def test_a_server_that_answers_before_it_read_everything_is_heard(ill: Callable[[Script], Server]) -> None:
    found = None
    ill(answer("413 Too Large", b"no"))
    found = http.fetch("POST", URL, body=b"x" * 3_000_000, rules=PLAIN)
    assert (found.status, found.body) == (413, b"no")


def test_a_server_that_reads_nothing_ends_with_the_time(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        server = world.put("deaf.example", Server(), port=80)
        server.close()
        server.port = deaf.getsockname()[1]
        with within(SECONDS + 0.6), pytest.raises(Late):
            http.fetch("POST", "http://deaf.example/", body=bytes(30_000_000), timeout=SECONDS, rules=PLAIN)


def test_a_resolver_that_hangs_ends_with_the_time(world: World) -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        over.wait(5)
        return [PUBLIC]

    http.configure((), resolver=hang, connector=world.connect)
    try:
        with within(SECONDS + 0.6), pytest.raises(Late):
            http.fetch("GET", URL, timeout=SECONDS, rules=PLAIN)
        assert world.dialled == []
    finally:
        over.set()


def test_a_handshake_that_hangs_or_drips_ends_with_the_time(world: World) -> None:
    world.put("deaf.example", Server(repeat(b"\x16\x03\x03\x40\x00", b"\x00", 0.02)))
    with within(SECONDS + 0.6), pytest.raises(Late):
        http.fetch("GET", "https://deaf.example/", timeout=SECONDS)


def test_a_body_comes_in_pieces_and_its_connection_ends_with_the_block(ill: Callable[[Script], Server]) -> None:
    body = random.Random(3).randbytes(1_000_000)
    ill(answer("200 OK", body, "Content-Type: application/zip"))
    with http.stream("GET", URL, rules=PLAIN) as found:
        pieces = list(found.chunks)
    assert b"".join(pieces) == body and max(len(piece) for piece in pieces) <= 65536
    assert (found.status, found.headers["content-type"], found.url) == (200, "application/zip", URL)
    with http.stream("GET", URL, rules=PLAIN) as found:
        next(found.chunks)
    with pytest.raises(DomainError):
        list(found.chunks)


def test_errors_of_the_caller_pass_through_a_stream(ill: Callable[[Script], Server]) -> None:
    ill(answer("200 OK", b"x"))
    with pytest.raises(OSError, match="disk full"), http.stream("GET", URL, rules=PLAIN):
        raise OSError("disk full")


def test_a_stream_that_never_ends_raises_after_its_limit(ill: Callable[[Script], Server]) -> None:
    ill(repeat(HEAD + b"\r\n", b"x" * 65536))
    size = 0
    with http.stream("GET", URL, max_bytes=500_000, rules=PLAIN) as found, pytest.raises(Failed):
        for piece in found.chunks:
            size += len(piece)
    assert size <= 500_000


def test_an_answer_without_a_body_has_none(ill: Callable[[Script], Server]) -> None:
    ill(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
    assert http.fetch("HEAD", URL, rules=PLAIN).body == b""
    ill(lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert http.fetch("DELETE", URL, rules=PLAIN).status == 204
