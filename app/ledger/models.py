"""Tables of acts and of the entities that they used and made. Triggers refuse every change to a row."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, Seq, UTCDateTime


class Act(Model):
    """One act: a PROV activity with its agent."""

    __tablename__ = "acts"
    __table_args__ = {"sqlite_autoincrement": True}

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(Text)
    agent_seq: Mapped[int | None] = mapped_column(ForeignKey("users.seq"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    details: Mapped[dict[str, Any]] = mapped_column(Json)


class ActLink(Model):
    """One entity that an act used or generated."""

    __tablename__ = "act_links"
    __table_args__ = (
        CheckConstraint("role IN ('used', 'generated')", name="role"),
        Index("ix_act_links_entity_seq_role", "entity_seq", "role"),
    )

    act_seq: Mapped[int] = mapped_column(ForeignKey("acts.seq"), primary_key=True)
    role: Mapped[str] = mapped_column(String(9), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"))
