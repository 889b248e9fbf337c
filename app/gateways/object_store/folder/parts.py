"""Uploads whose parts come over several requests: a folder with one file for each part, joined at the end."""

import os
from collections.abc import Sequence

from app.core.errors import Conflict, NotFound
from app.gateways.object_store.folder import disk, incoming
from app.gateways.object_store.folder.writer import publish
from app.gateways.object_store.values import MIN_PART, Part


def start(hidden: incoming.Incoming, key: str) -> str:
    """Begin an upload; its id."""
    upload_id, path = hidden.new(key)
    disk.make_folder(path)
    return upload_id


def put(folder: str, number: int, data: bytes) -> str:
    """Store a part, in place of an earlier one of that number; its etag."""
    aside = f"{folder}/{number}.{os.urandom(8).hex()}"
    try:
        known = disk.write_file(aside, data)
        os.rename(aside, f"{folder}/{number}")
    except FileNotFoundError:
        raise _unknown() from None
    disk.sync_folder(folder)
    return _etag(known)


def finish(root: str, key: str, folder: str, parts: Sequence[Part]) -> None:
    """Join the parts into a file beside them and publish that: a crash on the way leaves all parts as they were."""
    if not os.path.isdir(folder):
        raise _unknown()
    _check(folder, parts)
    publish(root, key, _joined(folder, parts))
    incoming.discard(folder)


def _check(folder: str, parts: Sequence[Part]) -> None:
    """The parts are those that were stored, and as S3 wants them, so that no code works on the folder only."""
    for number, etag in parts:
        try:
            known = os.stat(f"{folder}/{number}")
        except FileNotFoundError:
            raise Conflict(f"Part {number} of the upload is missing: send it again.") from None
        if _etag(known) != etag:
            raise Conflict(f"Part {number} of the upload was replaced meanwhile: send it again.")
        if known.st_size < MIN_PART and number != parts[-1][0]:
            raise Conflict(f"Part {number} of the upload is below {MIN_PART} bytes, which only the last may be.")


def _joined(folder: str, parts: Sequence[Part]) -> str:
    path = f"{folder}/joined.{os.urandom(8).hex()}"
    if len(parts) == 1:
        os.link(f"{folder}/{parts[0][0]}", path)
        return path
    descriptor = disk.create(path)
    try:
        for number, _ in parts:
            disk.append(descriptor, f"{folder}/{number}")
        os.fsync(descriptor)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)
    return path


def _etag(known: os.stat_result) -> str:
    """Another one for each storing: a part is written as a new file."""
    return f"{known.st_size:x}-{known.st_ino:x}-{known.st_mtime_ns:x}"


def _unknown() -> NotFound:
    return NotFound("There is no such upload, or no longer: begin it again.")
