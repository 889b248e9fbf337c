"""A database, and no handlers and tasks but those of the test."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from app.core.clock import utcnow
from app.core.db import database, transaction
from app.messaging import outbox, periodic, relay, service


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_handlers", {})
    monkeypatch.setattr(periodic, "_tasks", {})


@pytest.fixture
def either_database(either_url: str) -> Iterator[str]:
    """A migrated database: SQLite, then PostgreSQL."""
    database.configure(either_url, pool_size=20)
    yield either_url
    database.dispose()


def put(lane: str, payload: dict[str, Any] | None = None, *, kind: str = "note", delay: float = 0) -> str:
    """Enqueue one message, in a transaction of its own."""
    with transaction():
        return service.enqueue(lane, kind, payload or {}, delay=delay)


def rewrite(id: str, **values: Any) -> None:
    """Change a row behind the back of the service, as time would."""
    with transaction() as session:
        session.execute(update(outbox.outbox).where(outbox.outbox.c.id == id).values(**values))


def due_again(*ids: str) -> None:
    """Let the delay of these messages be over."""
    for id in ids:
        rewrite(id, not_before=utcnow())


def lapse(id: str) -> None:
    """Let the lease of this message be over, as if its holder had died a while ago."""
    rewrite(id, leased_until=utcnow())


def in_threads(count: int, act: Callable[[int], None]) -> None:
    """Call `act` in so many threads that begin together; the first failure of any is raised."""
    failures: list[BaseException] = []
    together = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            together.wait(10)
            act(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until the condition holds; its value."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"it did not come to be within {seconds} s")
