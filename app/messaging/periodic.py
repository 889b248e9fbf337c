"""Work that comes again and again, done by one of all workers at a time.

`next_at` of a task is both when it is due and the lease of the one who does it: to begin, a worker moves it from the value
it saw to a minute ahead, keeps moving it while the work lasts, and at the end to when it is due again. A worker that dies
leaves the task due within the minute.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import utcnow
from app.core.db import reading, table_of, transaction
from app.messaging import deployments
from app.messaging.models import PeriodicTask
from app.messaging.redaction import clean_text

log = structlog.get_logger()
tasks = table_of(PeriodicTask)
LEASE = timedelta(seconds=60)
RENEWED_EVERY = 20.0
LOOK_EVERY = 1.0
MAX_NAME = 40  # with room for the mark of a deployment


@dataclass(frozen=True)
class Task:
    """Some work, and how long after the beginning of one run the next one is due."""

    base: str
    every: timedelta
    act: Callable[[], Any]
    own: bool = False  # each deployment that shares the database does it for itself

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return deployments.own_task(self.base) if self.own else self.base


_tasks: dict[str, Task] = {}


def register_periodic(name: str, every_seconds: float, act: Callable[[], Any], *, own: bool = False) -> None:
    """Let one of all workers call `act` every so many seconds, for the first time at once; called at composition.

    `own` work is done once by the workers of each deployment that shares the database, such as that on its own store.
    An `act` that raises is logged and comes again at its next time. It is called outside any transaction.
    """
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"the name of a periodic task has 1 to {MAX_NAME} characters: {name!r}")
    _tasks[name] = Task(name, timedelta(seconds=every_seconds), act, own)


def run_due() -> list[str]:
    """Do all work that is due and that nobody else does now; the names of what was begun, failed work included."""
    return [task.name for task in list(_tasks.values()) if _run(task)]


def run_periodic(
    stop: threading.Event, context: Callable[[], AbstractContextManager[Any]] = nullcontext, every: float = LOOK_EVERY
) -> None:
    """Do due work until `stop` is set, inside `context()`; a database that is down is waited for."""
    while not stop.is_set():
        try:
            with context():
                run_due()
        except Exception as error:  # above all a database that is down
            log.warning("periodic work could not be looked for", reason=clean_text(str(error)))
        stop.wait(every)


def next_at(name: str) -> datetime | None:
    """When this task is due, or how long it is taken; None before the first worker looked for it."""
    with reading() as session:
        return session.scalar(select(tasks.c.next_at).where(tasks.c.name == name))


def _run(task: Task) -> bool:
    began = utcnow()
    seen = _seen(task, began)
    # a time further ahead than any run of ours would set was written by a clock that was wrong, or for a longer period
    ahead = began + task.every + LEASE
    if began < seen <= ahead or not _move(task.name, seen, began + LEASE):
        return False
    with _kept(task.name, began + LEASE) as lease:
        try:
            task.act()
        except Exception as error:
            log.warning("periodic work failed", task=task.name, reason=clean_text(repr(error)), exc_info=error)
    if not _move(task.name, lease[0], began + task.every):
        log.warning("periodic work took so long that another worker began it too", task=task.name)
    return True


def _seen(task: Task, now: datetime) -> datetime:
    found = next_at(task.name)
    if found is not None:
        return found
    try:
        with transaction(bookkeeping=True) as session:
            session.execute(insert(tasks).values(name=task.name, next_at=now))
    except IntegrityError:  # another worker was faster
        return next_at(task.name) or now
    return now


def _move(name: str, seen: datetime, then: datetime) -> bool:
    with transaction(bookkeeping=True) as session:
        statement = update(tasks).where(tasks.c.name == name, tasks.c.next_at == seen).values(next_at=then)
        return session.execute(statement).rowcount == 1


@contextmanager
def _kept(name: str, lease: datetime) -> Iterator[list[datetime]]:
    """Keep the lease while the work lasts; yields a list that holds its present value."""
    held, done = [lease], threading.Event()

    def keep() -> None:
        while not done.wait(RENEWED_EVERY):
            try:
                then = utcnow() + LEASE
                if _move(name, held[0], then):
                    held[0] = then
            except Exception as error:  # tried again; the lease outlasts two failures
                log.warning("a lease of periodic work could not be renewed", task=name, reason=clean_text(str(error)))

    keeper = threading.Thread(target=keep, name=f"lease-{name}", daemon=True)
    keeper.start()
    try:
        yield held
    finally:
        done.set()
        keeper.join()
