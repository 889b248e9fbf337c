"""Transactions, reads and what happens at their edges, on both databases."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import db, settings
from app.core.clock import utcnow
from app.core.errors import Unavailable


@pytest.fixture
def either_database(either_url: str, make_app: Callable[..., Flask]) -> str:
    make_app(either_url)
    return db.database.dialect


def test_what_a_transaction_writes_is_there_afterwards(either_database: str) -> None:
    settings.write("colour", "blue")
    assert settings.find("colour") == "blue"


def test_an_exception_undoes_everything_that_was_written(either_database: str) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        settings.write("colour", "blue")
        raise ZeroDivisionError
    assert settings.find("colour") is None


def test_an_inner_transaction_joins_the_outer_one(either_database: str) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        with db.transaction():
            settings.write("colour", "blue")
        raise ZeroDivisionError
    assert settings.find("colour") is None


def test_a_transaction_inside_an_open_read_is_refused(either_database: str) -> None:
    with db.reading(), pytest.raises(RuntimeError, match="open read"), db.transaction():
        pass


def test_a_read_inside_a_transaction_sees_what_it_wrote(either_database: str) -> None:
    with db.transaction():
        settings.write("colour", "blue")
        assert settings.find("colour") == "blue"


def test_acts_after_commit_do_not_happen_after_a_rollback(either_database: str) -> None:
    done: list[str] = []
    with db.transaction():
        db.after_commit(lambda: done.append("committed"))
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.after_commit(lambda: done.append("never"))
        db.after_rollback(lambda: done.append("rolled back"))
        raise ZeroDivisionError
    assert done == ["committed", "rolled back"]


def test_a_moment_comes_back_as_it_went_in(either_database: str) -> None:
    now = utcnow()
    with db.transaction() as session:
        claims = db.Model.metadata.tables["idempotency_claims"]
        values = {"claimant": "a", "route": "/", "key": "k", "body_sha256": "0", "created_at": now}
        session.execute(claims.insert().values(**values))
        kept = session.execute(claims.select()).mappings().one()
    assert kept["created_at"] == now
    assert kept["created_at"].utcoffset().total_seconds() == 0


def test_sixteen_threads_that_read_and_then_write_lose_nothing(either_database: str) -> None:
    settings.write("count", "0")
    failures: list[BaseException] = []
    barrier = threading.Barrier(16)

    def add_one(number: int) -> None:
        try:
            barrier.wait()
            for turn in range(5):
                settings.find("count")
                settings.write(f"{number}/{turn}", "x")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=add_one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        kept = session.scalar(text("SELECT count(*) FROM settings WHERE value = 'x'"))
    assert (failures, kept) == ([], 80)


def test_a_deadlock_is_tried_again_until_it_succeeds(postgres_url: str, make_app: Callable[..., Flask]) -> None:
    make_app(postgres_url)
    for name in ("a", "b"):
        settings.write(name, "0")
    meet = threading.Barrier(2)
    runs: list[str] = []

    def lock(first: str, second: str) -> None:
        met = False

        def body() -> None:
            nonlocal met
            runs.append(first)
            with db.transaction() as session:
                session.execute(text("UPDATE settings SET value = value || '1' WHERE name = :n"), {"n": first})
                if not met:
                    met = True
                    meet.wait()
                session.execute(text("UPDATE settings SET value = value || '1' WHERE name = :n"), {"n": second})

        db.retrying(body)

    threads = [threading.Thread(target=lock, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert settings.find("a") == "011"
    assert len(runs) == 3


def test_an_error_that_is_not_passing_is_not_tried_again(either_database: str) -> None:
    runs: list[int] = []

    def body() -> None:
        runs.append(1)
        with db.reading() as session:
            session.execute(text("INSERT INTO settings (name) VALUES (NULL)"))

    with pytest.raises(DBAPIError):
        db.retrying(body)
    assert len(runs) == 1


def test_a_database_that_is_not_there_is_unavailable_rather_than_a_crash() -> None:
    db.database.configure("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="database"):
        settings.find("colour")


def test_connections_that_the_server_closed_are_replaced_unseen(
    postgres_url: str, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_app(postgres_url)
    monkeypatch.setattr(db, "IDLE_SECONDS_BEFORE_PING", 0.0)
    settings.write("colour", "blue")
    with db.database.engine.connect() as other, other.begin():
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        other.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    assert settings.find("colour") == "blue"
