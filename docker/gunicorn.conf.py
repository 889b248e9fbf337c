"""What gunicorn needs besides its command line."""

import gc
import json
import socket
import sys
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.body import Body, LengthReader
from prometheus_client import multiprocess


def child_exit(_server: Any, worker: Any) -> None:
    """A worker that ended must not be counted as live."""
    multiprocess.mark_process_dead(worker.pid)


def read(self: Any, size: int | None = None) -> bytes:
    """A large piece of a body at once; gunicorn would put it together of pieces of 1 kB, which takes most of an upload."""
    reader = self.reader
    if size is None or size <= SMALL or self.buf.tell() or not isinstance(reader, LengthReader):
        return _read_in_small_pieces(self, size)
    wanted = min(size, reader.length)
    held = reader.unreader.take_buffered()
    reader.unreader.unread(held[wanted:])
    pieces, missing = [held[:wanted]] if held else [], wanted - len(held)
    while missing > 0:
        received = reader.unreader.sock.recv(missing, socket.MSG_WAITALL)
        if not received:  # the client is gone
            break
        pieces.append(received)
        missing -= len(received)
    reader.length -= wanted - max(0, missing)
    return b"".join(pieces)  # no copy when there is one


def post_worker_init(worker: Any) -> None:
    """Let threads take turns quickly, and let a worker that ends not wait for clients that only keep connections open."""
    sys.setswitchinterval(SWITCH_SECONDS)
    # what was loaded stays; to look through it for garbage took a tenth of a second, in which nobody was answered
    gc.collect()
    gc.freeze()
    close_expired = worker.murder_keepalived

    def close_idle() -> None:
        if not worker.alive:
            for idle in worker.keepalived_conns:
                idle.timeout = 0
        close_expired()

    worker.murder_keepalived = close_idle


def write_error(sock: Any, status: int, reason: str, message: str) -> None:
    """Requests that gunicorn refuses before we see them get the error shape of all others, not a page of HTML."""
    title = HTTPStatus(status).phrase
    problem = {"type": "about:blank", "title": title, "status": status, "detail": message or reason}
    body = json.dumps({**problem, "instance": "", "request_id": ""}).encode()
    head = f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    util.write_nonblock(sock, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


SMALL = 8192
SWITCH_SECONDS = 0.001  # threads that move large files must not hold up short requests for long
_read_in_small_pieces = Body.read
Body.read = read
util.write_error = write_error
