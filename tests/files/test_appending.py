"""What is safe of an upload, when: parts, tails, leases and the end."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from app.core.clock import utcnow
from app.core.db import reading
from app.core.errors import Conflict, Unavailable
from app.files import service as files
from app.files.errors import ChecksumMismatch, Locked
from app.files.service import rows
from app.files.service.uploads import completing, progress
from app.files.tus import Checksum
from app.gateways import object_store
from app.messaging import service as messaging
from tests.conftest import HEAVY
from tests.files.conftest import Engine

MIB = 1024 * 1024
PART = 8 * MIB


class Gone(Exception):
    """The sender broke off."""


def stream(data: bytes, breaks: bool = False) -> Callable[[int], bytes]:
    """What a request gives; with `breaks` the connection breaks after the data."""
    left = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal left
        piece, left = bytes(left[:size]), left[size:]
        if not piece and breaks and size:
            raise Gone
        return piece

    return read


def begin(engine: Engine, length: int) -> str:
    return files.create_upload(engine.owner, length=length).id


def position(engine: Engine, upload_id: str) -> int:
    return files.get_upload(engine.owner, upload_id).position


def content(engine: Engine, upload_id: str) -> bytes:
    file = files.claim_upload(engine.owner, upload_id)
    engine.adopt(file)
    return engine.content(file.seq)


@pytest.mark.parametrize(
    "sizes",
    [
        [1, 1, 8],
        [PART - 1],
        [PART],
        [PART + 1],
        [1, PART],
        [PART - 1, 1],
        [5 * MIB, 5 * MIB, 5 * MIB],
        [PART + 1, PART + 1],
        [PART, PART],
        [1, 2 * PART - 1],
        [20 * MIB],
    ],
)
def test_requests_of_any_sizes_end_with_the_right_hash(engine_on_each_store: Engine, sizes: list[int]) -> None:
    engine = engine_on_each_store
    data = os.urandom(sum(sizes))
    upload_id, at = begin(engine, len(data)), 0
    for size in sizes:
        assert files.append(engine.owner, upload_id, at, stream(data[at : at + size])) == at + size
        at += size
        assert position(engine, upload_id) == at
    assert files.get_upload(engine.owner, upload_id).state == ("ready" if len(sizes) == 1 else "verifying")
    messaging.run_once()
    row = files.get_upload(engine.owner, upload_id)
    assert (row.state, row.sha256, row.size) == ("ready", hashlib.sha256(data).hexdigest(), len(data))
    assert engine.keys() == [row.key], "no tail is left"
    assert list(object_store.pending()) == []
    assert content(engine, upload_id) == data
    assert files.gc(untouched_seconds=0) == files.Collected(files.Swept(0, 0), (), ())


def test_a_connection_that_breaks_keeps_what_came(engine_on_each_store: Engine) -> None:
    engine = engine_on_each_store
    data = os.urandom(2 * PART + 5)
    upload_id, at = begin(engine, len(data)), 0
    for size in (3, PART + 1, 100):
        with pytest.raises(Gone):
            files.append(engine.owner, upload_id, at, stream(data[at : at + size], breaks=True))
        at += size
        assert position(engine, upload_id) == at
    with pytest.raises(Gone):
        files.append(engine.owner, upload_id, at, stream(data[at:], breaks=True))
    assert position(engine, upload_id) == len(data)
    messaging.run_once()
    assert content(engine, upload_id) == data


def test_of_a_request_with_a_checksum_all_is_kept_or_nothing(engine_on_each_store: Engine) -> None:
    engine = engine_on_each_store
    data = os.urandom(2 * PART + 5)
    upload_id = begin(engine, len(data))
    files.append(engine.owner, upload_id, 0, stream(data[:7]))
    right = Checksum("sha1", hashlib.sha1(data[7:]).digest())
    with pytest.raises(ChecksumMismatch, match="again from 7"):
        files.append(engine.owner, upload_id, 7, stream(data[7:-1] + bytes([data[-1] ^ 1])), checksum=right)
    with pytest.raises(Gone):
        files.append(engine.owner, upload_id, 7, stream(data[7:-1], breaks=True), checksum=right)
    assert position(engine, upload_id) == 7
    files.append(engine.owner, upload_id, 7, stream(data[7:]), checksum=right)
    messaging.run_once()
    assert content(engine, upload_id) == data


def test_a_crash_at_any_step_loses_only_what_no_position_speaks_of(
    engine_on_each_store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call to the store or a commit is the last thing that the process does, before it or behind it."""
    engine = engine_on_each_store
    monkeypatch.setattr(object_store, "part_size", lambda _length: object_store.MIN_PART)
    data = os.urandom(object_store.MIN_PART + 100)
    crashes = 0
    for step in range(0, 100, 1 if HEAVY else 4):
        upload_id = begin(engine, len(data))
        with pytest.MonkeyPatch.context() as patch:
            dying = Dying(step)
            dying.arm(patch)
            survived = send_until_crash(engine, upload_id, data, dying)
        crashes += not survived
        at = position(engine, upload_id)
        assert at >= dying.answered
        with time_machine.travel(utcnow().timestamp() + 15, tick=True):
            resume(engine, upload_id, data, at)
        assert content(engine, upload_id) == data
        if survived:
            break
    assert crashes > (20 if HEAVY else 5)
    files.gc(untouched_seconds=0)
    assert len(engine.keys()) == engine.count("adopted")
    assert list(object_store.pending()) == []


class Crash(BaseException):
    """The process dies here."""


class Dying:
    """Counts steps, and dies in front of one or behind it."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.dead = False
        self.answered = 0  # the position after the last request that ended well

    def arm(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("start_parts", "put_part", "put", "finish_parts", "delete"):
            self._wrap(patch, object_store, name)
        self._wrap(patch, progress.Progress, "_write")
        self._wrap(patch, completing, "_settle")

    def _wrap(self, patch: pytest.MonkeyPatch, where: Any, name: str) -> None:
        real = getattr(where, name)

        def step(*args: Any, **given: Any) -> Any:
            self.tick()
            result = real(*args, **given)
            self.tick()
            return result

        patch.setattr(where, name, step)

    def tick(self) -> None:
        if self.dead or self.left == 0:
            self.dead = True
            raise Crash
        self.left -= 1


def send_until_crash(engine: Engine, upload_id: str, data: bytes, dying: Dying) -> bool:
    cuts = [0, 50, len(data) - 40, len(data)]
    try:
        for start, end in pairwise(cuts):
            dying.answered = files.append(engine.owner, upload_id, start, stream(data[start:end]))
    except Crash:
        return False
    return True


def resume(engine: Engine, upload_id: str, data: bytes, at: int) -> None:
    if at < len(data):
        files.append(engine.owner, upload_id, at, stream(data[at:]))
    with time_machine.travel(utcnow().timestamp() + 65, tick=True):
        messaging.run_once()


def test_one_request_that_dies_at_the_end_is_ended_by_the_worker(engine_on_each_store: Engine) -> None:
    engine = engine_on_each_store
    data = os.urandom(PART + 100)
    for name in ("_join", "_hash", "_settle"):
        upload_id = begin(engine, len(data))
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Crash):
            patch.setattr(completing, name if name != "_hash" else "end_now", die)
            files.append(engine.owner, upload_id, 0, stream(data))
        assert files.get_upload(engine.owner, upload_id).state == "verifying"
        assert messaging.run_once() == 0, "the request may still live"
        with time_machine.travel(utcnow().timestamp() + 65, tick=True):
            assert messaging.run_once() == 1
        assert content(engine, upload_id) == data


def die(*_given: Any, **_more: Any) -> None:
    raise Crash


def test_a_store_that_is_down_at_the_end_delays_it_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(PART + 100)
    upload_id = begin(engine, len(data))
    with monkeypatch.context() as patch:
        patch.setattr(object_store, "finish_parts", down)
        files.append(engine.owner, upload_id, 0, stream(data))
    assert files.get_upload(engine.owner, upload_id).state == "verifying"
    with time_machine.travel(utcnow().timestamp() + 65, tick=True):
        messaging.run_once()
    assert content(engine, upload_id) == data


def down(*_given: Any, **_more: Any) -> None:
    raise Unavailable("down")


def test_verifying_twice_changes_nothing_and_a_lost_object_is_failed(engine_on_each_store: Engine) -> None:
    engine = engine_on_each_store
    fine, lost = begin(engine, 10), begin(engine, 10)
    for upload_id in (fine, lost):
        files.append(engine.owner, upload_id, 0, stream(b"01234"))
        files.append(engine.owner, upload_id, 5, stream(b"56789"))
    object_store.delete(files.get_upload(engine.owner, lost).key)
    asked = [messaging.Delivery("m", "l", "files.verify", {"upload_id": id}, 0, lambda: None) for id in (fine, lost)]
    for delivery in asked * 2:
        files.verify_upload(delivery)
    assert files.get_upload(engine.owner, fine).state == "ready"
    row = files.get_upload(engine.owner, lost)
    assert row.state == "failed" and "does not have all" in row.reason


def test_a_long_verification_keeps_its_lease(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "RENEW_SECONDS", -1)
    upload_id = begin(engine, 2 * MIB)
    files.append(engine.owner, upload_id, 0, stream(b"x" * MIB))
    files.append(engine.owner, upload_id, MIB, stream(b"x" * MIB))
    renewed: list[None] = []
    asked = messaging.Delivery("m", "l", "files.verify", {"upload_id": upload_id}, 0, lambda: renewed.append(None))
    files.verify_upload(asked)
    assert len(renewed) == 2


def test_another_deployments_upload_waits_for_its_own_worker(engine: Engine) -> None:
    upload_id = begin(engine, 10)
    files.append(engine.owner, upload_id, 0, stream(b"01234"))
    files.append(engine.owner, upload_id, 5, stream(b"56789"))
    engine.set(store="elsewhere")
    assert messaging.run_once() == 0
    engine.set()
    assert messaging.run_once() == 1
    assert content(engine, upload_id) == b"0123456789"


@pytest.fixture
def slow(either_engine: Engine) -> Iterator[tuple[str, threading.Event, threading.Thread, list[Any]]]:
    """An upload of ten bytes, to which a request appends that has sent three and is silent."""
    upload_id = begin(either_engine, 10)
    sent, go_on = threading.Event(), threading.Event()
    outcome: list[Any] = []

    def read(_size: int) -> bytes:
        if not sent.is_set():
            sent.set()
            return b"abc"
        go_on.wait(30)
        return b""

    def act() -> None:
        try:
            outcome.append(files.append(either_engine.owner, upload_id, 0, read))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    assert sent.wait(10)
    yield upload_id, go_on, thread, outcome
    go_on.set()
    thread.join(30)


Slow = tuple[str, threading.Event, threading.Thread, list[Any]]


def test_of_two_requests_at_once_the_second_is_locked_out(either_engine: Engine, slow: Slow) -> None:
    upload_id, go_on, thread, outcome = slow
    with pytest.raises(Locked, match="Another request") as caught:
        files.append(either_engine.owner, upload_id, 0, stream(b"0123456789"))
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 10
    go_on.set()
    thread.join(30)
    assert outcome == [3]
    assert files.append(either_engine.owner, upload_id, 3, stream(b"3456789")) == 10


def test_a_silent_request_loses_its_turn_and_cannot_spoil_the_next(either_engine: Engine, slow: Slow) -> None:
    upload_id, go_on, thread, outcome = slow
    with time_machine.travel(utcnow().timestamp() + 11, tick=True):
        assert files.append(either_engine.owner, upload_id, 0, stream(b"01234")) == 5
        go_on.set()
        thread.join(30)
        assert isinstance(outcome[0], Conflict), outcome
        assert "took this upload over" in outcome[0].detail
        assert files.append(either_engine.owner, upload_id, 5, stream(b"56789")) == 10
        messaging.run_once()
        assert content(either_engine, upload_id) == b"0123456789"
    assert len(either_engine.keys()) == 1


def test_an_upload_that_is_ended_while_bytes_come_leaves_nothing(either_engine: Engine, slow: Slow) -> None:
    upload_id, go_on, thread, outcome = slow
    files.terminate(either_engine.owner, upload_id)
    messaging.run_once()
    go_on.set()
    thread.join(30)
    assert isinstance(outcome[0], Conflict)
    assert either_engine.keys() == []
    with reading() as session:
        assert session.execute(select(rows.uploads)).all() == []
