"""Tables of entities and of what every entity may have."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Seq, UTCDateTime


class Entity(Model):
    """One thing of any room; `seq` joins and orders, `id` is its public name."""

    __tablename__ = "entities"
    __table_args__ = (
        CheckConstraint("visibility IN ('private', 'internal', 'public')", name="visibility"),
        Index("ix_entities_kind_seq", "kind", "seq"),
        Index("ix_entities_owner_seq_seq", "owner_seq", "seq"),
        Index("ix_entities_change", "change"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    owner_seq: Mapped[int | None] = mapped_column(ForeignKey("users.seq"))
    visibility: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # which change of the database it was last part of, written by triggers; see app.entities.feed
    change: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Grant(Model):
    """A right on one entity, given to one user."""

    __tablename__ = "grants"
    __table_args__ = (CheckConstraint("\"right\" IN ('read', 'write')", name="right"),)

    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq", ondelete="CASCADE"), primary_key=True)
    user_seq: Mapped[int] = mapped_column(ForeignKey("users.seq", ondelete="CASCADE"), primary_key=True, index=True)
    right: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Alias(Model):
    """Another name of an entity, unique within its scheme."""

    __tablename__ = "aliases"

    scheme: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(1000), primary_key=True, index=True)
    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq", ondelete="CASCADE"), index=True)


class Hold(Model):
    """A reason for which an entity must not be deleted now."""

    __tablename__ = "holds"

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(200))  # who holds, to release it by
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
