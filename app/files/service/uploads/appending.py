"""Appending to an upload: bytes are safe in the store before the position says so, and the position before the answer.

From 8 MiB on bytes go to the store as parts. What is too little for a part is kept as an object of its own, the tail, which
the next request takes up. A crash at any line loses what no committed position speaks of: parts and tails that no row
names are overwritten, or removed by `gc`.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Row

from app.core.errors import Conflict, DomainError, TooLarge
from app.files.errors import ChecksumMismatch
from app.files.service import rows
from app.files.service.hashing import Digests
from app.files.service.uploads import completing, lease
from app.files.service.uploads.progress import Progress
from app.files.tus import Checksum
from app.gateways import object_store
from app.users.service import Caller

Read = Callable[[int], bytes]  # up to so many bytes; none at the end; raises when the sender is gone


def append(
    caller: Caller,
    upload_id: str,
    offset: int,
    read: Read,
    *,
    checksum: Checksum | None = None,
    size: int | None = None,
) -> int:
    """Add what `read` gives to an upload; the position after it. `size` is how many bytes it will give, if that is known.

    When the sender breaks off, what came is kept, and the error goes on; with a checksum all of a request is kept or
    nothing. Raises NotFound, Conflict for another offset, Locked while another request appends, TooLarge for more bytes than
    were announced, ChecksumMismatch, and Unavailable from the store.
    """
    rows.no_transaction_open()
    row, token = lease.take(caller, upload_id, offset)
    try:
        if size is not None and offset + size > row.length:
            raise _too_many(row)
        return _Appending(row, token, checksum).run(read)
    finally:
        lease.give_back(row.seq, token)


def _too_many(row: Row[Any]) -> TooLarge:
    return TooLarge(f"More bytes came than the {row.length} of Upload-Length. Begin an upload of the right size.")


class _Appending:
    """One request's work on one upload."""

    def __init__(self, row: Row[Any], token: str, checksum: Checksum | None) -> None:
        self._row, self._checksum = row, checksum
        self._progress = Progress(row, token)
        self._part_size = object_store.part_size(row.length)
        self._in_parts = row.length > self._part_size
        self._buffer = bytearray(self._progress.tail_bytes())
        self._received = row.position
        self._renewed = time.monotonic()
        self._of_request = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        # hashes of the way are those of the file only if the whole file comes this way
        self._of_file = Digests() if row.position == 0 else None

    def run(self, read: Read) -> int:
        try:
            self._receive(read)
        except DomainError:
            raise
        except Exception:
            if self._checksum is None:
                self._keep_rest()
            raise
        self._check()
        self._keep_rest()
        return self._received

    def _check(self) -> None:
        if self._checksum and self._of_request and self._of_request.digest() != self._checksum.digest:
            raise ChecksumMismatch(
                f"The bytes of this request do not have the {self._checksum.algorithm} that Upload-Checksum says. "
                f"None of them was kept: send them again from {self._row.position}."
            )

    def _receive(self, read: Read) -> None:
        while self._received < self._row.length:
            room = self._part_size - len(self._buffer)
            data = read(min(object_store.CHUNK, room, self._row.length - self._received))
            if not data:
                return
            self._take(data)
        if read(1):
            raise _too_many(self._row)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        self._received += len(data)
        for digest in (self._of_request, self._of_file):
            if digest is not None:
                digest.update(data)
        if self._in_parts and len(self._buffer) == self._part_size:
            self._store_part()
        elif time.monotonic() - self._renewed > lease.RENEW_AFTER:
            self._renew()

    def _store_part(self) -> None:
        self._progress.put_part(bytes(self._buffer))
        self._buffer.clear()
        # the last part is committed with the end of the upload, and those under a checksum when that was seen to be right
        if self._checksum is None and self._received < self._row.length:
            self._progress.keep(self._received)
            self._renewed = time.monotonic()
        else:
            self._renew()

    def _renew(self) -> None:
        self._progress.renew()
        self._renewed = time.monotonic()

    def _keep_rest(self) -> None:
        """Make safe what is too little for a part, or end the upload when nothing more is to come."""
        if self._received == self._row.length:
            self._complete()
        elif self._received > self._progress.position:
            self._progress.keep(self._received, tail=bytes(self._buffer))

    def _complete(self) -> None:
        measured = self._of_file.values() if self._of_file else None
        if self._in_parts:
            if self._buffer:
                self._progress.put_part(bytes(self._buffer))
            self._progress.keep(self._received, act=lambda: completing.await_check(self._row, soon=measured is None))
            if measured:
                completing.end_now(self._row.id, measured)
            return
        object_store.put(self._row.key, bytes(self._buffer), self._row.media_type)
        try:
            self._progress.keep(self._received, act=lambda: completing.end_small(self._row, measured))
        except Conflict:
            completing.delete_unless_wanted(self._row)
            raise
