"""What nobody finished: intents whose sender is gone, uploads past their time, and objects that no row speaks of."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select

from app.core.clock import utcnow
from app.core.db import reading, transaction
from app.files.service import removal, rows
from app.files.service.rows import objects, uploads
from app.gateways import object_store

log = structlog.get_logger()

T = TypeVar("T")

BATCH = 200
HOUR = 3600.0
PROBE = "clock/"


@dataclass(frozen=True)
class Swept:
    """What a sweep removed, or would remove."""

    uploads: int
    objects: int


@dataclass(frozen=True)
class Collected:
    """What a collection removed, or would remove: by rows, and what the store held without a row."""

    swept: Swept
    strays: tuple[str, ...]  # keys
    pending: tuple[str, ...]  # keys of multipart uploads


def sweep(*, untouched_seconds: float = HOUR, dry_run: bool = False) -> Swept:
    """Remove what was begun in this deployment's store and not touched for so long, and uploads past their time.

    Raises Unavailable when the store is down; what was begun is then ended by the next sweep.
    """
    condition = _abandoned(rows.ago(untouched_seconds))
    if dry_run:
        return _count(condition)
    expired = _drop_expired()
    done = last = 0
    while batch := _next(or_(condition, objects.c.state == "sweeping"), last):
        done += sum(_remove(row, condition) for row in batch)
        last = batch[-1].seq
    if expired or done:
        log.info("swept", uploads=expired, objects=done)
    return Swept(expired, done)


def _abandoned(since: datetime) -> ColumnElement[bool]:
    """Intents that nobody works on; those of uploads in several requests live as long as their upload."""
    uploading = exists(select(1).where(uploads.c.object_seq == objects.c.seq))
    return and_(objects.c.state == "started", objects.c.touched_at <= since, ~uploading)


def _here() -> ColumnElement[bool]:
    return objects.c.store == rows.settings.store


def _expired() -> ColumnElement[bool]:
    mine = select(objects.c.seq).where(_here())
    return and_(uploads.c.expires_at <= utcnow(), uploads.c.object_seq.in_(mine))


def _count(condition: ColumnElement[bool]) -> Swept:
    with reading() as session:
        late = session.scalar(select(func.count()).select_from(uploads).where(_expired())) or 0
        gone = or_(condition, objects.c.state == "sweeping")
        found = session.scalar(select(func.count()).select_from(objects).where(_here(), gone)) or 0
    return Swept(late, found + late)


def _drop_expired() -> int:
    """End uploads past their time; their objects are then swept like all others."""
    with reading() as session:
        late = session.scalars(select(uploads.c.seq).where(_expired())).all()
    return sum(_drop(seq) for seq in late)


def _drop(seq: int) -> bool:
    """One upload; not when it was adopted, or came to life again, in this very moment."""
    with transaction(bookkeeping=True) as session:
        still = (uploads.c.seq == seq, uploads.c.expires_at <= utcnow())
        found = session.scalar(delete(uploads).where(*still).returning(uploads.c.object_seq))
        if found is not None:
            rows.condemn(found)
    return found is not None


def _next(condition: ColumnElement[bool], last: int) -> list[Any]:
    query = select(objects.c.seq, objects.c.key, objects.c.state).where(_here(), condition, objects.c.seq > last)
    with reading() as session:
        return list(session.execute(query.order_by(objects.c.seq).limit(BATCH)).all())


def _remove(row: Any, condition: ColumnElement[bool]) -> bool:
    """One object; an intent only if it is still abandoned: a compare-and-set against its touch and its adoption."""
    if row.state == "started" and not _claim(row.seq, condition):
        return False
    removal.remove(row.seq, row.key)
    return True


def _claim(seq: int, condition: ColumnElement[bool]) -> bool:
    with transaction(bookkeeping=True) as session:
        change = objects.update().where(objects.c.seq == seq, condition).values(state="sweeping")
        return bool(session.execute(change).rowcount)


def gc(*, untouched_seconds: float = HOUR, dry_run: bool = False) -> Collected:
    """Sweep, and remove from the store what no row speaks of: objects, and uploads in parts, older than so long.

    How old they are is told by the clock of the store, so that a wrong clock here removes nothing. Only one database may use
    a store: another's objects would have no row here.
    """
    swept = sweep(untouched_seconds=untouched_seconds, dry_run=dry_run)
    strays = [stat for batch in _batches(object_store.listing(rows.KEYS)) for stat in _without_row(batch)]
    pending = [one for batch in _batches(object_store.pending(rows.KEYS)) for one in _given_up(batch)]
    if strays or pending:
        limit = _store_time() - timedelta(seconds=untouched_seconds)
        strays = [stat for stat in strays if stat.modified <= limit]
        pending = [one for one in pending if one.started <= limit]
    if not dry_run:
        for one in pending:
            object_store.abort_parts(one.key, one.upload_id)
        for stat in strays:
            object_store.delete(stat.key)
    return Collected(swept, tuple(stat.key for stat in strays), tuple(one.key for one in pending))


def _batches(found: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _without_row(batch: list[object_store.Stat]) -> list[object_store.Stat]:
    """Objects whose row is not there, though it is made before and removed after them; and tails of the past."""
    known = _rows_of([stat.key.partition(rows.TAIL)[0] for stat in batch])
    return [stat for stat in batch if stat.key not in known and stat.key not in {row.tail for row in known.values()}]


def _given_up(batch: list[object_store.Pending]) -> list[object_store.Pending]:
    """Uploads in parts whose row is not there, or does not know them though it is past its intent."""
    known = _rows_of([one.key for one in batch])
    return [one for one in batch if one.key not in known or not _may_use(known[one.key], one.upload_id)]


def _may_use(row: Any, upload_id: str) -> bool:
    if row.upload_seq is None:  # a sink knows its upload itself
        return bool(row.state == "started")
    return bool(row.store_upload == upload_id)


def _rows_of(keys: list[str]) -> dict[str, Any]:
    columns = (
        objects.c.key,
        objects.c.state,
        uploads.c.seq.label("upload_seq"),
        uploads.c.store_upload,
        uploads.c.tail,
    )
    query = select(*columns).outerjoin_from(objects, uploads, uploads.c.object_seq == objects.c.seq)
    with reading() as session:
        return {row.key: row for row in session.execute(query.where(objects.c.key.in_(keys)))}


def _store_time() -> datetime:
    """What time it is in the store: that of an object which is written to find out."""
    key = f"{PROBE}{secrets.token_hex(16)}"
    object_store.put(key, b"", "application/octet-stream")
    try:
        return object_store.stat(key).modified
    finally:
        object_store.delete(key)
