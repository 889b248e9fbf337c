"""Work that comes again and again, done by one worker at a time. On both databases."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from app.core.clock import utcnow
from app.core.db import database, transaction
from app.core.errors import Unavailable
from app.messaging import periodic, service
from tests.messaging.conftest import in_threads, until

pytestmark = pytest.mark.usefixtures("either_database")
BEGIN = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)


def move(name: str, then: datetime) -> None:
    with transaction() as session:
        session.execute(update(periodic.tasks).where(periodic.tasks.c.name == name).values(next_at=then))


def doing(name: str, every: float) -> list[datetime]:
    """Register work that notes when it is done."""
    done: list[datetime] = []
    service.register_periodic(name, every, lambda: done.append(utcnow()))
    return done


def test_work_is_done_at_once_and_then_when_its_time_has_come() -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        done, other = doing("sweep", 30), doing("probe", 100)
        assert sorted(service.run_due()) == ["probe", "sweep"]
        assert service.run_due() == []
        clock.shift(29)
        assert service.run_due() == []
        clock.shift(1)
        assert service.run_due() == ["sweep"]
        clock.shift(70)
        assert sorted(service.run_due()) == ["probe", "sweep"]
    assert done == [BEGIN, BEGIN + timedelta(seconds=30), BEGIN + timedelta(seconds=100)]
    assert len(other) == 2


def test_of_workers_that_look_at_once_one_does_the_work() -> None:
    done = doing("sweep", 3600)
    began: list[str] = []
    in_threads(8, lambda _number: began.extend(service.run_due()))
    assert (began, len(done)) == (["sweep"], 1)
    move("sweep", utcnow())
    in_threads(8, lambda _number: began.extend(service.run_due()))
    assert (began, len(done)) == (["sweep", "sweep"], 2)


def test_work_that_takes_longer_than_its_period_is_not_begun_by_another_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(periodic, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(periodic, "RENEWED_EVERY", 0.2)
    begun, release = [], threading.Event()

    def act() -> None:
        begun.append(utcnow())
        release.wait(20)

    service.register_periodic("sweep", 0.1, act)
    worker = threading.Thread(target=service.run_due)
    worker.start()
    until(lambda: begun)
    for _ in range(15):
        assert service.run_due() == []
        release.wait(0.1)
    release.set()
    worker.join(20)
    assert len(begun) == 1
    assert service.run_due() == ["sweep"]


def test_work_of_a_worker_that_died_is_taken_over_within_a_minute() -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        done = doing("sweep", 86_400)
        service.run_due()
        clock.shift(86_400)
        seen = service.next_at("sweep")
        assert seen is not None and periodic._move("sweep", seen, utcnow() + periodic.LEASE)  # and then it died
        clock.shift(59)
        assert service.run_due() == []
        clock.shift(1)
        assert service.run_due() == ["sweep"]
        assert len(done) == 2


def test_work_that_fails_comes_again_and_stops_no_other() -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        tries: list[int] = []

        def act() -> None:
            tries.append(1)
            raise ZeroDivisionError

        service.register_periodic("sweep", 30, act)
        done = doing("probe", 30)
        assert service.run_due() == ["sweep", "probe"]
        assert service.run_due() == []
        clock.shift(30)
        assert service.run_due() == ["sweep", "probe"]
    assert (len(tries), len(done)) == (2, 2)


def test_a_time_that_a_wrong_clock_wrote_does_not_put_work_off_for_years() -> None:
    done = doing("sweep", 3600)
    service.run_due()
    move("sweep", utcnow() + timedelta(days=3000))
    assert service.run_due() == ["sweep"]
    assert len(done) == 2


def test_the_loop_outlives_a_database_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    done, stop = doing("sweep", 0.01), threading.Event()
    real: Callable[..., object] = database.open
    asked: list[bool] = []

    def down(*, writes: bool) -> object:
        asked.append(writes)
        raise Unavailable("The database cannot be reached. Try again shortly.")

    loop = threading.Thread(target=lambda: service.run_periodic(stop, every=0.02))
    loop.start()
    try:
        until(lambda: done)
        monkeypatch.setattr(database, "open", down)
        until(lambda: len(asked) > 3)
        count = len(done)
        monkeypatch.setattr(database, "open", real)
        # what was begun when the database went away is due again when its lease has lapsed
        until(lambda: service.next_at("sweep"))
        move("sweep", utcnow())
        until(lambda: len(done) > count)
    finally:
        stop.set()
        loop.join(20)
    assert not loop.is_alive()


@pytest.mark.parametrize("name", ["", "n" * 65])
def test_a_name_that_the_table_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name of a periodic task"):
        service.register_periodic(name, 1, lambda: None)
