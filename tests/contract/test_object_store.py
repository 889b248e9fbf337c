"""The same assertions about a folder and a bucket of a real S3 server, SeaweedFS."""

import os
import random
import secrets
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core.errors import Conflict, NotFound, Unavailable
from app.gateways import object_store as store
from tests.services.fixtures import S3Server, folder, s3_server

MIB = 1024 * 1024
BINARY = "application/octet-stream"
SIZES = [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB]


@pytest.fixture(autouse=True)
def url(object_store_url: str) -> str:
    store.configure(object_store_url)
    store.make_bucket()
    return object_store_url


def sample(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def whole(key: str, start: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.read(key, start, length))


def written(key: str, data: bytes, piece: int = MIB) -> None:
    writer = store.begin(key, BINARY)
    for at in range(0, len(data), piece):
        writer.write(memoryview(data)[at : at + piece])
    writer.finish()


def keys() -> list[str]:
    return [found.key for found in store.listing()]


def pending() -> list[str]:
    return [found.key for found in store.pending()]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read_whatever_its_size(size: int) -> None:
    data = sample(size)
    written("objects/ab/one", data, 700_001)
    assert whole("objects/ab/one") == data
    found = store.stat("objects/ab/one")
    assert (found.key, found.size) == ("objects/ab/one", size)
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)
    assert pending() == []


def test_a_writer_takes_all_at_once_too_and_counts_its_parts() -> None:
    data, parts = sample(33 * MIB), []
    writer = store.begin("one", BINARY)
    writer.on_part = lambda: parts.append(threading.get_ident())
    writer.write(data)
    writer.finish()
    assert whole("one") == data
    assert len(parts) in (4, 5)  # the last one is not whole
    assert set(parts) == {threading.get_ident()}


def test_put_replaces_what_was_there() -> None:
    store.put("one", b"first", "text/plain")
    store.put("one", b"second", "text/plain")
    assert whole("one") == b"second"
    written("one", b"third")
    assert whole("one") == b"third"
    store.put("one", b"", "text/plain")
    assert whole("one") == b"" == whole("one", 0, 5)


def test_pieces_have_a_mebibyte() -> None:
    store.put("one", sample(3 * MIB + 5), BINARY)
    assert [len(piece) for piece in store.read("one")] == [MIB, MIB, MIB, 5]
    assert [len(piece) for piece in store.read("one", 1, 2 * MIB)] == [MIB, MIB]


def test_ranges_are_read() -> None:
    data, end = sample(3 * MIB + 5), 3 * MIB + 5
    store.put("one", data, BINARY)
    ranges = [(0, 1), (5, 10), (MIB - 1, 2), (2 * MIB, MIB), (end - 1, None), (7, None), (end - 100, 100), (0, end)]
    for start, length in ranges:
        assert whole("one", start, length) == data[start : None if length is None else start + length]


def test_a_range_past_the_end_has_what_there_is() -> None:
    store.put("one", b"0123456789", BINARY)
    assert whole("one", 8, 100) == b"89"
    assert whole("one", 10) == whole("one", 10, 5) == whole("one", 99) == whole("one", 3, 0) == b""


def test_reading_can_end_early() -> None:
    store.put("one", sample(9 * MIB), BINARY)
    for read_first in (True, False) * 3:
        pieces = store.read("one")
        if read_first:
            next(pieces)
        pieces.close()
        pieces.close()
        assert list(pieces) == []


def test_what_is_not_there_is_said_at_once() -> None:
    for ask in (store.stat, store.read, lambda key: store.read(key, 5, 5), lambda key: store.read(key, 0, 0)):
        with pytest.raises(NotFound, match="objects/aa/none is not in the store"):
            ask("objects/aa/none")
    store.put("objects/aa/there", b"x", BINARY)
    with pytest.raises(NotFound):
        store.read("objects/aa")  # a folder is no object
    with pytest.raises(NotFound):
        store.stat("objects/aa/there/more")


def test_deleting_can_be_repeated() -> None:
    store.put("objects/ab/one", b"x", BINARY)
    store.put("objects/ab/one2", b"x", BINARY)
    for _ in range(2):
        store.delete("objects/ab/one")
    store.delete("never/was")
    assert keys() == ["objects/ab/one2"]


def test_listing_follows_the_order_of_keys_and_the_prefix() -> None:
    names = ["a", "a-b", "a.b", "a0", "ab/c", "ab/c/d"[:4] + "d", "b/a", "b/b/c", "objects/0", "objects/1"]
    for name in random.Random(1).sample(names, len(names)):
        store.put(name, name.encode(), BINARY)
    assert keys() == sorted(names)
    for prefix in ("a", "ab/", "b/", "b/b", "objects/1", "none"):
        found = list(store.listing(prefix))
        assert [f.key for f in found] == sorted(name for name in names if name.startswith(prefix))
        assert all(f.size == len(f.key) and f.modified.tzinfo is not None for f in found)


def test_more_than_a_thousand_objects_are_listed() -> None:
    names = [f"many/{number % 7}/{number:05}" for number in range(1_050)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: store.put(name, b"x", BINARY), names))
    assert [found.key for found in store.listing("many/")] == sorted(names)
    assert next(store.listing()).key == sorted(names)[0]


def test_what_is_being_written_is_pending_and_not_listed() -> None:
    writer = store.begin("objects/ab/one", BINARY)
    writer.write(sample(9 * MIB))
    upload_id = store.start_parts("objects/cd/two", BINARY)
    assert keys() == []
    assert sorted(pending()) == ["objects/ab/one", "objects/cd/two"]
    found = next(iter(store.pending("objects/cd/")))
    assert (found.key, found.upload_id) == ("objects/cd/two", upload_id)
    assert abs(found.started - datetime.now(UTC)) < timedelta(minutes=1)
    writer.abort()
    store.abort_parts("objects/cd/two", upload_id)
    store.abort_parts("objects/cd/two", upload_id)
    store.abort_parts("objects/cd/two", "of-nobody")
    assert pending() == []


@pytest.mark.parametrize("size", [0, 100, 20 * MIB])
def test_an_aborted_writer_leaves_nothing(size: int) -> None:
    writer = store.begin("objects/ab/one", BINARY)
    writer.write(sample(size))
    writer.abort()
    writer.abort()
    assert keys() == pending() == []
    for act in (writer.finish, lambda: writer.write(b"more")):
        with pytest.raises(ValueError, match="has ended"):
            act()


def test_aborting_after_the_end_takes_nothing_back() -> None:
    for size in (10, 9 * MIB):
        writer = store.begin("one", BINARY)
        writer.write(sample(size))
        writer.finish()
        writer.abort()
        assert store.stat("one").size == size


def test_deleting_aborts_what_is_pending_for_the_key_alone() -> None:
    store.put("objects/one", b"x", BINARY)
    upload_id = store.start_parts("objects/one", BINARY)
    etag = store.put_part("objects/one", upload_id, 1, b"part")
    store.start_parts("objects/one", BINARY)
    store.start_parts("objects/one-more", BINARY)
    store.delete("objects/one")
    assert pending() == ["objects/one-more"]
    with pytest.raises(NotFound):
        store.finish_parts("objects/one", upload_id, [(1, etag)])
    with pytest.raises(NotFound):
        store.put_part("objects/one", upload_id, 2, b"part")
    assert keys() == []


def test_a_writer_whose_object_was_deleted_cannot_finish() -> None:
    writer = store.begin("objects/one", BINARY)
    writer.write(sample(9 * MIB))
    store.delete("objects/one")
    with pytest.raises(NotFound):
        writer.finish()
    writer.abort()
    assert keys() == pending() == []


def test_of_racing_first_writes_one_wins() -> None:
    for round_number in range(3):
        key, start = f"race/{round_number}", threading.Barrier(8)

        def put(number: int, key: str = key, start: threading.Barrier = start) -> bool:
            start.wait(10)
            return store.put_if_absent(key, str(number).encode(), BINARY)

        with ThreadPoolExecutor(8) as threads:
            won = list(threads.map(put, range(8)))
        assert won.count(True) == 1
        assert whole(key) == str(won.index(True)).encode()
    assert not store.put_if_absent("race/0", b"late", BINARY)
    assert pending() == []


def test_parts_come_over_several_processes(url: str) -> None:
    parts = [sample(8 * MIB), sample(5 * MIB), sample(17)]
    upload_id, etags = store.start_parts("objects/one", BINARY), []
    for number, data in enumerate(parts, 1):
        store.configure(url)  # as another process would
        store.put_part("objects/one", upload_id, number, b"x" * len(data))
        etags.append((number, store.put_part("objects/one", upload_id, number, data)))
    assert keys() == []
    store.configure(url)
    store.finish_parts("objects/one", upload_id, list(reversed(etags)))
    assert whole("objects/one") == b"".join(parts)
    assert pending() == []
    with pytest.raises(NotFound):
        store.put_part("objects/one", upload_id, 4, b"late")


def test_one_part_is_enough() -> None:
    upload_id = store.start_parts("one", BINARY)
    etag = store.put_part("one", upload_id, 1, b"short")
    store.finish_parts("one", upload_id, [(1, etag)])
    assert whole("one") == b"short"


def test_parts_that_are_missing_replaced_or_too_small_are_refused() -> None:
    upload_id = store.start_parts("one", BINARY)
    first = store.put_part("one", upload_id, 1, sample(5 * MIB))
    third = store.put_part("one", upload_id, 3, b"end")
    with pytest.raises(Conflict, match="Part 2 of the upload is missing"):
        store.finish_parts("one", upload_id, [(1, first), (3, third)])
    with pytest.raises(Conflict, match="missing"):
        store.finish_parts("one", upload_id, [(1, first), (2, third), (3, third)])
    with pytest.raises(Conflict, match="missing"):
        store.finish_parts("one", upload_id, [(2, third)])
    second = store.put_part("one", upload_id, 2, b"too small")
    with pytest.raises(Conflict):
        store.finish_parts("one", upload_id, [(1, first), (2, second), (3, third)])
    replaced = store.put_part("one", upload_id, 2, sample(5 * MIB + 1))
    with pytest.raises(Conflict):  # by the etag of what was there before
        store.finish_parts("one", upload_id, [(1, first), (2, second), (3, third)])
    assert keys() == []
    store.finish_parts("one", upload_id, [(1, first), (2, replaced), (3, third)])
    assert whole("one") == sample(5 * MIB) + sample(5 * MIB + 1) + b"end"


def test_parts_of_an_unknown_upload_are_refused() -> None:
    for wrong in ("of-nobody", "0" * 30):
        with pytest.raises(NotFound):
            store.put_part("one", wrong, 1, b"x")
        with pytest.raises(NotFound):
            store.finish_parts("one", wrong, [(1, '"d41d8cd98f00b204e9800998ecf8427e"')])


def test_writers_work_side_by_side() -> None:
    data = {f"objects/{number}": sample(9 * MIB + number) for number in range(2)}
    writers = {key: store.begin(key, BINARY) for key in data}
    for at in range(0, 10 * MIB, MIB):
        for key, writer in writers.items():
            writer.write(data[key][at : at + MIB])
    for writer in writers.values():
        writer.finish()
    assert {key: whole(key) for key in data} == data


def test_keys_that_could_lead_elsewhere_are_refused() -> None:
    for key in ("", "/a", "a//b", "a/../b", "..", "A", "a b", ".incoming/x", "a/", "a/./b", "a\0", "a\n", "é"):
        for act in (store.stat, store.read, store.delete, lambda key: store.put(key, b"", BINARY)):
            with pytest.raises(ValueError, match="is no key"):
                act(key)


def test_the_store_is_made_only_when_asked(url: str) -> None:
    elsewhere = url.replace("/store/objects", "/other/objects").replace(
        "s3://quay-", f"s3://quay-{secrets.token_hex(4)}-"
    )
    assert elsewhere != url
    store.configure(elsewhere.replace("make=1", "make=0"))
    for act in (
        store.check,
        store.make_bucket,
        lambda: store.put("one", b"x", BINARY),
        lambda: store.put_if_absent("one", b"x", BINARY),
        lambda: written("one", b"x"),
        lambda: written("one", sample(9 * MIB)),
        lambda: store.start_parts("one", BINARY),
        lambda: store.stat("one"),
        lambda: store.read("one"),
        lambda: list(store.listing()),
        lambda: list(store.pending()),
    ):
        with pytest.raises(Unavailable, match=r"OBJECT_STORE_URL is not there: make it, or add .make=1 to the URL"):
            act()
    store.configure(elsewhere)
    for _ in range(2):
        store.make_bucket()
    store.check()
    store.put("one", b"x", BINARY)
    assert keys() == ["one"]


def test_without_a_store_the_setting_is_named() -> None:
    store.configure("")
    for act in (store.check, store.make_bucket, lambda: store.stat("one"), lambda: store.begin("one", BINARY)):
        with pytest.raises(Unavailable, match="Set OBJECT_STORE_URL"):
            act()


@pytest.fixture
def on_s3(url: str) -> str:
    if not url.startswith("s3:"):
        pytest.skip("a folder has no network, no keys and no URLs")
    return url


def fetch(url: str) -> tuple[bytes, dict[str, str]]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return answer.read(), dict(answer.headers)


def test_a_folder_has_no_presigned_url(url: str) -> None:
    found = store.presigned("one", seconds=60, file_name="a", media_type=BINARY)
    assert (found is None) == url.startswith("file:")


def test_anybody_can_fetch_by_a_presigned_url(on_s3: str) -> None:
    data = sample(9 * MIB)
    written("objects/one", data)
    link = store.presigned("objects/one", seconds=60, file_name='Grün & "so".csv', media_type="text/csv")
    body, headers = fetch(link)
    assert body == data
    assert headers["Content-Disposition"].startswith('attachment; filename="Grun & _so_.csv"; filename*=UTF-8')
    assert headers["Content-Type"] == "text/csv"


def test_a_presigned_url_is_for_one_object_and_a_while(on_s3: str) -> None:
    store.put("objects/one", b"one", BINARY)
    store.put("objects/two", b"two", BINARY)
    link = store.presigned("objects/one", seconds=1, file_name="a.csv", media_type=BINARY)
    tampered = [
        link.replace("objects/one", "objects/two"),
        link.replace("a.csv", "b.csv"),
        link.replace("X-Amz-Expires=1&", "X-Amz-Expires=900&"),
        link.split("?")[0],
    ]
    time.sleep(2.5)
    for wrong in (link, *tampered):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(wrong)
        assert refused.value.code == 403
        refused.value.close()


def test_presigned_urls_are_for_the_public_address(on_s3: str, s3_keys: S3Server) -> None:
    store.put("one", b"one", BINARY)
    public = s3_keys.endpoint.replace("127.0.0.1", "localhost")
    store.configure(f"{on_s3}&public_endpoint={public}")
    link = store.presigned("one", seconds=60, file_name="a", media_type=BINARY)
    assert link.startswith(f"{public}/")
    assert fetch(link)[0] == b"one"
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(link.replace("localhost", "127.0.0.1"))
    refused.value.close()


def everything(large: bool = True) -> Iterator[object]:
    """Each call that talks to the store."""
    yield store.check
    yield store.make_bucket
    yield lambda: store.put("one", b"x", BINARY)
    yield lambda: store.put_if_absent("one", b"x", BINARY)
    yield lambda: store.stat("one")
    yield lambda: store.read("one")
    yield lambda: store.delete("one")
    yield lambda: list(store.listing())
    yield lambda: list(store.pending())
    yield lambda: store.start_parts("one", BINARY)
    yield lambda: store.put_part("one", "id", 1, b"x")
    yield lambda: store.finish_parts("one", "id", [(1, "etag")])
    yield lambda: store.abort_parts("one", "id")
    yield lambda: written("one", b"x")
    yield lambda: written("one", sample(9 * MIB))


def test_wrong_keys_are_told_by_their_names(on_s3: str, s3_keys: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("one", b"x", BINARY)
    for key, secret in ((s3_keys.key, "wrong" * 8), ("nobody", s3_keys.secret)):
        store.configure(on_s3, access_key=key, secret_key=secret)
        for act in everything():
            with pytest.raises(Unavailable, match="AWS_SECRET_ACCESS_KEY") as refused:
                act()
            assert refused.value.headers["Retry-After"]
            assert secret not in refused.value.detail
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    store.configure(on_s3)
    with pytest.raises(Unavailable, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        store.put("one", b"x", BINARY)
    with pytest.raises(Unavailable, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        store.presigned("one", seconds=60, file_name="a", media_type=BINARY)


def test_keys_may_be_given_instead_of_being_found(
    on_s3: str, s3_keys: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    store.configure(on_s3, access_key=s3_keys.key, secret_key=s3_keys.secret)
    store.check()


@pytest.mark.services
def test_a_store_that_stops_is_told_in_time_and_comes_back(object_store_url: str) -> None:
    if object_store_url.startswith("file:"):
        pytest.skip("a folder does not stop")
    name = f"seaweedfs-{secrets.token_hex(3)}"
    server = s3_server(name)
    try:
        login = {"access_key": server.key, "secret_key": server.secret}
        store.configure(server.url("stopping"), **login)
        store.make_bucket()
        store.put("one", b"x", BINARY)
        writer = store.begin("two", BINARY)
        writer.write(sample(17 * MIB))
        stop(folder(name))
        for act in (store.check, lambda: store.put("one", b"x", BINARY), writer.finish):
            started = time.monotonic()
            with pytest.raises(Unavailable, match="OBJECT_STORE_URL"):
                act()
            assert time.monotonic() - started < 10
        writer.abort()
        store.configure(s3_server(name).url("stopping"), **login)
        assert whole("one") == b"x"
        store.delete("two")
        assert pending() == []
    finally:
        stop(folder(name))


def stop(place: Path) -> None:
    """As a crash would: nothing is written any more, no connection is closed in good order."""
    pid = place / "pid"
    if pid.exists():
        os.killpg(int(pid.read_text()), signal.SIGKILL)
        pid.unlink()
