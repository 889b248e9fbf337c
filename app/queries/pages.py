"""Pages of documents for routes whose body is a filter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Select

from app.queries import filters
from app.queries.finding import Documents, Found, find


@dataclass(frozen=True)
class FoundDocuments:
    """Documents that a filter finds, ready to be sent, and where the next page begins, if there is more to look at."""

    documents: list[orjson.Fragment]
    next: str | None


def find_documents(
    visible: Select[Any], documents: Documents, wanted: Mapping[str, Any], *, limit: int, cursor: str | None
) -> FoundDocuments:
    """Documents that `visible` has joined and the filter `wanted` finds, oldest first; raises FilterRefused.

    A page may be short: then `next` says where to go on.
    """
    condition = filters.parse(wanted)
    bare = visible.with_only_columns(maintain_column_froms=True)  # a document and its number are added
    found: Found[Any] = find(bare, condition, documents, limit=limit, after=int(cursor) if cursor else None)
    following = None if found.next is None else str(found.next)
    return FoundDocuments([orjson.Fragment(row.found_text) for row in found.rows], following)
