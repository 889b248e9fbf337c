"""The in-memory store seen from a web process: starts its keeper when first used, and speaks to it. Safe for many threads."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import orjson

from app.core.errors import NotAcceptable, Unavailable, UpstreamFailed
from app.gateways.triple_store import frames
from app.gateways.triple_store.frames import Status
from app.gateways.triple_store.keeping import PATIENCE
from app.gateways.triple_store.values import (
    SECONDS,
    NotLoaded,
    Part,
    QueryRefused,
    QueryTooCostly,
    out_of_memory,
    out_of_time,
)

ROOT = Path(__file__).parents[3]
QUERY_SECONDS = PATIENCE + SECONDS + 5  # the keeper and the kernel give up long before
LOAD_SECONDS = 120.0
PIECE = 256 * 1024


_BLANK = re.compile(r"^[ \t]*_:|>[ \t]*_:[^\s<>\"]+[ \t]*\.", re.MULTILINE)
_all: "weakref.WeakSet[KeeperStore]" = weakref.WeakSet()


class _Lost(Exception):
    """The keeper ended in the middle of a request."""


class KeeperStore:
    """An in-memory store in a process of its own. A process that was forked from this one starts another keeper."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        _all.add(self)

    def mark(self) -> str | None:
        """How far the store is; None when its keeper is new."""
        return orjson.loads(self._call("mark", QUERY_SECONDS))

    def replace(self, parts: Iterable[Part], before: str | None, after: str) -> bool:
        """Replace these parts when the mark is `before`; ValueError when a part is no N-Triples or has blank nodes."""
        listed = []
        for part in parts:
            if any("_:" in text and _BLANK.search(text) for text in part.graphs.values()):
                raise ValueError(f"the part {part.key} has a blank node, which no server could remove again: name it")
            listed.append([part.key, dict(part.graphs)])
        return orjson.loads(self._call("replace", LOAD_SECONDS, parts=listed, before=before, after=after))

    def forget(self) -> None:
        """Empty the store."""
        self._call("forget", QUERY_SECONDS)

    def query(self, text: str, graphs: Sequence[str], media_type: str) -> bytes:
        """Run a query over these graphs in a confined process of its own."""
        return self._call("query", QUERY_SECONDS, text=text, graphs=list(graphs), media_type=media_type)

    def check(self) -> None:
        """Raise Unavailable when the keeper does not answer."""
        self.mark()

    def process_id(self) -> int:
        """The keeper's process."""
        self.connected()
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        """End the keeper."""
        with self._lock:
            self._end()

    def _call(self, action: str, seconds: float, **values: object) -> bytes:
        request = frames.request(action, **values)
        for _ in range(2):
            control = self.connected()
            try:
                return _answer(*_exchange(control, request, seconds))
            except _Lost:
                self._give_up(control)
        raise Unavailable("The process of the SPARQL store ended in the middle of a request. Try again.", retry_after=2)

    def connected(self) -> socket.socket:
        """The socket over which the keeper takes requests; it is started when it does not run."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._end()
            if self._control is None:
                self._start()
            assert self._control is not None
            return self._control

    def _give_up(self, control: socket.socket) -> None:
        with self._lock:
            if self._control is control:  # else another thread has started a new one already
                self._end()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        # nothing of our environment: a stranger's query must find no secrets in the memory of its process
        environ = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        environ["GLIBC_TUNABLES"] = (
            "glibc.malloc.hugetlb=1"  # a fork copies fewer, larger pages: 13 ms instead of 30 at 500,000
        )
        command = [sys.executable, "-m", "app.gateways.triple_store.child", str(theirs.fileno())]
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command, pass_fds=[theirs.fileno()], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        except OSError as error:
            ours.close()
            raise Unavailable(f"The process of the SPARQL store cannot be started: {error}.") from error
        finally:
            theirs.close()
        self._control = ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._control = None

    def disown(self) -> None:
        """In a process that was just forked: the keeper belongs to its parent."""
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # nothing to wait for here
        self._process = self._control = None


def _disown_all() -> None:
    for store in _all:
        store.disown()


os.register_at_fork(after_in_child=_disown_all)


def _exchange(control: socket.socket, request: bytes, seconds: float) -> tuple[int, bytes]:
    """Send a request over a socket of its own; the reply."""
    ours, theirs = socket.socketpair()
    with ours:
        try:
            with theirs:
                socket.send_fds(control, [b"+"], [theirs.fileno()])
            ours.settimeout(seconds)
            ours.sendall(request)
            return _reply(ours, time.monotonic() + seconds)
        except TimeoutError as error:
            detail = f"The process of the SPARQL store did not answer within {seconds:g} s. Try again."
            raise Unavailable(detail, retry_after=5) from error
        except OSError as error:
            raise _Lost from error


def _reply(ours: socket.socket, end: float) -> tuple[int, bytes]:
    buffer = bytearray()
    while not frames.whole(buffer):
        ours.settimeout(max(0.001, end - time.monotonic()))
        piece = ours.recv(PIECE)
        if not piece:
            raise _Lost
        buffer += piece
    kind, _ = frames.head(buffer)
    return kind, bytes(memoryview(buffer)[frames.HEAD_SIZE :])


def _answer(kind: int, body: bytes) -> bytes:
    status = Status(kind)
    if status is Status.OK:
        return body
    raise _ERRORS[status](body.decode())


def _bad_part(detail: str) -> Exception:
    return ValueError(detail)


_ERRORS: dict[Status, Callable[[str], Exception]] = {
    Status.REFUSED: QueryRefused,
    Status.COSTLY: QueryTooCostly,
    Status.NOT_ACCEPTABLE: NotAcceptable,
    Status.BAD_PART: _bad_part,
    Status.NOT_LOADED: lambda _: NotLoaded(),
    Status.TIME: lambda _: out_of_time(),
    Status.MEMORY: lambda _: out_of_memory(),
    Status.CRASHED: lambda name: (
        UpstreamFailed(f"The SPARQL store failed at this query: {name}.")
        if name
        else QueryTooCostly("The query is nested too deeply. Write it with fewer brackets.")
    ),
    Status.BUSY: lambda _: Unavailable("The SPARQL store is busy with other queries. Try again.", retry_after=5),
}
