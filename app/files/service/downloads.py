"""Files on their way out."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from app.core.db import reading
from app.core.errors import NotFound
from app.core.streams import Source
from app.files.service import rows
from app.files.service.rows import StoredFile, objects
from app.gateways import object_store


def object_of(seq: int) -> StoredFile:
    """The file of this seq; raises NotFound when it is not adopted, or no longer."""
    return rows.file_of(_adopted(seq))


def is_here(seq: int) -> bool:
    """Whether it lies in the store of this deployment, rather than in that of another one on the same database."""
    with reading() as session:
        return session.scalar(select(objects.c.store).where(objects.c.seq == seq)) == rows.settings.store


def source(seq: int) -> Source:
    """The file as something to download; raises NotFound, also on opening it when the store has lost it."""
    row = _adopted(seq)

    def open_at(start: int, length: int | None) -> Iterator[bytes]:
        try:
            return object_store.read(row.key, start, length)
        except NotFound as error:
            raise _gone(row) from error

    return Source(
        name=row.file_name,
        media_type=row.media_type,
        open=open_at,
        size=row.size,
        etag=row.sha256,
        sha256=bytes.fromhex(row.sha256),
        modified=row.created_at,
    )


def presigned(seq: int, seconds: int = 600) -> str | None:
    """A URL by which anybody may fetch the file from the store for some time; None where the store has no such thing."""
    row = _adopted(seq)
    return object_store.presigned(row.key, seconds=seconds, file_name=row.file_name, media_type=row.media_type)


def _adopted(seq: int) -> Row[Any]:
    with reading() as session:
        row = session.execute(select(objects).where(objects.c.seq == seq, objects.c.state == "adopted")).first()
    if row is None:
        raise NotFound("The file was deleted meanwhile.")
    return row


def _gone(row: Row[Any]) -> NotFound:
    return NotFound(
        f"The file {row.file_name[:100]} is gone: its bytes are no longer in the object store, though its description is "
        "here. Tell the operator, who can run `quay verify`, or send the file again as a new version."
    )
