"""The store on a folder: keys are paths below it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from stat import S_ISDIR

from app.core.errors import NotFound, Unavailable
from app.gateways.object_store import keys
from app.gateways.object_store.folder import disk, parts
from app.gateways.object_store.folder.incoming import Incoming, discard
from app.gateways.object_store.folder.writer import FolderWriter, publish
from app.gateways.object_store.pieces import Pieces
from app.gateways.object_store.settings import FolderSettings
from app.gateways.object_store.values import Part, Pending, Stat


class FolderStore:
    """Objects below one folder. The package says what each method does."""

    def __init__(self, settings: FolderSettings) -> None:
        self._root, self._make = settings.path, settings.make
        self._incoming = Incoming(settings.path)

    def check(self) -> None:
        """The folder is there, and can be written and searched."""
        self._must_stand()
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise Unavailable(
                "The folder of OBJECT_STORE_URL cannot be written: give its rights to the service's user."
            )

    def make(self) -> None:
        """Make the folder with those above it, when it is missing and may be made."""
        if self._make:
            with disk.translated():
                os.makedirs(os.path.dirname(self._root), exist_ok=True)
                disk.make_folder(self._root)
        self.check()

    def close(self) -> None:
        """Nothing is kept open."""

    def begin(self, key: str, media_type: str, part: int) -> FolderWriter:
        """A file has no type of its own, and needs no parts."""
        self._must_stand()
        with disk.translated():
            _, path = self._incoming.new(key)
        return FolderWriter(self._root, key, path)

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Aside, then renamed."""
        with disk.translated():
            aside = self._aside(key, data)
            try:
                publish(self._root, key, aside)
            finally:
                disk.remove(aside)

    def put_if_absent(self, key: str, data: bytes, media_type: str) -> bool:
        """Aside, then linked: that fails when there is something, and is seen whole or not at all."""
        path = f"{self._root}/{key}"
        with disk.translated():
            aside = self._aside(key, data)
            try:
                disk.make_parents(self._root, path)
                os.link(aside, path)
            except FileExistsError:
                return False
            finally:
                disk.remove(aside)
            disk.sync_folder(os.path.dirname(path))
        return True

    def read(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        """The file stays readable when it is deleted or replaced meanwhile."""
        descriptor = self._opened(key)
        with disk.translated():
            os.lseek(descriptor, start, os.SEEK_SET)

        def read(wanted: int) -> bytes:
            with disk.translated():
                return os.read(descriptor, wanted)

        return Pieces(read, lambda: os.close(descriptor), length)

    def stat(self, key: str) -> Stat:
        """From the system's own knowledge of the file."""
        descriptor = self._opened(key)
        try:
            return _stat(key, os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def delete(self, key: str) -> None:
        """What is pending first, so that nothing can be published afterwards."""
        self._must_stand()
        with disk.translated():
            for entry in self._incoming.entries():
                if entry.key == key:
                    discard(entry.path)
            with suppress(IsADirectoryError, NotADirectoryError):
                disk.remove(f"{self._root}/{key}")

    def listing(self, prefix: str) -> Iterator[Stat]:
        """Folder by folder, only those that lie on the way."""
        self._must_stand()
        return self._walk("", prefix)

    def pending(self, prefix: str) -> Iterator[Pending]:
        """The oldest first."""
        self._must_stand()
        with disk.translated():
            found = list(self._incoming.entries())
        return (Pending(entry.key, entry.upload_id, entry.started) for entry in found if entry.key.startswith(prefix))

    def presigned(self, key: str, seconds: int, disposition: str, media_type: str) -> str | None:
        """Nobody but the service reaches a folder."""
        return None

    def start_parts(self, key: str, media_type: str) -> str:
        """A hidden folder."""
        self._must_stand()
        with disk.translated():
            return parts.start(self._incoming, key)

    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """A file in the hidden folder."""
        with disk.translated():
            return parts.put(self._incoming.where(key, upload_id), number, data)

    def finish_parts(self, key: str, upload_id: str, given: Sequence[Part]) -> None:
        """The files joined."""
        with disk.translated():
            parts.finish(self._root, key, self._incoming.where(key, upload_id), given)

    def abort_parts(self, key: str, upload_id: str) -> None:
        """The hidden folder removed."""
        self._must_stand()
        with disk.translated():
            discard(self._incoming.where(key, upload_id))

    def _must_stand(self) -> None:
        if not os.path.isdir(self._root):
            remedy = "make it, or add ?make=1 to the URL and run `quay migrate`"
            raise Unavailable(f"The folder of OBJECT_STORE_URL is not there: {remedy}.", retry_after=disk.RETRY_SECONDS)

    def _aside(self, key: str, data: bytes) -> str:
        self._must_stand()
        _, path = self._incoming.new(key)
        disk.write_file(path, data)
        return path

    def _opened(self, key: str) -> int:
        try:
            with disk.translated():
                return self._opened_file(key)
        except NotFound:
            self._must_stand()
            raise

    def _opened_file(self, key: str) -> int:
        try:
            descriptor = os.open(f"{self._root}/{key}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"The object {key} is not in the store.") from None
        if S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotFound(f"The object {key} is not in the store.")
        return descriptor

    def _walk(self, folder: str, prefix: str) -> Iterator[Stat]:
        with disk.translated():
            found = self._entries(folder)
        for name in sorted(found, key=os.fsencode):
            key = folder + name
            if name.endswith("/") and (key.startswith(prefix) or prefix.startswith(key)):
                yield from self._walk(key, prefix)
            elif keys.is_key(key) and key.startswith(prefix):
                with suppress(FileNotFoundError):  # deleted since
                    yield _stat(key, os.stat(f"{self._root}/{key}"))

    def _entries(self, folder: str) -> list[str]:
        """Names in a folder, those of folders with a slash, which also gives the order that keys have in S3."""
        try:
            with os.scandir(f"{self._root}/{folder}") as entries:
                return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries if entry.name[0] != "."]
        except FileNotFoundError:  # deleted since
            return []


def _stat(key: str, known: os.stat_result) -> Stat:
    return Stat(key, known.st_size, datetime.fromtimestamp(known.st_mtime_ns / 1e9, UTC))
