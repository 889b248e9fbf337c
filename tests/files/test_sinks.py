"""Files that come in one go: the intent first, then the bytes, then the whole."""

import hashlib
import os
import shutil
from typing import Any

import pytest

from app.core.db import transaction
from app.core.errors import Conflict, Invalid, TooLarge, Unavailable
from app.files import service as files
from app.files.service import rows, sinks
from app.gateways import object_store
from app.messaging import service as messaging
from tests.files.conftest import Engine

MIB = 1024 * 1024
NAMED = {"file_name": "a.bin", "media_type": "application/x-test"}


@pytest.mark.parametrize("size", [0, 10, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])
def test_a_file_comes_out_as_it_went_in(engine_on_each_store: Engine, size: int) -> None:
    data = os.urandom(size)
    with files.begin(engine_on_each_store.owner, **NAMED) as sink:
        for start in range(0, size, 3 * MIB):
            sink.write(memoryview(data)[start : start + 3 * MIB])
        file = sink.finish()
    engine_on_each_store.adopt(file)
    assert file.size == size
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert file.md5 == hashlib.md5(data).hexdigest()
    assert engine_on_each_store.content(file.seq) == data
    assert files.object_of(file.seq) == file


def test_the_intent_is_committed_before_the_first_byte(either_engine: Engine) -> None:
    sink = files.begin(either_engine.owner, **NAMED)
    row = either_engine.row(sink.seq)
    assert (row.state, row.key, row.store, row.size) == ("started", sink.key, "here", None)
    assert either_engine.keys() == []
    sink.abort()


def test_keys_are_random_and_say_nothing_of_the_file(engine: Engine) -> None:
    keys = {engine.send(b"x").key for _ in range(3)}
    assert len(keys) == 3
    for key in keys:
        folder, _, name = key.removeprefix("objects/").partition("/")
        assert len(name) == 64 and name.startswith(folder) and len(folder) == 2


def test_a_file_must_not_be_begun_or_finished_inside_a_transaction(engine: Engine) -> None:
    sink = files.begin(engine.owner, **NAMED)
    with pytest.raises(RuntimeError, match="outside transactions"), transaction():
        files.begin(engine.owner, **NAMED)
    with pytest.raises(RuntimeError, match="outside transactions"), transaction():
        sink.finish()
    sink.abort()


def test_an_error_on_the_way_leaves_neither_object_nor_row(engine_on_each_store: Engine) -> None:
    with pytest.raises(ZeroDivisionError), files.begin(engine_on_each_store.owner, **NAMED) as sink:
        sink.write(os.urandom(17 * MIB))
        raise ZeroDivisionError
    assert engine_on_each_store.count("started") == 0
    messaging.run_once()
    assert engine_on_each_store.count() == 0
    assert engine_on_each_store.keys() == []
    assert list(object_store.pending()) == []


def test_aborting_twice_and_after_the_end_does_nothing(engine: Engine) -> None:
    sink = files.begin(engine.owner, **NAMED)
    file = sink.finish()
    sink.abort()
    assert engine.row(file.seq).state == "started"
    other = files.begin(engine.owner, **NAMED)
    other.abort()
    other.abort()
    with pytest.raises(RuntimeError, match="aborted"):
        other.write(b"x")


def test_a_file_beyond_the_largest_size_is_refused_early_or_on_the_way(engine: Engine) -> None:
    engine.set(max_bytes=10)
    with pytest.raises(TooLarge, match=r"11 bytes.*has 10"):
        files.begin(engine.owner, **NAMED, size=11)
    assert engine.count() == 0
    sink = files.begin(engine.owner, **NAMED)
    sink.write(b"0123456789")
    with pytest.raises(TooLarge, match=r"11 bytes.*has 10"):
        sink.write(b"x")
    assert engine.row(sink.seq).state == "sweeping"
    assert engine.send(b"0123456789").size == 10


def test_a_file_beyond_the_quota_is_refused_early_or_on_the_way(engine: Engine) -> None:
    engine.set(quota=15, nobodys_quota=3)
    engine.kept(b"0123456789")
    with pytest.raises(TooLarge, match="needs 6 bytes; 10 of 15 bytes of your quota are used"):
        files.begin(engine.owner, **NAMED, size=6)
    sink = files.begin(engine.owner, **NAMED)
    with pytest.raises(TooLarge, match="needs 6 bytes; 10 of 15"):
        sink.write(b"012345")
    with pytest.raises(TooLarge, match="0 of 3 bytes of the quota of files without an owner"):
        files.begin(None, **NAMED, size=4)
    assert files.begin(None, **NAMED, size=3).finish().size == 0


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00b", "a\x7fb", "x" * 1001, "a\u2028b", "\ud800"])
def test_a_name_that_cannot_be_kept_is_refused_before_anything_is_written(engine: Engine, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        files.begin(engine.owner, file_name=name, media_type="text/plain")
    assert caught.value.errors[0].pointer == "/file_name"
    assert engine.count() == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b.txt", "Übergröße 測定.h5", "x" * 1000, 'a"b'])
def test_a_name_is_kept_as_it_was_given(either_engine: Engine, name: str) -> None:
    file, _ = either_engine.kept(b"x", file_name=name)
    assert files.object_of(file.seq).file_name == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("text/plain", "text/plain"),
        ('text/plain; charset="utf-8"', 'text/plain; charset="utf-8"'),
        ("text/plain;charset=utf-8", "text/plain;charset=utf-8"),
        (" text/plain ", "text/plain"),
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("text/plain; charset", "application/octet-stream"),
        ("text/" + "x" * 300, "application/octet-stream"),
        ("text/plain\n", "text/plain"),
    ],
)
def test_a_media_type_is_kept_when_it_is_one(engine: Engine, given: str, kept: str) -> None:
    assert engine.send(b"x", media_type=given).media_type == kept


def test_a_sink_says_from_time_to_time_that_it_is_alive(
    engine_on_each_store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = files.begin(engine_on_each_store.owner, **NAMED)
    engine_on_each_store.age()
    aged = engine_on_each_store.row(sink.seq).touched_at
    sink.write(b"x")
    assert engine_on_each_store.row(sink.seq).touched_at == aged, "once in a while is enough"
    monkeypatch.setattr(sinks, "TOUCH_SECONDS", 0)
    sink.write(os.urandom(9 * MIB))
    assert engine_on_each_store.row(sink.seq).touched_at > aged
    assert files.sweep() == files.Swept(0, 0)
    assert sink.finish().size == 9 * MIB + 1


def test_a_sink_that_was_swept_says_so_and_leaves_no_object(
    engine_on_each_store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for writes in (1, 0):
        sink = files.begin(engine_on_each_store.owner, **NAMED)
        sink.write(os.urandom(9 * MIB if writes else 10))
        engine_on_each_store.age()
        assert files.sweep().objects == 1
        monkeypatch.setattr(sinks, "TOUCH_SECONDS", 0 if writes else 1e9)
        with pytest.raises(Conflict, match="given up"):
            sink.write(b"x") if writes else sink.finish()
        assert engine_on_each_store.keys() == []
        assert engine_on_each_store.count() == 0


def test_a_database_that_is_away_for_a_moment_does_not_end_an_upload(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = files.begin(engine.owner, **NAMED)
    monkeypatch.setattr(sinks, "TOUCH_SECONDS", 0)

    def down(*_given: Any) -> bool:
        raise Unavailable("away")

    with monkeypatch.context() as away:
        away.setattr(rows, "touch", down)
        sink.write(b"x")
    assert sink.finish().size == 1


def test_a_store_that_is_gone_is_unavailable_and_the_intent_is_given_up(engine: Engine, file_store: str) -> None:
    shutil.rmtree(file_store.removeprefix("file://"))
    with pytest.raises(Unavailable):
        engine.send(b"x")
    assert engine.count("started") == 0
