"""Finding the rows of assets, as far as a caller may see them, and what answers show of them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, bindparam, select

from app.assets_db.models import Asset, AssetAlias
from app.core.db import database, json_rows, reading, table_of
from app.core.errors import NotFound
from app.entities import service as entities
from app.entities.service import Caller

KIND = "asset"
KEPT = 500  # statements that are kept, since to build one costs more than to run it
assets = table_of(Asset)
aliases = table_of(AssetAlias)
settings = {"assets_db_id": "", "public_url": ""}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
called = (
    select(json_rows(aliases.c.alias)).where(aliases.c.asset_seq == assets.c.seq).correlate(assets).scalar_subquery()
).label("alias_names")


def configure(assets_db_id: str, public_url: str) -> None:
    """Take the name of this deployment and the address of its files."""
    settings.update(assets_db_id=assets_db_id, public_url=public_url)


@lru_cache(maxsize=KEPT)
def with_asset(query: Select[Any]) -> Select[Any]:
    """Entities with the columns of their assets but for the index form."""
    own = [column for column in assets.c if column.name not in ("seq", "indexed")]
    return query.join(assets, assets.c.seq == entities.columns.seq).add_columns(*own)


def select_assets(caller: Caller | None) -> Select[Any]:
    """Assets that the caller may see."""
    return with_asset(entities.select_visible(caller, KIND))


@lru_cache(maxsize=KEPT)
def _one(query: Select[Any], by: ColumnElement[bool]) -> Select[Any]:
    # of several deployments that share the database and have the same uri, this one comes first
    own = (assets.c.assets_db_id != bindparam("own")).label("elsewhere")
    return query.where(by).order_by(own, assets.c.seq).limit(1)


_BY_URI = (assets.c.uri == bindparam("reference")) & (assets.c.uri != "")  # so that the partial index serves it
_BY_ASSET_ID = assets.c.asset_id == bindparam("reference")
_BY_ID = entities.columns.id == bindparam("reference")


def find(caller: Caller | None, reference: str) -> Row[Any]:
    """The asset that a uri or an asset_id names; raises NotFound."""
    if ":" in reference:  # as every uri has one
        return _found(caller, _BY_URI, reference)
    return _found(caller, _BY_ASSET_ID, reference.lower() if _UUID.fullmatch(reference) else reference)


def by_id(caller: Caller | None, entity_id: str) -> Row[Any]:
    """The asset of this entity; raises NotFound."""
    return _found(caller, _BY_ID, entity_id)


def _found(caller: Caller | None, by: ColumnElement[bool], reference: str) -> Row[Any]:
    given = {"reference": reference, "own": settings["assets_db_id"]}
    with reading() as session:
        row = session.execute(_one(select_assets(caller), by), given).first()
    if row is None:
        raise NotFound(f"No document found: there is no asset {reference[:300]}, or it is not yours to see.")
    return row


def columns_of(document: dict[str, Any]) -> dict[str, Any]:
    """The columns that say what a document says."""
    version = document["asset_version"]
    searched = {"uri": document["asset_uri"], "name": document["asset_name"], **version}
    kept = {"public_url": document["asset_public_url"], "document": orjson.dumps(document).decode()}
    return {**searched, **kept, "indexed": document if database.dialect == "postgresql" else None}


def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Native answers for rows that were selected with `called`."""
    return [_show(row) for row in rows]


def _show(row: Row[Any]) -> dict[str, Any]:
    names = sorted(alias for (alias,) in row.alias_names or ())
    return {**orjson.loads(row.document), **entities.show(row), "id": row.id, "aliases": names}
