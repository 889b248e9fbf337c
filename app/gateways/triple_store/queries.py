"""One query in a forked process: started, collected from, and judged by the way it ended."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from pyoxigraph import Store

from app.core.errors import NotAcceptable
from app.gateways.triple_store import evaluation, frames
from app.gateways.triple_store.confinement import confine
from app.gateways.triple_store.frames import Status
from app.gateways.triple_store.values import QueryRefused, QueryTooCostly

PIECE = 256 * 1024
_BY_SIGNAL = {
    signal.SIGALRM: Status.TIME,
    signal.SIGXCPU: Status.TIME,
    signal.SIGABRT: Status.MEMORY,  # how Rust ends when there is no memory left
    signal.SIGSEGV: Status.CRASHED,  # the stack is full
    signal.SIGBUS: Status.CRASHED,
}


@dataclass(eq=False)
class Job:
    """A running query: its process, and the end of the pipe from which its reply is read."""

    pid: int
    pipe: int
    started: float
    long: bool = False
    reply: bytearray = field(default_factory=bytearray)

    def collect(self) -> bool:
        """Take what the process wrote; False when it has ended."""
        with suppress(BlockingIOError):
            piece = os.read(self.pipe, PIECE)
            self.reply += piece
            return bool(piece)
        return True

    def outcome(self) -> tuple[Status, bytes]:
        """Bury the process; its reply, or what its end says."""
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            killer = signal.Signals(os.WTERMSIG(status))
            return _BY_SIGNAL.get(killer, Status.TIME if time.monotonic() - self.started > 5 else Status.MEMORY), b""
        if not frames.whole(self.reply):
            return Status.CRASHED, b""
        kind, _ = frames.head(self.reply)
        return Status(kind), bytes(memoryview(self.reply)[frames.HEAD_SIZE :])

    def kill(self) -> None:
        """End the process now."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def start(store: Store, text: str, graphs: Sequence[str], media_type: str) -> Job:
    """Fork a process that answers the query; only for a process with one thread."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(writing, store, text, graphs, media_type)
    os.close(writing)
    os.set_blocking(reading, False)
    return Job(pid, reading, time.monotonic())


def _work(pipe: int, store: Store, text: str, graphs: Sequence[str], media_type: str) -> NoReturn:
    """The whole life of the forked process."""
    try:
        confine(pipe)
        status, body = _judged(store, text, graphs, media_type)
        reply = memoryview(frames.pack(status, body))
        while reply:
            reply = reply[os.write(pipe, reply) :]
    finally:
        os._exit(0)  # nothing of the keeper must run here, not even its exits


def _judged(store: Store, text: str, graphs: Sequence[str], media_type: str) -> tuple[Status, bytes]:
    try:
        return Status.OK, evaluation.run(store, text, graphs, media_type)
    except QueryRefused as error:
        return Status.REFUSED, error.detail.encode()
    except QueryTooCostly as error:
        return Status.COSTLY, error.detail.encode()
    except NotAcceptable as error:
        return Status.NOT_ACCEPTABLE, error.detail.encode()
    except MemoryError:
        return Status.MEMORY, b""
    except BaseException as error:  # Rust panics are no Exception
        return Status.CRASHED, type(error).__name__.encode()
