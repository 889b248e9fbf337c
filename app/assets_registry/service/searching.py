"""Finding entries: by MongoDB filters with their exact meaning, and by the native list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.assets_registry.service import rows
from app.assets_registry.service.rows import KIND, registered
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.queries import filters
from app.queries.finding import Documents, find

DOCUMENTS = Documents(text=registered.c.document, indexed=registered.c.indexed)


@dataclass(frozen=True)
class FoundEntries:
    """Documents that a filter finds, and where the next page begins, if there is more to look at."""

    documents: list[dict[str, Any]]
    next: str | None


def query_entries(caller: Caller | None, wanted: Mapping[str, Any], *, limit: int, cursor: str | None) -> FoundEntries:
    """Entries that the caller may see and the filter finds, oldest first; raises FilterRefused.

    A page may be short: then `next` says where to go on.
    """
    condition = filters.parse(wanted)
    seen = entities.select_visible(caller, KIND).join(registered, registered.c.seq == entities.columns.seq)
    select = seen.with_only_columns(registered.c.seq)
    after = int(cursor) if cursor else None
    found = find(select, registered.c.seq, condition, DOCUMENTS, limit=limit, after=after, show=_document)
    return FoundEntries(found.rows, None if found.next is None else str(found.next))


def _document(_row: Row[Any], document: dict[str, Any]) -> dict[str, Any]:
    return document


def list_entries(caller: Caller | None, *, state: str | None = None) -> Listing:
    """Entries, oldest first."""
    query = rows.select_entries(caller)
    if state is not None:
        query = query.where(registered.c.state == state)
    return Listing(query, (Key(entities.columns.seq, "seq"),), rows.show)
