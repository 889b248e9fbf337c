"""Finding the rows of registered assets DBs, as far as a caller may see them, and what answers show of them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, bindparam, select, update

from app.assets_registry import document
from app.assets_registry.models import AssetsDB
from app.assets_registry.probes import Health
from app.core.db import database, reading, table_of, transaction
from app.core.errors import NotFound
from app.entities import service as entities
from app.entities.service import Caller

KIND = "assets_db"
KEPT = 500  # statements that are kept, since to build one costs more than to run it
registered = table_of(AssetsDB)
# an entity has a state of its own
SHOWN = (
    *(registered.c[name] for name in ("registry_id", "public_url", "document")),
    registered.c.state.label("health"),
    *(registered.c[name] for name in ("reason", "latency_ms", "last_seen", "checked_at")),
)


@lru_cache(maxsize=KEPT)
def with_entry(query: Select[Any]) -> Select[Any]:
    """Entities with the columns of their entries."""
    return query.join(registered, registered.c.seq == entities.columns.seq).add_columns(*SHOWN)


def select_entries(caller: Caller | None) -> Select[Any]:
    """Entries that the caller may see."""
    return with_entry(entities.select_visible(caller, KIND))


@lru_cache(maxsize=KEPT)
def _one(query: Select[Any], by: ColumnElement[bool]) -> Select[Any]:
    return query.where(by)


_BY_REGISTRY_ID = registered.c.registry_id == bindparam("reference")
_BY_ID = entities.columns.id == bindparam("reference")


def find(caller: Caller | None, registry_id: str) -> Row[Any]:
    """The entry of this asset_registry_id; raises NotFound, also for what the caller may not see."""
    return _found(caller, _BY_REGISTRY_ID, registry_id)


def by_id(caller: Caller | None, entity_id: str) -> Row[Any]:
    """The entry of this entity; raises NotFound."""
    return _found(caller, _BY_ID, entity_id)


def _found(caller: Caller | None, by: ColumnElement[bool], reference: str) -> Row[Any]:
    with reading() as session:
        row = session.execute(_one(select_entries(caller), by), {"reference": reference}).first()
    if row is None:
        detail = f"there is no assets DB {reference[:200]} in the registry, or it is not yours to see"
        raise NotFound(f"No document found: {detail}.")
    return row


def whosever(registry_id: str) -> Row[Any] | None:
    """The entry of this asset_registry_id, whoever may see it; only to tell that the id is taken."""
    query = with_entry(entities.select_any(KIND)).where(_BY_REGISTRY_ID)
    with reading() as session:
        return session.execute(query, {"reference": registry_id}).first()


def columns_of(entry: dict[str, Any], url: str) -> dict[str, Any]:
    """The columns that say what a document says."""
    indexed = entry if database.dialect == "postgresql" else None
    return {"public_url": url, "document": document.text_of(entry), "indexed": indexed}


def title_of(entry: dict[str, Any]) -> str:
    """What the thing is called."""
    return str(entry[document.NAME] or entry[document.URL])


def note(seq: int, url: str, health: Health) -> None:
    """Keep how an entry was found, unless its address was changed meanwhile."""
    values = health.observed()
    if not values:
        return
    with transaction() as session:
        same = (registered.c.seq == seq, registered.c.public_url == url)
        session.execute(update(registered).where(*same).values(**values))


def oldest_checked(most: int) -> Sequence[Any]:
    """Entries to ask again, those first that were never asked or longest ago."""
    order = (registered.c.checked_at.is_not(None), registered.c.checked_at, registered.c.seq)
    with reading() as session:
        return session.execute(select(registered.c.seq, registered.c.public_url).order_by(*order).limit(most)).all()


def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Native answers."""
    return [_show(row) for row in rows]


def _show(row: Row[Any]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in ("reason", "latency_ms", "last_seen", "checked_at")}
    return {**orjson.loads(row.document), **entities.show(row), "id": row.id, "state": row.health, **found}
