"""Tables of objects in the store, of what they cost whom, and of uploads that come in several requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, Seq, UTCDateTime


class StoredObject(Model):
    """One object in the store, or the intent to write it: committed before its first byte is sent."""

    __tablename__ = "stored_objects"
    __table_args__ = (
        CheckConstraint("state IN ('started', 'adopted', 'sweeping')", name="state"),
        Index("ix_stored_objects_store_state_touched_at", "store", "state", "touched_at"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    store: Mapped[str] = mapped_column(String(100))  # the deployment whose store it lies in
    state: Mapped[str] = mapped_column(String(8))
    owner_seq: Mapped[int | None] = mapped_column(ForeignKey("users.seq"))
    entity_seq: Mapped[int | None] = mapped_column(ForeignKey("entities.seq"), index=True)
    file_name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    md5: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime)


class FileUsage(Model):
    """Committed bytes of a user; account 0 is what belongs to nobody."""

    __tablename__ = "file_usage"

    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    bytes: Mapped[int] = mapped_column(BigInteger)


class Upload(Model):
    """A file that comes in several requests (tus)."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("state IN ('receiving', 'verifying', 'ready', 'failed')", name="state"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    object_seq: Mapped[int] = mapped_column(ForeignKey("stored_objects.seq"), index=True)
    owner_seq: Mapped[int] = mapped_column(ForeignKey("users.seq"), index=True)
    state: Mapped[str] = mapped_column(String(9))
    reason: Mapped[str | None] = mapped_column(Text)  # why it failed
    length: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger)  # bytes that are safe in the store: Upload-Offset on the wire
    details: Mapped[dict[str, Any]] = mapped_column(Json)  # Upload-Metadata on the wire
    store_upload: Mapped[str | None] = mapped_column(Text)  # the store's own name of the multipart upload
    tail: Mapped[str | None] = mapped_column(String(120))  # key of the bytes that are too few for a part
    writer: Mapped[str | None] = mapped_column(String(32))  # the request that appends now
    writer_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class UploadPart(Model):
    """A part of an upload that lies in the store."""

    __tablename__ = "upload_parts"

    upload_seq: Mapped[int] = mapped_column(ForeignKey("uploads.seq", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    etag: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
