"""Relays beside each other, a database that goes away, and a process that is killed."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from app.core.clock import utcnow
from app.core.db import database, reading, transaction
from app.core.errors import Unavailable
from app.messaging import claiming, outbox, relay, service
from tests.conftest import HEAVY, ROOT
from tests.messaging.conftest import in_threads, put, until

SENDER = Path(__file__).parent / "sender.py"


def left() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(outbox.outbox)) or 0


class Watch:
    """A handler that notes what it is given, and how much of a lane is in flight at once."""

    def __init__(self, seconds: float = 0.01) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self.sent: list[tuple[str, int]] = []
        self.most_of_a_lane = 0

    def __call__(self, delivery: service.Delivery) -> None:
        with self._lock:
            self._now[delivery.lane] += 1
            self.most_of_a_lane = max(self.most_of_a_lane, *self._now.values())
        time.sleep(self._seconds)
        with self._lock:
            self._now[delivery.lane] -= 1
            self.sent.append((delivery.lane, delivery.payload["n"]))


def fill(lanes: int, each: int) -> None:
    with transaction():
        for n in range(each):
            for lane in range(lanes):
                service.enqueue(f"lane {lane}", "note", {"n": n})


@contextmanager
def relaying(threads: int = 4, terms: relay.Terms = relay.USUAL) -> Iterator[threading.Thread]:
    """A relay in the background, which ends with the block."""
    stop = threading.Event()
    loop = threading.Thread(target=service.run, args=(stop, threads, terms))
    loop.start()
    try:
        yield loop
    finally:
        stop.set()
        loop.join(35)
        assert not loop.is_alive()


@pytest.mark.usefixtures("either_database")
def test_relays_beside_each_other_send_each_message_once_and_one_of_a_lane_at_a_time() -> None:
    lanes, each = (20, 100) if HEAVY else (5, 16)
    fill(lanes, each)
    watch = Watch()
    service.register("note", watch)
    sent: Counter[int] = Counter()

    def act(number: int) -> None:
        while left():
            sent[number] += service.run_once()

    in_threads(8, act)
    assert sum(sent.values()) == len(watch.sent) == lanes * each
    assert watch.most_of_a_lane == 1
    for lane in range(lanes):
        assert [n for name, n in watch.sent if name == f"lane {lane}"] == list(range(each))


@pytest.mark.usefixtures("either_database")
def test_claims_at_one_moment_never_take_two_of_a_lane() -> None:
    fill(lanes=3, each=8)
    rounds = 60 if HEAVY else 12
    for _ in range(rounds):
        taken: list[Any] = []
        in_threads(8, lambda _number, taken=taken: taken.extend(claiming.claim(2, 60)))
        assert sorted(row.lane for row in taken) == ["lane 0", "lane 1", "lane 2"]
        assert len({row.seq for row in taken}) == 3
        with transaction() as session:
            session.execute(update(outbox.outbox).values(lease=None, leased_until=None))


def test_on_postgresql_a_claim_waits_for_the_one_before_it(postgres_url: str) -> None:
    database.configure(postgres_url, pool_size=20)
    put("a")
    taken: list[Any] = []
    other = threading.Thread(target=lambda: taken.extend(claiming.claim(1, 60)))
    with transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": claiming.LOCK})
        other.start()
        other.join(1)
        assert other.is_alive() and taken == []
    other.join(20)
    assert len(taken) == 1
    database.dispose()


@pytest.mark.usefixtures("either_database")
def test_retries_while_others_claim_put_no_second_message_of_a_lane_in_flight() -> None:
    with transaction():
        dead = [service.enqueue("a", "note", {"n": n}) for n in range(40)]
        for n in range(40, 120):
            service.enqueue("a", "note", {"n": n})
    with transaction() as session:
        session.execute(update(outbox.outbox).where(outbox.outbox.c.id.in_(dead)).values(dead_at=utcnow()))
    watch = Watch(seconds=0)
    service.register("note", watch)

    def act(number: int) -> None:
        if number == 0:
            for id in reversed(dead):
                service.retry(id)
        while left():
            service.run_once()

    in_threads(6, act)
    assert sorted(n for _lane, n in watch.sent) == list(range(120))
    assert watch.most_of_a_lane == 1


@pytest.mark.usefixtures("either_database")
def test_a_slow_lane_does_not_hold_up_the_others() -> None:
    release, fast = threading.Event(), []

    def handler(delivery: service.Delivery) -> None:
        if delivery.lane == "slow":
            release.wait(30)
        else:
            fast.append(delivery.payload["n"])

    service.register("note", handler)
    put("slow", {"n": 0})
    put("slow", {"n": 1})
    for n in range(10):
        put("fast", {"n": n})
    try:
        with relaying(threads=2):
            until(lambda: left() == 2)  # a message is marked after its handler is done
            assert len(fast) == 10
            release.set()
            until(lambda: left() == 0)
    finally:
        release.set()
    assert fast == list(range(10))


@pytest.mark.usefixtures("either_database")
def test_a_relay_that_is_told_to_stop_finishes_what_it_sends() -> None:
    begun, sent = threading.Event(), []

    def handler(delivery: service.Delivery) -> None:
        begun.set()
        time.sleep(0.5)
        sent.append(delivery.id)

    service.register("note", handler)
    first = put("a")
    put("a")
    with relaying(threads=1):
        assert begun.wait(20)
    assert (sent, left()) == ([first], 1)


@pytest.mark.usefixtures("either_database")
def test_a_database_that_is_down_for_a_while_is_outlived(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    service.register("note", watch)
    real, failures = database.open, Counter[str]()

    def down(*, writes: bool) -> Any:
        failures[threading.current_thread().name] += 1
        raise Unavailable("The database cannot be reached. Try again shortly.")

    with relaying():
        put("a", {"n": 1})
        until(lambda: left() == 0)
        monkeypatch.setattr(database, "open", down)
        until(lambda: all(failures[f"relay-{number}"] > 1 for number in range(4)))
        monkeypatch.setattr(database, "open", real)
        put("a", {"n": 2})
        until(lambda: left() == 0)
    assert watch.sent == [("a", 1), ("a", 2)]


@pytest.mark.usefixtures("either_database")
def test_a_database_that_goes_away_in_mid_send_does_not_make_a_message_be_sent_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, sent = database.open, []

    def down(*, writes: bool) -> Any:
        raise Unavailable("The database cannot be reached. Try again shortly.")

    def handler(delivery: service.Delivery) -> None:
        sent.append(delivery.id)
        monkeypatch.setattr(database, "open", down)
        threading.Timer(0.7, monkeypatch.setattr, (database, "open", real)).start()

    service.register("note", handler)
    id = put("a")
    assert service.run_once() == 1
    assert (sent, left()) == ([id], 0)


def test_a_real_server_that_ends_its_connections_is_outlived(postgres_url: str) -> None:
    database.configure(postgres_url, pool_size=20)
    watch = Watch(seconds=0.01)
    service.register("note", watch)
    fill(lanes=4, each=20)
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with relaying(terms=relay.Terms(lease_seconds=2)):
        for _ in range(5):
            time.sleep(0.2)
            with database.engine.connect() as connection:
                connection.execute(cut)
        time.sleep(1.2)  # connections of ours that were cut are looked at again after a second
        until(lambda: left() == 0)
    database.dispose()
    for lane in range(4):
        assert sorted({n for name, n in watch.sent if name == f"lane {lane}"}) == list(range(20))


@pytest.mark.parametrize("round_", range(20 if HEAVY else 1))
def test_what_a_killed_process_was_sending_is_sent_again_and_nothing_is_lost(
    either_database: str, tmp_path: Path, round_: int
) -> None:
    lanes, each, held = 3, 30, ("0", str(round_ + 5))
    fill(lanes, each)
    journal = tmp_path / "journal"
    journal.touch()

    def lines(what: str) -> Counter[tuple[str, str]]:
        words = [line.split() for line in journal.read_text().splitlines()]
        return Counter((lane, n) for word, lane, n in words if word == what)

    first = sender(either_database, journal, *held)
    until(lambda: lines("begin")[held])
    first.kill()
    first.wait(20)
    assert 0 < left() < lanes * each
    second = sender(either_database, journal)
    try:
        until(lambda: left() == 0, 40)
    finally:
        second.terminate()
        assert second.wait(40) == 0
    begun, ended = lines("begin"), lines("end")
    assert set(ended) == {(str(lane), str(n)) for lane in range(lanes) for n in range(each)}
    assert (begun[held], ended[held]) == (2, 1)
    # only what a lane was sending at the kill, or had sent without the note of it, is sent twice
    assert sum(begun.values()) - lanes * each <= lanes


def sender(*arguments: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(SENDER), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
