"""Files become part of things, cost their owners bytes, and go with the things."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from app.core.db import transaction
from app.core.errors import Conflict, NotFound, TooLarge
from app.entities import service as entities
from app.files import service as files
from app.messaging import service as messaging
from tests.files.conftest import Engine, make_caller


def test_an_adopted_file_is_charged_to_its_owner(either_engine: Engine) -> None:
    either_engine.set(quota=100, nobodys_quota=0)
    file, entity = either_engine.kept(b"0123456789")
    row = either_engine.row(file.seq)
    assert (row.state, row.entity_seq, row.owner_seq) == ("adopted", entity, either_engine.owner.seq)
    assert files.usage(either_engine.owner) == {"bytes": 10, "quota": 100, "left": 90}
    assert files.usage(None) == {"bytes": 0, "quota": None, "left": None}


def test_what_belongs_to_nobody_has_an_account_of_its_own(either_engine: Engine) -> None:
    either_engine.set(nobodys_quota=12)
    with files.begin(None, file_name="a", media_type="") as sink:
        sink.write(b"0123456789")
        file = sink.finish()
    with transaction():
        files.adopt(file, entities.create("ml_model", None, "t", visibility="public").seq, None)
    assert files.usage(None) == {"bytes": 10, "quota": 12, "left": 2}
    assert files.usage(either_engine.owner)["bytes"] == 0


def test_a_transaction_that_comes_to_nothing_adopts_and_charges_nothing(either_engine: Engine) -> None:
    file = either_engine.send(b"0123456789")
    with pytest.raises(ZeroDivisionError), transaction():
        files.adopt(file, entities.create("ml_model", either_engine.owner, "t").seq, either_engine.owner)
        raise ZeroDivisionError
    assert either_engine.row(file.seq).state == "started"
    assert files.usage(either_engine.owner)["bytes"] == 0
    either_engine.adopt(file)


def test_a_file_is_adopted_once_and_inside_a_transaction_only(either_engine: Engine) -> None:
    file, entity = either_engine.kept(b"x")
    with pytest.raises(Conflict, match="given up or used"):
        either_engine.adopt(file)
    assert files.usage(either_engine.owner)["bytes"] == 1
    with pytest.raises(RuntimeError, match="transaction"):
        files.adopt(either_engine.send(b"y"), entity, either_engine.owner)
    with pytest.raises(RuntimeError, match="transaction"):
        files.release(entity)


def test_files_go_with_their_thing_and_their_bytes_are_given_back(engine_on_each_store: Engine) -> None:
    engine = engine_on_each_store
    file, entity = engine.kept(b"0123456789")
    kept, _ = engine.kept(b"other")
    with transaction():
        files.release(entity)
    assert files.usage(engine.owner)["bytes"] == 5
    with pytest.raises(NotFound, match="deleted"):
        files.source(file.seq)
    assert messaging.run_once() == 1
    assert engine.row(file.seq) is None
    assert engine.keys() == [kept.key]
    with transaction():
        files.release(entity)
    assert messaging.run_once() == 0, "what was released before is not released again"


def test_a_release_that_is_rolled_back_deletes_nothing(either_engine: Engine) -> None:
    file, entity = either_engine.kept(b"0123456789")
    with pytest.raises(ZeroDivisionError), transaction():
        files.release(entity)
        raise ZeroDivisionError
    assert messaging.run_once() == 0
    assert either_engine.content(file.seq) == b"0123456789"
    assert files.usage(either_engine.owner)["bytes"] == 10


def test_deleting_is_idempotent_and_touches_nothing_that_is_not_condemned(engine: Engine) -> None:
    file, entity = engine.kept(b"x")
    asked = messaging.Delivery("m", "l", "files.delete", {"seq": file.seq, "key": file.key}, 0, lambda: None)
    files.delete_object(asked)
    assert engine.content(file.seq) == b"x"
    with transaction():
        files.release(entity)
    engine.set(store="elsewhere")
    files.delete_object(asked)
    assert engine.keys() == [file.key], "another deployment's object is left to it"
    engine.set()
    files.delete_object(asked)
    files.delete_object(asked)
    assert engine.keys() == []
    assert engine.count() == 0


def test_a_file_that_is_not_needed_is_deleted_and_an_adopted_one_is_not(either_engine: Engine) -> None:
    file = either_engine.send(b"x")
    kept, _ = either_engine.kept(b"y")
    files.discard(file)
    files.discard(kept)
    messaging.run_once()
    assert either_engine.keys() == [kept.key]
    with pytest.raises(Conflict):
        either_engine.adopt(file)


def test_a_file_of_another_store_is_not_here(engine: Engine) -> None:
    file, _ = engine.kept(b"x")
    assert files.is_here(file.seq)
    engine.set(store="elsewhere")
    assert not files.is_here(file.seq)
    assert not files.is_here(10**9)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What the acts give when all of them start in one moment: values, or the exceptions themselves."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_a_sweep_and_an_adoption_exactly_one_wins(either_engine: Engine) -> None:
    wins = []
    for _ in range(20):
        file = either_engine.send(b"x")
        swept, adopted = at_once(lambda: files.sweep(untouched_seconds=0), partial(either_engine.adopt, file))
        row = either_engine.row(file.seq)
        if isinstance(adopted, Conflict):
            assert swept.objects == 1
            assert row is None
        else:
            assert isinstance(adopted, int), adopted
            assert swept.objects == 0
            assert row.state == "adopted"
            assert either_engine.content(file.seq) == b"x"
        wins.append(isinstance(adopted, int))
    assert files.usage(either_engine.owner)["bytes"] == sum(wins)
    assert len(either_engine.keys()) == sum(wins)


def test_eight_at_once_never_get_past_the_quota(either_engine: Engine) -> None:
    either_engine.set(quota=35)
    for owner in (make_caller(f"u{number}") for number in range(3)):
        sent = [either_engine.send(b"0123456789", owner) for _ in range(8)]
        outcomes = at_once(*(partial(either_engine.adopt, file, owner) for file in sent))
        assert sum(isinstance(outcome, int) for outcome in outcomes) == 3
        refused = [outcome for outcome in outcomes if not isinstance(outcome, int)]
        assert all(isinstance(outcome, TooLarge) for outcome in refused), refused
        assert "needs 10 bytes; 30 of 35 bytes of your quota are used" in refused[0].detail
        assert files.usage(owner) == {"bytes": 30, "quota": 35, "left": 5}
