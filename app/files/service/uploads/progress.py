"""How far an upload is: parts and a tail in the store, and the position that speaks of them."""

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Row, func, insert, select, update

from app.core.db import reading, transaction
from app.core.errors import Conflict, Unavailable
from app.files.service import rows
from app.files.service.rows import parts, uploads
from app.files.service.uploads import lease
from app.gateways import object_store

log = structlog.get_logger()


class Progress:
    """What is safe of one upload, for the request that holds its lease."""

    def __init__(self, row: Row[Any], token: str) -> None:
        self.position: int = row.position
        self._row, self._token = row, token
        self._store_upload: str | None = row.store_upload
        self._tail: str | None = row.tail
        self._count = _parts_of(row.seq)
        self._fresh: list[dict[str, Any]] = []  # parts in the store that no commit speaks of yet

    def tail_bytes(self) -> bytes:
        """What the last request left that was too little for a part."""
        return b"".join(object_store.read(self._tail)) if self._tail else b""

    def put_part(self, data: bytes) -> None:
        """Put the next part into the store; the next commit speaks of it."""
        if self._store_upload is None:
            self._store_upload = self._start()
        number = self._count + len(self._fresh) + 1
        etag = object_store.put_part(self._row.key, self._store_upload, number, data)
        self._fresh.append({"upload_seq": self._row.seq, "number": number, "etag": etag, "size": len(data)})

    def _start(self) -> str:
        store_upload = object_store.start_parts(self._row.key, self._row.media_type)
        with transaction(bookkeeping=True) as session:
            named = update(uploads).where(*self._mine()).values(store_upload=store_upload)
            known = session.execute(named).rowcount
        if not known:
            object_store.abort_parts(self._row.key, store_upload)
            raise lease.lost()
        return store_upload

    def renew(self) -> None:
        """Stay the writer; raises Conflict."""
        lease.renew(self._row.seq, self._token)

    def keep(self, position: int, *, tail: bytes = b"", act: Callable[[], None] | None = None) -> None:
        """Say that all bytes before `position` are safe: in parts, and in `tail`, which is stored first.

        `act` is done in the same transaction. Raises Conflict when the upload has another writer now, or was ended.
        """
        key = self._store_tail(tail)
        try:
            self._write(position, key, act)
        except Conflict:
            if key is not None:
                object_store.delete(key)
            raise
        old, self._tail, self.position = self._tail, key, position
        self._count += len(self._fresh)
        self._fresh.clear()
        if old is not None:
            _delete_quietly(old)

    def _store_tail(self, tail: bytes) -> str | None:
        if not tail:
            return None
        key = f"{self._row.key}{rows.TAIL}{secrets.token_hex(8)}"
        object_store.put(key, tail, "application/octet-stream")
        return key

    def _write(self, position: int, tail: str | None, act: Callable[[], None] | None) -> None:
        with transaction(bookkeeping=True) as session:
            values = {"position": position, "tail": tail, **lease.alive()}
            if not session.execute(update(uploads).where(*self._mine()).values(**values)).rowcount:
                raise lease.lost()
            if self._fresh:
                session.execute(insert(parts), self._fresh)
            if act is not None:
                act()

    def _mine(self) -> tuple[Any, ...]:
        return uploads.c.seq == self._row.seq, uploads.c.writer == self._token


def _parts_of(seq: int) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(parts.c.upload_seq == seq)) or 0


def _delete_quietly(key: str) -> None:
    """A tail that nothing names any more; `gc` finds it if this fails."""
    try:
        object_store.delete(key)
    except Unavailable:
        log.warning("a tail is left to gc", key=key)
