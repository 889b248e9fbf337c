"""Finding assets: by MongoDB filters with their exact meaning, and by the native lists."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, or_

from app.assets_db.service import rows
from app.assets_db.service.rows import KIND, assets
from app.core.db import database
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.queries import filters, sql
from app.queries.pages import FoundDocuments, find_documents
from app.queries.sql import Documents
from app.users import service as users

DOCUMENTS = Documents(text=assets.c.document, indexed=assets.c.indexed)


def query_assets(caller: Caller | None, wanted: Mapping[str, Any], *, limit: int, cursor: str | None) -> FoundDocuments:
    """Assets that the caller may see and the filter finds, oldest first; raises FilterRefused."""
    visible = entities.select_visible(caller, KIND).join(assets, assets.c.seq == entities.columns.seq)
    return find_documents(visible, DOCUMENTS, wanted, limit=limit, cursor=cursor)


def list_assets(caller: Caller | None, **given: Any) -> Listing:
    """Assets under the given filters, oldest first."""
    query = rows.select_assets(caller).add_columns(rows.called)
    if conditions := [*_by_words(given), *_by_tags(given), *_by_owner(caller, given)]:
        query = query.where(*conditions)
    return Listing(query, (Key(entities.columns.seq, "seq"),), rows.show)


def _by_words(given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if given.get("name"):
        conditions.append(assets.c.name == given["name"])
    if words := given.get("q"):
        texts = (assets.c.name, assets.c.document)
        conditions.append(or_(*(func.lower(text).contains(words.lower(), autoescape=True) for text in texts)))
    return conditions


def _by_tags(given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    # tags are strings, of which the database's own condition is exact
    wanted = [filters.parse({"asset_tags": tag}) for tag in given.get("tag", ())]
    found = [sql.translate(one, DOCUMENTS, database.dialect).condition for one in wanted]
    return [condition for condition in found if condition is not None]


def _by_owner(caller: Caller | None, given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    owner = given.get("owner")
    if owner is None:
        return []
    if owner == "nobody":
        return [entities.columns.owner_seq.is_(None)]
    if owner == "me":
        return [entities.columns.owner_seq == (caller.seq if caller else -1)]
    return [users.people.c.id == owner]
