"""The tables of this room, its settings, and the value of one stored file."""

import contextvars
import secrets
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Row, insert, update

from app.core.clock import utcnow
from app.core.db import in_transaction, table_of, transaction
from app.files.models import FileUsage, StoredObject, Upload, UploadPart
from app.messaging import service as messaging
from app.users.service import Caller

T = TypeVar("T")

objects = table_of(StoredObject)
usages = table_of(FileUsage)
uploads = table_of(Upload)
parts = table_of(UploadPart)

NOBODY = 0  # the account of what belongs to nobody
KEYS = "objects/"
TAIL = ".tail."


@dataclass
class Settings:
    """What the operator decided; limits of 0 are none."""

    store: str = ""
    quota: int = 0
    nobodys_quota: int = 0
    max_bytes: int = 2**40
    upload_seconds: int = 24 * 3600


settings = Settings()


@dataclass(frozen=True)
class StoredFile:
    """A file that lies whole in the store."""

    seq: int
    key: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    md5: str


def configure(*, store: str, quota: int, nobodys_quota: int, max_bytes: int, upload_seconds: int) -> None:
    """Take the settings of this room: `store` names this deployment among those that share the database."""
    settings.store, settings.quota, settings.nobodys_quota = store, quota, nobodys_quota
    settings.max_bytes, settings.upload_seconds = max_bytes, upload_seconds


def max_bytes() -> int:
    """The size of the largest file that is taken."""
    return settings.max_bytes


def file_of(row: Row[Any]) -> StoredFile:
    """The value of a row whose object is whole."""
    return StoredFile(**{field.name: getattr(row, field.name) for field in fields(StoredFile)})


def start(owner: Caller | None, file_name: str, media_type: str) -> tuple[int, str]:
    """Commit the intent to write an object; its seq and its key. Names are checked before."""
    random = secrets.token_hex(32)
    now = utcnow()
    key = f"{KEYS}{random[:2]}/{random}"
    row = {
        "key": key,
        "store": settings.store,
        "state": "started",
        "owner_seq": owner.seq if owner else None,
        "file_name": file_name,
        "media_type": media_type,
        "created_at": now,
        "touched_at": now,
    }
    # bookkeeping: an Idempotency-Key is claimed by the transaction that makes the thing, not by this one
    with transaction(bookkeeping=True) as session:
        seq = session.execute(insert(objects).returning(objects.c.seq), row).scalar_one()
    return seq, key


def touch(seq: int, **values: Any) -> bool:
    """Say that the object is still being written, and keep what is known of it; False when it was swept meanwhile."""
    mine = (objects.c.seq == seq, objects.c.state == "started")
    with transaction(bookkeeping=True) as session:
        return bool(session.execute(update(objects).where(*mine).values(touched_at=utcnow(), **values)).rowcount)


def condemn(seq: int, *, was: str = "started") -> bool:
    """Turn an object over to deletion, inside the caller's transaction if there is one; False when it is not in `was`."""
    mine = (objects.c.seq == seq, objects.c.state == was)
    with transaction(bookkeeping=True) as session:
        change = update(objects).where(*mine).values(state="sweeping", touched_at=utcnow(), entity_seq=None)
        row = session.execute(change.returning(objects.c.key, objects.c.store)).first()
        if row is not None and row.store == settings.store:  # the sweeper of another one's store will find it
            messaging.enqueue(messaging.own_lane("objects"), "files.delete", {"seq": seq, "key": row.key})
    return row is not None


def apart(act: Callable[[], T]) -> T:
    """Do `act` on a connection of its own, whatever is open here."""
    return contextvars.Context().run(act)


def no_transaction_open() -> None:
    """Bytes must not travel while a transaction waits for them."""
    if in_transaction():
        raise RuntimeError("a file is written outside transactions: finish it first, then adopt it inside one")


def ago(seconds: float) -> Any:
    """The moment so many seconds ago."""
    return utcnow() - timedelta(seconds=seconds)
