"""Files that come in one go: an intent in the database, then the bytes, then the whole."""

import time
from types import TracebackType
from typing import Self

import structlog

from app.core.errors import Conflict, NotFound, TooLarge, Unavailable
from app.files import labels
from app.files.service import quota, rows
from app.files.service.hashing import Digests
from app.files.service.rows import StoredFile
from app.gateways import object_store
from app.users.service import Caller

log = structlog.get_logger()

TOUCH_SECONDS = 5.0


def begin(owner: Caller | None, *, file_name: str, media_type: str, size: int | None = None) -> "Sink":
    """Commit the intent to store a file, before its first byte; raises Invalid for its name.

    Raises TooLarge when it cannot fit: a file of the declared `size`, or any file at all.
    """
    rows.no_transaction_open()
    name, kind = labels.file_name(file_name), labels.media_type(media_type)
    room = quota.room_for(owner, size)
    seq, key = rows.start(owner, name, kind)
    try:
        return Sink(seq, key, (name, kind), (room, quota.account_of(owner)), size)
    except BaseException:
        forget(seq)
        raise


class Sink:
    """Takes the bytes of one file; as a context manager it aborts on an exception."""

    def __init__(
        self, seq: int, key: str, labels: tuple[str, str], room: tuple[int, int], size: int | None = None
    ) -> None:
        self.seq, self.key = seq, key
        self.file_name, self.media_type = labels
        self.size = 0
        self._room, self._account = room
        self._digests = Digests()
        self._touched = time.monotonic()
        self._ended = self._lost = False
        self._writer = object_store.begin(key, self.media_type, size)
        self._writer.on_part = self._touch

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes. Raises TooLarge beyond the limits and Unavailable from the store; all is aborted then."""
        try:
            self._take(data)
        except NotFound as error:  # the sweeper ended the upload in the store
            self.abort()
            raise _swept() from error
        except BaseException:
            self.abort()
            raise

    def _take(self, data: bytes | memoryview) -> None:
        if self._ended:
            raise RuntimeError("the sink was finished or aborted; begin another one")
        self.size += len(data)
        if self.size > self._room:
            raise self._refusal()
        self._digests.update(data)
        self._writer.write(data)
        self._touch()  # a slow sender may need long for one part
        if self._lost:
            raise _swept()

    def _refusal(self) -> TooLarge:
        if self.size > rows.settings.max_bytes:
            return quota.too_large(self.size)
        return quota.over_quota(self._account, quota.used(self._account), self.size)

    def _touch(self) -> None:
        now = time.monotonic()
        if now - self._touched < TOUCH_SECONDS:
            return
        self._touched = now
        try:
            self._lost = not rows.apart(lambda: rows.touch(self.seq))
        except Unavailable:
            # the bytes do not need the database now; whether it was swept is seen at the next touch
            log.warning("an upload could not be marked as living", object=self.seq)

    def finish(self) -> StoredFile:
        """The whole file, which lies in the store and belongs to nothing yet; raises Unavailable, and Conflict if swept."""
        rows.no_transaction_open()
        try:
            return self._finish()
        except BaseException:
            self.abort()
            raise

    def _finish(self) -> StoredFile:
        if self._ended:
            raise RuntimeError("the sink was finished or aborted; begin another one")
        try:
            self._writer.finish()
        except NotFound as error:  # the sweeper ended the upload in the store
            raise _swept() from error
        measured = self._digests.values()
        if not rows.touch(self.seq, **measured):
            object_store.delete(self.key)
            raise _swept()
        self._ended = True
        return StoredFile(self.seq, self.key, self.file_name, self.media_type, **measured)

    def abort(self) -> None:
        """Forget all bytes; never raises, and does nothing after `finish`. What cannot be undone now is swept later."""
        if not self._ended:
            self._ended = True
            self._digests.close()
            self._writer.abort()
            forget(self.seq)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.abort()


def forget(seq: int) -> None:
    """Let an object be deleted that nobody needs; never raises."""
    try:
        rows.apart(lambda: rows.condemn(seq))
    except Exception as error:  # the sweeper will find it
        log.warning("an object is left to the sweeper", object=seq, error=str(error))


def _swept() -> Conflict:
    return Conflict("The upload stood still for so long that it was given up. Send the file again.")
