"""An S3 server on loopback that answers what a test tells it, one answer after the other."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.gateways import object_store as store

Answer = Callable[[BaseHTTPRequestHandler], None]


class Scripted(ThreadingHTTPServer):
    """Gives the answers in turn, the last one again and again; notes what was asked, and from which port."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[str] = []
        self.ports: list[int] = []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.url = f"s3://bucket?endpoint=http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections are broken on purpose."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Scripted

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.asked.append(f"{self.command} {self.path}")
            self.server.ports.append(self.client_address[1])
            script = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        script(self)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


def say(status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> Answer:
    """An answer; with a `length` beyond its body it breaks off."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = length is not None

    return act


def error(status: int, code: str) -> Answer:
    """An error as S3 writes it."""
    return say(status, f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode())


def cut(handler: BaseHTTPRequestHandler) -> None:
    """No answer: the connection ends."""
    handler.close_connection = True


def hang(handler: BaseHTTPRequestHandler) -> None:
    """No answer until the test ends."""
    handler.server.released.wait(60)
    handler.close_connection = True


@pytest.fixture
def scripted(only_these_keys: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """The server, with a store configured for it."""
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-key-of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-test")
    store.configure(server.url)
    yield server
    store.configure("")
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join(10)
