"""What nobody finished is removed, and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine

from app.core.clock import utcnow
from app.core.db import transaction
from app.core.errors import Unavailable
from app.files import service as files
from app.files.service import rows, sweeping
from app.gateways import object_store
from tests.files.conftest import Engine

OLD = f"objects/ab/{'ab' * 32}"


def left_behind(engine: Engine) -> dict[str, str]:
    """One of everything that a crash can leave, and what is alive beside it; keys by name."""
    made = {}
    made["adopted"] = engine.kept(b"kept")[0].key
    finished = engine.send(b"never adopted")
    made["finished"] = finished.key
    begun, _ = rows.start(engine.owner, "a", "b/c")
    made["begun"] = engine.row(begun).key
    engine.age()
    made["alive"] = engine.send(b"just now").key
    entity = engine.kept(b"released")
    with transaction():
        files.release(entity[1])
    made["released"] = entity[0].key
    return made


def test_a_sweep_removes_what_was_not_touched_for_an_hour_and_nothing_else(engine_on_each_store: Engine) -> None:
    made = left_behind(engine_on_each_store)
    assert files.sweep(dry_run=True) == files.Swept(0, 3)
    assert engine_on_each_store.count() == 5
    assert len(engine_on_each_store.keys()) == 4
    assert files.sweep() == files.Swept(0, 3)
    assert sorted(engine_on_each_store.keys()) == sorted([made["adopted"], made["alive"]])
    assert engine_on_each_store.count() == 2
    assert files.sweep() == files.Swept(0, 0)


def test_a_sweep_leaves_the_rows_of_other_deployments_alone(engine: Engine) -> None:
    left_behind(engine)
    engine.set(store="elsewhere")
    assert files.sweep(untouched_seconds=0) == files.Swept(0, 0)
    assert engine.count() == 5


def test_a_sweep_while_the_store_is_down_is_taken_up_by_the_next(engine: Engine, file_store: str) -> None:
    engine.send(b"x")
    folder = file_store.removeprefix("file://")
    shutil.move(folder, folder + "-away")
    with pytest.raises(Unavailable):
        files.sweep(untouched_seconds=0)
    shutil.move(folder + "-away", folder)
    assert engine.count("sweeping") == 1
    assert files.sweep() == files.Swept(0, 1)
    assert (engine.count(), engine.keys()) == (0, [])


def test_more_than_one_batch_is_swept_at_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for _ in range(5):
        engine.send(b"x")
    kept, _ = engine.kept(b"y")
    assert files.sweep(untouched_seconds=0).objects == 5
    assert engine.keys() == [kept.key]


def strays(engine: Engine) -> tuple[list[str], list[str]]:
    """Objects and uploads in parts that no row speaks of."""
    kept = engine.kept(b"kept")[0]
    object_store.put(OLD, b"x", "a/b")
    object_store.put(f"{OLD}{rows.TAIL}0a", b"x", "a/b")
    object_store.put(f"{kept.key}{rows.TAIL}0b", b"x", "a/b")
    object_store.put("other/thing", b"x", "a/b")
    pending = [OLD, kept.key]
    for key in pending:
        object_store.put_part(key, object_store.start_parts(key, "a/b"), 1, b"x" * object_store.MIN_PART)
    return [OLD, f"{OLD}{rows.TAIL}0a", f"{kept.key}{rows.TAIL}0b"], pending


def test_gc_removes_what_no_row_speaks_of(engine_on_each_store: Engine) -> None:
    objects, pending = strays(engine_on_each_store)
    sink = files.begin(engine_on_each_store.owner, file_name="a", media_type="")
    sink.write(b"x" * 20 * 2**20)
    before = (engine_on_each_store.keys(), len(list(object_store.pending())))
    planned = files.gc(untouched_seconds=0, dry_run=True)
    assert (engine_on_each_store.keys(), len(list(object_store.pending()))) == before
    assert planned.swept == files.Swept(0, 1), "the sink counts as untouched for so long"
    assert sorted(planned.strays) == sorted(objects)
    assert sorted(set(planned.pending)) == sorted(pending)
    rows.touch(sink.seq)
    done = files.gc(untouched_seconds=1.5, dry_run=False)
    assert done.strays == () and done.pending == (), "nothing of it is old enough"
    with sweep_nothing():
        done = files.gc(untouched_seconds=0)
    assert sorted(done.strays) == sorted(objects)
    assert sorted(set(done.pending)) == sorted(pending)
    assert len(engine_on_each_store.keys()) == 2
    assert sink.finish().size == 20 * 2**20, "a living writer is left alone"
    assert files.gc(untouched_seconds=0).strays == ()


@contextmanager
def sweep_nothing() -> Iterator[None]:
    """Look at the store only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeping, "sweep", lambda **_given: files.Swept(0, 0))
        yield


def test_a_clock_of_ours_that_is_wrong_removes_nothing_from_the_store(engine: Engine) -> None:
    strays(engine)
    with time_machine.travel(utcnow().replace(year=2060), tick=True):
        assert files.gc().strays == ()
