"""The table of registered assets DBs and of how they were found when last asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UTCDateTime
from app.queries.sql import index_of_documents


class AssetsDB(Model):
    """One registered assets DB."""

    __tablename__ = "assets_dbs"
    __table_args__ = (
        CheckConstraint("state IN ('healthy', 'unhealthy', 'unknown')", name="state"),
        index_of_documents("ix_assets_dbs_indexed"),
    )

    seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    registry_id: Mapped[str] = mapped_column(String(200), unique=True)
    public_url: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)  # as JSON text, whose keys keep their order
    indexed: Mapped[Any | None] = mapped_column(Json)  # the same for PostgreSQL's index
    state: Mapped[str] = mapped_column(String(9))
    reason: Mapped[str | None] = mapped_column(Text)
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    last_seen: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
