"""What is promised is there, and is what it was; what is not is found."""

from pathlib import Path

import pytest

from app.core.db import transaction
from app.entities import service as entities
from app.files import service as files
from app.files.service import verifying
from app.gateways import object_store
from tests.files.conftest import Engine


def test_a_store_that_is_whole_is_clean(engine_on_each_store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "BATCH", 2)
    for text in (b"", b"a", b"bc", b"d" * 3_000_000, b"e"):
        engine_on_each_store.kept(text)
    engine_on_each_store.send(b"never adopted")
    seen: list[int] = []
    report = files.verify(on_object=lambda report: seen.append(report.objects))
    assert report.clean
    assert (report.objects, report.bytes) == (5, 3_000_004)
    assert seen == [1, 2, 3, 4, 5]
    assert files.count() == 5


def test_missing_and_altered_objects_are_found(engine_on_each_store: Engine) -> None:
    fine, missing, longer, flipped = (engine_on_each_store.kept(b"0123456789", file_name=f"f{n}")[0] for n in range(4))
    object_store.delete(missing.key)
    object_store.put(longer.key, b"0123456789!", "a/b")
    object_store.put(flipped.key, b"0123456788", "a/b")
    report = files.verify()
    assert not report.clean
    assert [finding.seq for finding in report.missing] == [missing.seq]
    assert [finding.seq for finding in report.altered] == [longer.seq, flipped.seq]
    assert "11 bytes instead of 10" in report.altered[0].detail
    assert flipped.sha256 in report.altered[1].detail
    assert report.objects == 4
    assert fine.seq not in [finding.seq for finding in report.dangling]


def test_a_file_whose_thing_was_deleted_is_dangling(either_engine: Engine) -> None:
    file, entity = either_engine.kept(b"x")
    other, _ = either_engine.kept(b"y")
    id = files.verify().objects and entity_id(either_engine, entity)
    with transaction():
        entities.delete(either_engine.owner, id)
    report = files.verify()
    assert [(finding.seq, finding.entity_id) for finding in report.dangling] == [(file.seq, id)]
    assert report.objects == 2 and not report.missing
    assert other.seq != file.seq


def entity_id(engine: Engine, seq: int) -> str:
    from sqlalchemy import select

    from app.core.db import reading

    with reading() as session:
        return session.scalar(select(entities.columns.id).where(entities.columns.seq == seq)) or ""


def test_objects_of_other_deployments_are_not_looked_for(engine: Engine, file_store: str) -> None:
    file, _ = engine.kept(b"x")
    engine.set(store="elsewhere")
    (Path(file_store.removeprefix("file://")) / file.key).unlink()
    assert files.verify().objects == 0
    engine.set()
    assert len(files.verify().missing) == 1
