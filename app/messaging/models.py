"""Tables of messages that wait to be sent, and of work that is done again and again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, Seq, UTCDateTime


class OutboxMessage(Model):
    """One message; a lane sends its messages one after the other, oldest first."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_lane_seq", "lane", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    lane: Mapped[str] = mapped_column(String(200))  # a topic, a connector, a registrar, an object store
    kind: Mapped[str] = mapped_column(String(64))  # which handler sends it
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    not_before: Mapped[datetime] = mapped_column(UTCDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease: Mapped[str | None] = mapped_column(String(32))  # who sends it now
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)  # why the last attempt failed
    dead_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # since when it is a dead letter


class PeriodicTask(Model):
    """Work that one of all workers does at a time, and when it is due again."""

    __tablename__ = "periodic_tasks"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
