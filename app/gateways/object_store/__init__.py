"""The store of files: a folder, or a bucket of any S3 server, behind the same functions.

`configure` picks the implementation by the scheme of OBJECT_STORE_URL. All functions raise Unavailable, with the setting that
it is about and the time to wait, when the store is not configured, down, slow, full, or refuses the service; and ValueError for
a key that is none. Sizes are bytes, times are UTC.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from app.core.errors import Conflict, Unavailable
from app.core.streams import disposition
from app.gateways.object_store import keys, settings
from app.gateways.object_store.values import (
    CHUNK,
    MAX_PARTS,
    MAX_SIZE,
    MIN_PART,
    PART,
    Part,
    Pending,
    Stat,
    Store,
    Writer,
    part_size,
)

__all__ = [
    "CHUNK",
    "MAX_PARTS",
    "MAX_SIZE",
    "MIN_PART",
    "PART",
    "Part",
    "Pending",
    "Stat",
    "Writer",
    "abort_parts",
    "begin",
    "check",
    "configure",
    "delete",
    "finish_parts",
    "listing",
    "make_bucket",
    "part_size",
    "pending",
    "presigned",
    "put",
    "put_if_absent",
    "put_part",
    "read",
    "start_parts",
    "stat",
]

_state: dict[str, Any] = {"store": None}


def configure(url: str, *, access_key: str = "", secret_key: str = "", connections: int = 64) -> None:
    """Use the store at `url`; none when it is empty. Raises ValueError for a URL of another form.

    Keys that are not given are looked for where boto3 looks (AWS_ACCESS_KEY_ID and so on). `connections` are kept open at
    most: twice the threads of a process are enough.
    """
    close()
    _state["store"] = _implementation(url, (access_key, secret_key), connections) if url else None


def close() -> None:
    """Close the connections that are kept open; the next call opens others."""
    if _state["store"] is not None:
        _state["store"].close()


def _implementation(url: str, login: tuple[str, str], connections: int) -> Store:
    given = settings.parse(url, connections)
    if isinstance(given, settings.FolderSettings):
        from app.gateways.object_store.folder.store import FolderStore  # noqa: PLC0415

        return FolderStore(given)
    from app.gateways.object_store.s3.store import S3Store  # noqa: PLC0415 - botocore is slow to import

    return S3Store(given, login)


def check() -> None:
    """Raise Unavailable, with the remedy, when the store is not well; answers within about five seconds."""
    _store().check()


def make_bucket() -> None:
    """Make the bucket or the folder when it is not there and the URL has make=1; raises Unavailable without that."""
    _store().make()


def begin(key: str, media_type: str, size: int | None = None) -> Writer:
    """Begin to write an object under `key`; what was there before is replaced by `finish`.

    `size` is what is known of its size: parts are made large enough for it. Without it they grow on the way, and with them
    the memory of a very large upload (beyond 8 GiB).
    """
    return _store().begin(keys.check(key), media_type, part_size(min(size or 0, MAX_SIZE)))


def put(key: str, data: bytes, media_type: str) -> None:
    """Store a small object at once."""
    _store().put(keys.check(key), data, media_type)


def put_if_absent(key: str, data: bytes, media_type: str) -> bool:
    """Store a small object unless there is one under the key; whether it was stored. Of several racing calls one wins."""
    return _store().put_if_absent(keys.check(key), data, media_type)


def read(key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes from `start` on, `length` of them or all, in pieces of 1 MiB; past the end there are none.

    Raises NotFound at the call itself. Who does not read to the end calls `close()` of the iterator.
    """
    if start < 0 or (length is not None and length < 0):
        raise ValueError("start and length are not below zero.")
    return _store().read(keys.check(key), start, length)


def stat(key: str) -> Stat:
    """Size and time of an object; raises NotFound."""
    return _store().stat(keys.check(key))


def delete(key: str) -> None:
    """Remove the object, and abort the uploads that are pending for its key; nothing happens when there are none."""
    _store().delete(keys.check(key))


def listing(prefix: str = "") -> Iterator[Stat]:
    """All objects whose keys begin so, in the order of their keys, fetched page by page."""
    return _store().listing(keys.check_prefix(prefix))


def pending(prefix: str = "") -> Iterator[Pending]:
    """All uploads whose keys begin so that have begun and not ended; not those of a writer that holds less than 8 MiB."""
    return _store().pending(keys.check_prefix(prefix))


def presigned(key: str, *, seconds: int, file_name: str, media_type: str) -> str | None:
    """A URL by which anybody may fetch the object for some time, as an attachment of that name; None from a folder.

    It is not looked up whether there is such an object.
    """
    return _store().presigned(keys.check(key), seconds, disposition(file_name), media_type)


def start_parts(key: str, media_type: str) -> str:
    """Begin an upload whose parts may come over several requests and processes; the store's id of it."""
    return _store().start_parts(keys.check(key), media_type)


def put_part(key: str, upload_id: str, number: int, data: bytes) -> str:
    """Store part `number`, from 1; its etag. Sent again it replaces the earlier one. Raises NotFound for an unknown upload."""
    if not 1 <= number <= MAX_PARTS:
        raise ValueError(f"A part has a number from 1 to {MAX_PARTS}, not {number}.")
    return _store().put_part(keys.check(key), upload_id, number, data)


def finish_parts(key: str, upload_id: str, parts: Sequence[Part]) -> None:
    """Join the parts, given as (number, etag), into the object.

    Raises Conflict when a part is missing, or is below MIN_PART without being the last. The etag of a part that was replaced
    is refused too, or leads to the earlier bytes on servers that keep them (SeaweedFS). Raises NotFound when there is no such
    upload, or no longer: after a crash `stat` tells whether the object is there with all its bytes.
    """
    ordered = sorted(parts)
    if not ordered:
        raise ValueError("An upload in parts has at least one; an empty object is stored with put().")
    for expected, (number, _) in enumerate(ordered, 1):
        if number != expected:
            raise Conflict(f"Part {expected} of the upload is missing: send it again.")
    _store().finish_parts(keys.check(key), upload_id, ordered)


def abort_parts(key: str, upload_id: str) -> None:
    """Give the upload up with all its parts; nothing happens when there is none."""
    _store().abort_parts(keys.check(key), upload_id)


def _store() -> Store:
    if _state["store"] is None:
        raise Unavailable("Set OBJECT_STORE_URL.")
    store: Store = _state["store"]
    return store
