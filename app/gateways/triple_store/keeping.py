"""The loop of the keeper: takes requests, changes the store, runs queries in forked processes, and sends the replies."""

import os
import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from app.gateways.triple_store import confinement, frames
from app.gateways.triple_store.frames import Status
from app.gateways.triple_store.memory import Memory
from app.gateways.triple_store.queries import Job, start
from app.gateways.triple_store.values import AT_ONCE, SECONDS

PATIENCE = 5.0  # seconds that a query waits for its turn
LONG = 0.5  # seconds after which a query gives way to all others
TICK = 0.25
PIECE = 256 * 1024


@dataclass(eq=False)
class Asker:
    """One request: its socket, what came so far, and what is still to be sent."""

    socket: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))
    values: dict[str, Any] = field(default_factory=dict)
    since: float = 0.0
    gone: bool = False


class Keeper:
    """One store, many askers."""

    def __init__(self, control: socket.socket, parent: int) -> None:
        self._control, self._parent = control, parent
        self._memory = Memory()
        self._selector = selectors.DefaultSelector()
        self._jobs: dict[Asker, Job] = {}
        self._waiting: deque[Asker] = deque()
        self._serving = True

    def serve(self) -> None:
        """Until the parent is gone."""
        self._control.setblocking(False)
        self._selector.register(self._control, selectors.EVENT_READ, self._admit)
        while self._serving and os.getppid() == self._parent:
            for key, _ in self._selector.select(TICK):
                if self._stands(key):
                    key.data()
            self._look_after_jobs()
        for job in self._jobs.values():
            job.kill()

    def _stands(self, key: selectors.SelectorKey) -> bool:
        """Whether an earlier event of the same round has not closed it."""
        now = self._selector.get_map().get(key.fd)
        return now is not None and now.data is key.data

    def _admit(self) -> None:
        with suppress(BlockingIOError):
            token, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            if not token:
                self._serving = False
            for descriptor in descriptors:
                asker = Asker(socket.socket(fileno=descriptor))
                asker.socket.setblocking(False)
                self._selector.register(asker.socket, selectors.EVENT_READ, partial(self._read, asker))

    def _read(self, asker: Asker) -> None:
        try:
            piece = asker.socket.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(asker)  # it gave up; so does its query
            return
        asker.inbox += piece
        if frames.whole(asker.inbox):
            self._act(asker)

    def _act(self, asker: Asker) -> None:
        asker.values = orjson.loads(memoryview(asker.inbox)[frames.HEAD_SIZE :])
        asker.inbox = bytearray()
        match asker.values["action"]:
            case "query":
                asker.since = time.monotonic()
                self._waiting.append(asker)
            case "replace":
                self._replace(asker)
            case "forget":
                self._memory.forget()
                self._reply(asker, Status.OK, b"null")
            case "mark":
                self._reply(asker, Status.OK, orjson.dumps(self._memory.mark))

    def _replace(self, asker: Asker) -> None:
        values, asker.values = asker.values, {}
        try:
            done = self._memory.replace(values["parts"], values["before"], values["after"])
        except ValueError as error:
            self._reply(asker, Status.BAD_PART, str(error).encode())
            return
        self._reply(asker, Status.OK, orjson.dumps(done))

    def _look_after_jobs(self) -> None:
        now = time.monotonic()
        for job in self._jobs.values():
            age = now - job.started
            if age > LONG and not job.long:
                job.long = True
                confinement.give_way(job.pid)
            if age > SECONDS + 1:  # the kernel should have ended it
                job.kill()
        while self._waiting and len(self._jobs) < AT_ONCE:
            self._start(self._waiting.popleft())
        while self._waiting and now - self._waiting[0].since > PATIENCE:
            self._reply(self._waiting.popleft(), Status.BUSY, b"")

    def _start(self, asker: Asker) -> None:
        if self._memory.mark is None:
            self._reply(asker, Status.NOT_LOADED, b"")
            return
        values = asker.values
        job = start(self._memory.store, values["text"], values["graphs"], values["media_type"])
        self._jobs[asker] = job
        self._selector.register(job.pipe, selectors.EVENT_READ, partial(self._collect, asker, job))

    def _collect(self, asker: Asker, job: Job) -> None:
        if job.collect():
            return
        self._selector.unregister(job.pipe)
        del self._jobs[asker]
        status, body = job.outcome()
        if not asker.gone:
            self._reply(asker, status, body)

    def _reply(self, asker: Asker, status: Status, body: bytes) -> None:
        asker.outbox = memoryview(frames.pack(status, body))
        self._selector.modify(asker.socket, selectors.EVENT_WRITE, partial(self._send, asker))
        self._send(asker)

    def _send(self, asker: Asker) -> None:
        try:
            sent = asker.socket.send(asker.outbox)
        except BlockingIOError:
            return
        except OSError:
            sent = len(asker.outbox)
        asker.outbox = asker.outbox[sent:]
        if not asker.outbox:
            self._drop(asker)

    def _drop(self, asker: Asker) -> None:
        self._selector.unregister(asker.socket)
        asker.socket.close()
        asker.gone = True
        with suppress(ValueError):
            self._waiting.remove(asker)
        if asker in self._jobs:
            self._jobs[asker].kill()  # its pipe closes, and _collect buries it
