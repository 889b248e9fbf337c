"""What is done to files so that it lasts, and what errors of the disk are in our own words.

A file is written aside, fsynced, renamed, and its folder fsynced: after a crash it is there whole or not at all.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.core.errors import Unavailable

log = structlog.get_logger()

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
RETRY_SECONDS = 60
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_COPY_AT_ONCE = 64 * 1024 * 1024
_NO_COPY_HERE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF}


@contextmanager
def translated() -> Iterator[None]:
    """Within this block an error of the disk becomes Unavailable; the log has the path, the message has not."""
    try:
        yield
    except OSError as error:
        log.error("the object store failed", error=str(error))  # noqa: TRY400 - the path says more than the stack
        raise failure(error) from error


def failure(error: OSError) -> Unavailable:
    """What the caller is told."""
    if error.errno in FULL:
        detail = "The object store (the folder of OBJECT_STORE_URL) is full: free some space there."
    else:
        detail = (
            f"The object store (the folder of OBJECT_STORE_URL) cannot be used: {error.strerror or 'unknown error'}."
        )
    return Unavailable(detail, retry_after=RETRY_SECONDS)


def create(path: str) -> int:
    """A new file of this process's user alone, open for writing."""
    return os.open(path, _NEW, 0o600)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """All bytes; the system may take fewer at once."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def write_file(path: str, data: bytes) -> os.stat_result:
    """A new durable file with these bytes; what the system knows of it. Nothing stays when that fails."""
    descriptor = create(path)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
        return os.fstat(descriptor)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def append(target: int, path: str) -> None:
    """The bytes of a file at the end of another; in the kernel, or without any copy, where the file system can."""
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not _copied_by_kernel(source, target):
            while data := os.read(source, 1024 * 1024):
                write_all(target, data)
    finally:
        os.close(source)


def _copied_by_kernel(source: int, target: int) -> bool:
    if not hasattr(os, "copy_file_range"):  # macOS
        return False
    copied = False
    try:
        while os.copy_file_range(source, target, _COPY_AT_ONCE):
            copied = True
    except OSError as error:
        if copied or error.errno not in _NO_COPY_HERE:
            raise
        return False
    return copied  # some file systems copy nothing and say that all is well


def make_parents(root: str, path: str) -> None:
    """The folders from `root` to the file, each made durable in the one above; `root` itself must be there."""
    parent = os.path.dirname(path)
    if parent == root or os.path.isdir(parent):
        return
    make_parents(root, parent)
    make_folder(parent)


def make_folder(path: str) -> None:
    """A durable folder of this process's user alone, unless it is there."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    sync_folder(os.path.dirname(path))


def sync_folder(path: str) -> None:
    """What was made, renamed or removed in the folder lasts."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """The file is gone, also when it was not there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    sync_folder(os.path.dirname(path))
