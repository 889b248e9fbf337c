"""What is true of a folder only: modes, a full disk, a crash, what else lies in it."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import Conflict, NotFound, Unavailable
from app.gateways import object_store as store
from app.gateways.object_store.folder import disk

MIB = 1024 * 1024
TEXT = "text/plain"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "above" / "objects"
    store.configure(f"file://{place}?make=1")
    store.make_bucket()
    yield place
    store.configure("")


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_nobody_else_can_read_it(root: Path) -> None:
    previous = os.umask(0)
    try:
        store.put("objects/ab/one", b"x", TEXT)
        writer = store.begin("objects/cd/two", TEXT)
        upload_id = store.start_parts("objects/ef/three", TEXT)
        store.put_part("objects/ef/three", upload_id, 1, b"x")
    finally:
        os.umask(previous)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    writer.abort()


def test_only_objects_stay(root: Path) -> None:
    store.put("objects/ab/one", b"x", TEXT)
    store.put_if_absent("objects/ab/two", b"x", TEXT)
    store.put_if_absent("objects/ab/two", b"y", TEXT)
    upload_id = store.start_parts("three", TEXT)
    etags = [(number, store.put_part("three", upload_id, number, bytes(5 * MIB))) for number in (1, 2)]
    store.finish_parts("three", upload_id, etags)
    assert files(root) == ["objects/ab/one", "objects/ab/two", "three"]


def test_what_else_lies_there_is_no_object(root: Path) -> None:
    for name in (
        "lost+found/x",
        "README",
        ".hidden",
        "a b",
        "objects/.keep",
        "objects/UPPER",
        ".incoming/odd",
        "empty",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (root / "empty").unlink()
    store.put("objects/one", b"x", TEXT)
    assert [found.key for found in store.listing()] == ["objects/one"]
    assert list(store.pending()) == []


def test_a_part_that_was_replaced_is_refused(root: Path) -> None:
    upload_id = store.start_parts("one", TEXT)
    first = store.put_part("one", upload_id, 1, b"same size")
    second = store.put_part("one", upload_id, 1, b"size same")
    with pytest.raises(Conflict, match="Part 1 of the upload was replaced"):
        store.finish_parts("one", upload_id, [(1, first)])
    store.finish_parts("one", upload_id, [(1, second)])
    assert b"".join(store.read("one")) == b"size same"


def test_an_id_leads_nowhere_else(root: Path) -> None:
    store.put("objects/one", b"x", TEXT)
    for wrong in ("../objects", "/", "..", "", ".", "a/b", "\0"):
        with pytest.raises(NotFound):
            store.put_part("one", wrong, 1, b"x")
        with pytest.raises(NotFound):
            store.finish_parts("one", wrong, [(1, "etag")])
        store.abort_parts("one", wrong)
    upload_id = store.start_parts("one", TEXT)
    with pytest.raises(NotFound):
        store.put_part("two", upload_id, 1, b"x")  # of another key
    assert files(root) == ["objects/one"]


@pytest.mark.parametrize("kernel", [True, False])
def test_parts_are_joined_with_and_without_help_of_the_kernel(
    root: Path, kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kernel:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    data = [os.urandom(5 * MIB + 3), os.urandom(6 * MIB + 1), b"end"]
    upload_id = store.start_parts("one", TEXT)
    etags = [(number, store.put_part("one", upload_id, number, part)) for number, part in enumerate(data, 1)]
    store.finish_parts("one", upload_id, etags)
    assert (root / "one").read_bytes() == b"".join(data)


def test_a_crash_while_parts_are_joined_leaves_them_as_they_were(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id = store.start_parts("one", TEXT)
    etags = [(number, store.put_part("one", upload_id, number, bytes(5 * MIB))) for number in (1, 2)]

    def crash(target: int, path: str) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(disk, "append", crash)
        store.finish_parts("one", upload_id, etags)
    assert list(store.listing()) == []
    store.finish_parts("one", upload_id, etags)
    assert store.stat("one").size == 10 * MIB


FULL = """
import resource, signal
from app.core.errors import Unavailable
from app.gateways import object_store as store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
store.configure({url!r})
upload_id = store.start_parts("parts", "text/plain")
writer = store.begin("one", "text/plain")
acts = [
    lambda: writer.write(bytes(4_000_000)),
    writer.finish,
    lambda: store.put("two", bytes(4_000_000), "text/plain"),
    lambda: store.put_if_absent("three", bytes(4_000_000), "text/plain"),
    lambda: store.put_part("parts", upload_id, 1, bytes(4_000_000)),
]
for act in acts:
    try:
        act()
    except Unavailable as error:
        assert "OBJECT_STORE_URL" in error.detail and "is full" in error.detail and error.headers["Retry-After"], error
    else:
        raise SystemExit("it was taken")
writer.abort()
store.abort_parts("parts", upload_id)
"""


def test_a_full_disk_is_told_and_leaves_nothing(root: Path) -> None:
    code = FULL.format(url=f"file://{root}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert files(root) == []
    assert list(store.pending()) == []


KILLED = """
import os, signal
from app.gateways import object_store as store
store.configure({url!r})
writer = store.begin("objects/ab/one", "text/plain")
writer.write(bytes(1_000_000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_was_killed_is_pending_and_can_be_swept(root: Path) -> None:
    code = KILLED.format(url=f"file://{root}")
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(store.listing()) == []
    left = next(store.pending())
    assert left.key == "objects/ab/one"
    store.abort_parts(left.key, left.upload_id)
    assert list(store.pending()) == []
    assert files(root) == []


def test_everything_is_durable_before_it_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(descriptor: int) -> None:
        done.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        real_fsync(descriptor)

    def rename(source: str, target: str) -> None:
        done.append("rename")
        real_rename(source, target)

    store.put("objects/ab/zero", b"x", TEXT)  # so that all folders are there
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    writer = store.begin("objects/ab/one", TEXT)
    writer.write(b"x")
    writer.finish()
    assert done == ["fsync file", "rename", "fsync folder"]
    done.clear()
    store.put("new/one", b"x", TEXT)
    assert done.index("fsync file") < done.index("rename")
    assert done[done.index("rename") + 1] == "fsync folder"
    assert done[: done.index("rename")].count("fsync folder") == 1  # of the folder above the new one


def test_a_folder_that_cannot_be_used_is_told_without_its_path(root: Path) -> None:
    (root / "objects").write_bytes(b"a file where a folder belongs")
    for act in (lambda: store.put("objects/one", b"x", TEXT), lambda: store.put_if_absent("objects/one", b"x", TEXT)):
        with pytest.raises(Unavailable, match=r"OBJECT_STORE_URL. cannot be used: Not a directory") as refused:
            act()
        assert str(root) not in refused.value.detail
    assert list(store.pending()) == []


def test_readers_see_the_old_or_the_new_object_whole(root: Path) -> None:
    versions = [bytes([number]) * 3 * MIB for number in range(4)]
    store.put("one", versions[0], TEXT)
    ended = threading.Event()

    def write() -> None:
        for data in versions * 3:
            store.put("one", data, TEXT)
        ended.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        while not ended.is_set() and not writing.done():
            assert b"".join(store.read("one")) in versions
        writing.result()


def test_no_descriptor_stays_open(root: Path) -> None:
    store.put("one", bytes(3 * MIB), TEXT)
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        next(store.read("one"))
        list(store.read("one"))
        store.stat("one")
        store.begin("two", TEXT).abort()
        writer = store.begin("two", TEXT)
        writer.finish()
        del writer
        with pytest.raises(NotFound):
            store.read("objects")
    assert len(os.listdir("/dev/fd")) == before
