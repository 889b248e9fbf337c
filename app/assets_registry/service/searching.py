"""Finding entries: by MongoDB filters with their exact meaning, and by the native list."""

from collections.abc import Mapping
from typing import Any

from app.assets_registry.service import rows
from app.assets_registry.service.rows import KIND, registered
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.queries.pages import FoundDocuments, find_documents
from app.queries.sql import Documents

DOCUMENTS = Documents(text=registered.c.document, indexed=registered.c.indexed)


def query_entries(
    caller: Caller | None, wanted: Mapping[str, Any], *, limit: int, cursor: str | None
) -> FoundDocuments:
    """Entries that the caller may see and the filter finds, oldest first; raises FilterRefused."""
    visible = entities.select_visible(caller, KIND).join(registered, registered.c.seq == entities.columns.seq)
    return find_documents(visible, DOCUMENTS, wanted, limit=limit, cursor=cursor)


def list_entries(caller: Caller | None, *, state: str | None = None) -> Listing:
    """Entries, oldest first."""
    query = rows.select_entries(caller)
    if state is not None:
        query = query.where(registered.c.state == state)
    return Listing(query, (Key(entities.columns.seq, "seq"),), rows.show)
