"""Whether every file that is promised is there, and still the one that it was."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from app.core.db import reading
from app.core.errors import NotFound
from app.entities import service as entities
from app.files.service import rows
from app.files.service.rows import objects
from app.gateways import object_store

BATCH = 200


@dataclass(frozen=True)
class Finding:
    """One file that is not as it should be."""

    seq: int
    key: str
    file_name: str
    entity_id: str | None
    detail: str


@dataclass
class Verified:
    """What was looked at, and what is wrong."""

    objects: int = 0
    bytes: int = 0
    missing: list[Finding] = field(default_factory=list)
    altered: list[Finding] = field(default_factory=list)
    dangling: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.altered or self.dangling)


def verify(on_object: Callable[[Verified], None] | None = None) -> Verified:
    """Read every adopted object of this deployment's store and compare size and SHA-256 with what was written down.

    `on_object` is called after each, to show how far it is. Raises Unavailable when the store is down.
    """
    report = Verified()
    for row in _adopted():
        report.objects += 1
        _check_entity(report, row)
        _check_bytes(report, row)
        if on_object is not None:
            on_object(report)
    return report


def count() -> int:
    """How many objects `verify` will look at."""
    with reading() as session:
        mine = (objects.c.store == rows.settings.store, objects.c.state == "adopted")
        return session.scalar(select(func.count()).select_from(objects).where(*mine)) or 0


def _adopted() -> Iterator[Any]:
    """Page by page, so that no read stays open while bytes are fetched."""
    here = entities.columns
    query = select(objects, here.id.label("entity_id"), here.deleted_at.label("entity_deleted_at"))
    query = query.outerjoin_from(objects, entities.table, here.seq == objects.c.entity_seq)
    query = query.where(objects.c.store == rows.settings.store, objects.c.state == "adopted").limit(BATCH)
    last = 0
    while True:
        with reading() as session:
            batch = session.execute(query.where(objects.c.seq > last).order_by(objects.c.seq)).all()
        if not batch:
            return
        yield from batch
        last = batch[-1].seq


def _check_entity(report: Verified, row: Any) -> None:
    if row.entity_id is None:
        report.dangling.append(_finding(row, "belongs to nothing"))
    elif row.entity_deleted_at is not None:
        report.dangling.append(_finding(row, "belongs to a thing that was deleted"))


def _check_bytes(report: Verified, row: Any) -> None:
    try:
        pieces = object_store.read(row.key)
    except NotFound:
        if _still_adopted(row.seq):
            report.missing.append(_finding(row, "is not in the store"))
        return
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
    report.bytes += size
    if size != row.size:
        report.altered.append(_finding(row, f"has {size} bytes instead of {row.size}"))
    elif digest.hexdigest() != row.sha256:
        report.altered.append(_finding(row, f"has the SHA-256 {digest.hexdigest()} instead of {row.sha256}"))


def _still_adopted(seq: int) -> bool:
    """Not when it was deleted while we looked."""
    with reading() as session:
        same = (objects.c.seq == seq, objects.c.state == "adopted")
        return session.execute(select(objects.c.seq).where(*same)).first() is not None


def _finding(row: Any, detail: str) -> Finding:
    return Finding(row.seq, row.key, row.file_name, row.entity_id, detail)
