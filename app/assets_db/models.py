"""Tables of the assets DB; owner and visibility stand in the entity of an asset."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model
from app.queries.sql import index_of_documents


class Asset(Model):
    """One asset: what its document says, in the columns that are searched by, and the document itself."""

    __tablename__ = "assets"
    __table_args__ = (
        # an asset without name, version or tag has no uri, and there may be many of those
        Index(
            "uq_assets_uri_assets_db_id",
            "uri",
            "assets_db_id",
            unique=True,
            postgresql_where=text("uri <> ''"),
            sqlite_where=text("uri <> ''"),
        ),
        Index("ix_assets_name_seq", "name", "seq"),
        index_of_documents("ix_assets_indexed"),
    )

    seq: Mapped[int] = mapped_column(ForeignKey("entities.seq"), primary_key=True)
    asset_id: Mapped[str] = mapped_column(String(36), unique=True)
    assets_db_id: Mapped[str] = mapped_column(String(100))
    uri: Mapped[str] = mapped_column(String(610))
    name: Mapped[str] = mapped_column(String(400))
    version: Mapped[str] = mapped_column(String(100))
    tag: Mapped[str] = mapped_column(String(100))
    public_url: Mapped[str] = mapped_column(Text)
    object_seq: Mapped[int | None] = mapped_column(ForeignKey("stored_objects.seq"), index=True)
    document: Mapped[str] = mapped_column(Text)  # as JSON text, whose keys keep their order
    indexed: Mapped[Any | None] = mapped_column(Json)  # the same for PostgreSQL's index


class AssetAlias(Model):
    """A movable name, such as `stable`, for one version among an owner's assets of one name; owner 0 is nobody."""

    __tablename__ = "asset_aliases"

    owner: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(400), primary_key=True)
    alias: Mapped[str] = mapped_column(String(100), primary_key=True)
    asset_seq: Mapped[int] = mapped_column(ForeignKey("assets.seq", ondelete="CASCADE"), index=True)
