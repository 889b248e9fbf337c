"""Tables of descriptions. What is generated can be made again at any time; overlays and their history cannot."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, Seq, UTCDateTime


class Description(Model):
    """The description of a thing, overlay included, made from the state that it had at `change`."""

    __tablename__ = "descriptions"

    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    change: Mapped[int] = mapped_column(BigInteger)  # of the entity
    mapping: Mapped[str] = mapped_column(Text)  # version of the code that made it, and the address inside its IRIs
    lines: Mapped[str] = mapped_column(Text)  # N-Triples in the form of app.semantics.lines
    missing: Mapped[list[str]] = mapped_column(Json)
    algorithm: Mapped[str | None] = mapped_column(Text, index=True)


class DescriptionLink(Model):
    """A description names another thing of ours."""

    __tablename__ = "description_links"

    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    target_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True, index=True)


class Overlay(Model):
    """What people say of a thing beside what is generated."""

    __tablename__ = "overlays"

    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    lines: Mapped[str] = mapped_column(Text)


class OverlayChange(Model):
    """The overlay as it stood after one change, and who made it."""

    __tablename__ = "overlay_changes"
    __table_args__ = (
        Index("ix_overlay_changes_entity_seq_seq", "entity_seq", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Seq, primary_key=True)
    entity_seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"))
    author_seq: Mapped[int] = mapped_column(ForeignKey("users.seq"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer)  # of the entity, after the change
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    lines: Mapped[str] = mapped_column(Text)
