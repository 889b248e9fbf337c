"""A file on its way into the folder."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from app.core.errors import NotFound, TooLarge, Unavailable
from app.gateways.object_store.folder import disk
from app.gateways.object_store.values import MAX_SIZE, PART

log = structlog.get_logger()


class FolderWriter:
    """Writes aside at `aside`; `finish` renames it to `path`."""

    def __init__(self, root: str, key: str, aside: str) -> None:
        self.on_part: Callable[[], None] | None = None
        self._root, self._key, self._aside = root, key, aside
        self._size = 0
        self._failure: Unavailable | None = None
        with disk.translated():
            self._descriptor: int | None = disk.create(aside)

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes; raises Unavailable when the disk is full or ill."""
        descriptor = self._open()
        if self._size + len(data) > MAX_SIZE:
            raise TooLarge(f"An object has at most {MAX_SIZE} bytes.")
        left = memoryview(data)
        while left:
            taken = left[: PART - self._size % PART]
            with self._noting():
                disk.write_all(descriptor, taken)
            self._size += len(taken)
            left = left[len(taken) :]
            if self.on_part and self._size % PART == 0:
                self.on_part()

    def finish(self) -> None:
        """Make it durable, then visible."""
        descriptor = self._open()
        with self._noting():
            os.fsync(descriptor)
            self._close()
            publish(self._root, self._key, self._aside)

    def abort(self) -> None:
        """Remove what was written; after `finish` there is nothing to remove."""
        try:
            with suppress(OSError):
                self._close()
            disk.remove(self._aside)
        except OSError as error:
            log.warning("an upload could not be aborted; a sweep will", key=self._key, error=str(error))

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """An error is told again at each later call: a file that lacks some bytes must not be published."""
        try:
            with disk.translated():
                yield
        except Unavailable as error:
            self._failure = error
            raise

    def _open(self) -> int:
        if self._failure is not None:
            raise self._failure
        if self._descriptor is None:
            raise ValueError("The writer has ended.")
        return self._descriptor

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        """Who forgets to end a writer leaves no descriptor open."""
        with suppress(OSError, AttributeError):
            self._close()


def publish(root: str, key: str, aside: str) -> None:
    """Rename a durable file to where its key leads; raises NotFound when it was removed meanwhile."""
    path = f"{root}/{key}"
    disk.make_parents(root, path)
    try:
        os.rename(aside, path)
    except FileNotFoundError:
        raise NotFound(f"The upload of {key} was given up meanwhile: send it again.") from None
    disk.sync_folder(os.path.dirname(path))
