"""The feed of changes: whoever goes on from a position misses nothing, however transactions overlap."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from app.core.db import database, transaction
from app.entities import service as entities
from app.users import service as users
from tests.conftest import PASSWORD

KINDS = ["ml_model"]


@pytest.fixture
def caller(make_app: Callable[..., Flask], either_url: str) -> users.Caller:
    make_app(either_url)
    users.create_user(email="a@example.org", password=PASSWORD, first_name="S", last_name="U", role="r")
    return users.log_in("a@example.org", PASSWORD, "127.0.0.1")


def titles(position: int) -> tuple[list[int], int]:
    changes = entities.changes_since(position, KINDS)
    return [row.seq for row in changes.rows], changes.position


def told_again(position: int) -> set[int]:
    """What is given again; PostgreSQL may give the last changes, while anything older runs in any database of the server."""
    return set() if database.dialect == "postgresql" else set(titles(position)[0])


def make(caller: users.Caller, title: str, kind: str = "ml_model") -> entities.EntityRow:
    with transaction():
        return entities.create(kind, caller, title)


def test_every_kind_of_change_is_told(caller: users.Caller) -> None:
    entity = make(caller, "one")
    make(caller, "of another kind", "ml_dataset")
    seen, position = titles(0)
    assert seen == [entity.seq]
    assert told_again(position) == set()
    changes: list[Callable[[], object]] = [
        lambda: entities.change(caller, entity.id, title="two"),
        lambda: entities.delete(caller, entity.id),
        lambda: entities.restore(caller, entity.id),
        lambda: entities.touch(entity.seq),
        lambda: users.update_profile(caller, first_name="Other"),
    ]
    for change in changes:
        with transaction():
            change()
        seen, position = titles(position)
        assert seen == [entity.seq]
        assert told_again(position) == set()


def test_what_is_rolled_back_is_no_change(caller: users.Caller) -> None:
    one = make(caller, "one").seq
    _, position = titles(0)
    with pytest.raises(ZeroDivisionError), transaction():
        entities.create("ml_model", caller, "never")
        raise ZeroDivisionError
    assert set(titles(position)[0]) <= {one}


def test_a_transaction_that_began_earlier_and_ends_later_is_not_missed(
    make_app: Callable[..., Flask], postgres_url: str
) -> None:
    make_app(postgres_url)
    users.create_user(email="a@example.org", password=PASSWORD, first_name="S", last_name="U", role="r")
    caller = users.log_in("a@example.org", PASSWORD, "127.0.0.1")
    began, end = threading.Event(), threading.Event()
    slow: list[int] = []

    def write_slowly() -> None:
        with transaction():
            slow.append(entities.create("ml_model", caller, "slow").seq)
            began.set()
            assert end.wait(20)

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert began.wait(20)
    quick = make(caller, "quick").seq
    seen, position = titles(0)
    assert seen == [quick]
    end.set()
    thread.join()
    assert slow[0] in titles(position)[0]
