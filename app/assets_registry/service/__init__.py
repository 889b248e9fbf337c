"""What the rooms above, the worker and the routes may ask of the registry."""

from typing import Any

import orjson

from app.assets_registry import probes
from app.assets_registry.service import asking, rows
from app.assets_registry.service.asking import QueryOwn, ask_all
from app.assets_registry.service.changing import change_entry, delete_entry
from app.assets_registry.service.health import check_health, sweep
from app.assets_registry.service.registering import Registered, register
from app.assets_registry.service.searching import list_entries, query_entries
from app.entities.service import Caller

__all__ = [
    "Registered",
    "ask_all",
    "change_entry",
    "check_health",
    "configure",
    "delete_entry",
    "find_document",
    "get_entry",
    "list_entries",
    "query_entries",
    "register",
    "sweep",
]


def configure(*, public_url: str, query_own: QueryOwn, at_once: int = 2) -> None:
    """Take our own address, what asks our own assets DB, and how many requests of a process may wait for others at once."""
    probes.configure(public_url, at_once)
    asking.configure(query_own)


def find_document(caller: Caller | None, registry_id: str) -> tuple[dict[str, Any], int]:
    """The document of an entry and its revision; raises NotFound."""
    row = rows.find(caller, registry_id)
    return orjson.loads(row.document), row.revision


def get_entry(caller: Caller | None, entity_id: str) -> dict[str, Any]:
    """An entry as all things are shown here; raises NotFound."""
    return rows.show([rows.by_id(caller, entity_id)])[0]
