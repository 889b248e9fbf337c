"""What gunicorn needs besides its command line."""

import json
from http import HTTPStatus
from typing import Any

from gunicorn import util
from prometheus_client import multiprocess


def child_exit(_server: Any, worker: Any) -> None:
    """A worker that ended must not be counted as live."""
    multiprocess.mark_process_dead(worker.pid)


def post_worker_init(worker: Any) -> None:
    """A worker that ends waits for requests that are answered now, not for clients that only keep their connections open."""
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


util.write_error = write_error
