"""The writer of large objects: what it holds, what travels, what it says."""

import threading
from collections.abc import Callable

import pytest

from app.core.errors import TooLarge, Unavailable
from app.gateways.object_store.s3 import writer as module
from app.gateways.object_store.s3.writer import S3Writer
from app.gateways.object_store.values import CHUNK, MAX_PARTS, MAX_SIZE, PART, grown, part_size

SMALL = 1000  # bytes of a part in these tests


class Bucket:
    """Notes what it is given; parts wait until they may arrive."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.finished: list[tuple[int, str]] | None = None
        self.aborted = 0
        self.whole: bytes | None = None
        self.travelling = self.most = 0
        self.open = threading.Event()
        self.open.set()
        self.failing: set[int] = set()
        self.lock = threading.Lock()

    def start(self, key: str, media_type: str) -> str:
        return "id"

    def put(self, key: str, body: bytearray, media_type: str) -> None:
        self.whole = bytes(body)

    def put_part(self, key: str, upload_id: str, number: int, body: bytearray) -> str:
        with self.lock:
            self.travelling += 1
            self.most = max(self.most, self.travelling)
        assert self.open.wait(10)
        with self.lock:
            self.travelling -= 1
            if number in self.failing:
                raise Unavailable("The object store is ill.", retry_after=1)
            self.parts[number] = bytes(body)
        return f"etag{number}"

    def finish(self, key: str, upload_id: str, parts: list[tuple[int, str]]) -> None:
        self.finished = list(parts)

    def abort(self, key: str, upload_id: str) -> None:
        assert self.travelling == 0
        self.aborted += 1


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def begin(bucket: Bucket, part: int = SMALL) -> S3Writer:
    return S3Writer(bucket, "one", "text/plain", part)


def test_at_most_two_parts_travel_and_a_third_is_held(bucket: Bucket) -> None:
    bucket.open.clear()
    writer, taken = begin(bucket), []

    def write() -> None:
        for _ in range(60):
            writer.write(bytes(100))
            taken.append(100)
        writer.finish()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()
    assert 2 * SMALL <= sum(taken) <= 3 * SMALL
    bucket.open.set()
    thread.join(10)
    assert not thread.is_alive()
    assert bucket.most == 2
    assert bucket.finished == [(number, f"etag{number}") for number in range(1, 7)]
    assert b"".join(bucket.parts[number] for number in range(1, 7)) == bytes(6000)


def test_less_than_a_part_and_just_one_go_at_once(bucket: Bucket) -> None:
    for size in (0, 1, SMALL):
        writer = begin(bucket)
        writer.write(b"x" * size)
        writer.finish()
        assert bucket.whole == b"x" * size
    assert bucket.finished is None
    writer = begin(bucket)
    writer.write(b"x" * (SMALL + 1))
    writer.finish()
    assert bucket.parts == {1: b"x" * SMALL, 2: b"x"}


def test_a_part_that_failed_is_told_at_the_next_call_and_again(bucket: Bucket) -> None:
    bucket.failing = {2}
    writer = begin(bucket)

    def twenty() -> None:
        for _ in range(20):
            writer.write(bytes(SMALL))

    acts: list[Callable[[], None]] = [twenty, writer.finish, lambda: writer.write(b"x")]
    for act in acts:
        with pytest.raises(Unavailable, match="is ill"):
            act()
    writer.abort()
    assert (bucket.finished, bucket.aborted) == (None, 1)
    assert len(bucket.parts) < 6


def test_a_last_part_that_failed_is_told_by_finish(bucket: Bucket) -> None:
    bucket.failing = {3}
    writer = begin(bucket)
    writer.write(bytes(3 * SMALL))
    with pytest.raises(Unavailable, match="is ill"):
        writer.finish()
    assert bucket.finished is None
    writer.abort()
    writer.abort()
    assert bucket.aborted == 1


def test_an_abort_waits_for_the_parts_that_travel(bucket: Bucket) -> None:
    bucket.open.clear()
    writer = begin(bucket)
    writer.write(bytes(2 * SMALL + 1))
    threading.Timer(0.3, bucket.open.set).start()
    writer.abort()  # the bucket sees to it that nothing travels
    assert bucket.aborted == 1


def test_threads_end_with_the_writer(bucket: Bucket) -> None:
    for end in ("finish", "abort"):
        writer = begin(bucket)
        writer.write(bytes(3 * SMALL))
        getattr(writer, end)()
    for thread in threading.enumerate():
        if thread.name.startswith("object-store"):
            thread.join(5)
            assert not thread.is_alive()


def test_an_object_has_a_largest_size(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SIZE", 5 * SMALL)
    writer = begin(bucket)
    writer.write(bytes(5 * SMALL))
    with pytest.raises(TooLarge, match="at most 5000 bytes"):
        writer.write(b"x")
    writer.abort()


def test_parts_grow_so_that_the_largest_object_fits() -> None:
    sizes = [grown(PART, stored) for stored in range(MAX_PARTS)]
    assert sum(sizes) >= MAX_SIZE
    assert max(sizes) <= 5 * 1024**3  # S3's limit for a part
    assert set(sizes[:1000]) == {PART}
    for size in (0, 1, PART, PART * MAX_PARTS, PART * MAX_PARTS + 1, 10**12, MAX_SIZE):
        assert part_size(size) * MAX_PARTS >= size
        assert part_size(size) % CHUNK == 0
    assert part_size(PART * MAX_PARTS) == PART
    assert part_size(MAX_SIZE) < 600 * CHUNK


def test_parts_really_grow(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = begin(bucket, part=2)
    writer.write(bytes(2 * 1000 + 4 * 2 + 1))
    writer.finish()
    assert [len(bucket.parts[number]) for number in (1, 1000, 1001, 1002, 1003)] == [2, 2, 4, 4, 1]
