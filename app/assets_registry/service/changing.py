"""Changing and deleting entries."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Row, delete, select, update

from app.assets_registry import document, probes
from app.assets_registry.probes import UNKNOWN
from app.assets_registry.service import health, rows
from app.assets_registry.service.rows import KIND, registered
from app.core.db import transaction
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity

VISIBILITY = "visibility"


class _UnchangedError(Exception):
    """Nothing is to be written."""


def change_entry(
    caller: Caller | None, registry_id: str, changes: Mapping[str, Any], *, expected: int | None, address: str
) -> int:
    """Set fields of an entry; its revision. What says nothing new changes nothing; another address is asked how it is.

    Raises NotFound, Conflict, Invalid, and TooManyRequests before anything is changed.
    """
    found = rows.find(caller, registry_id)
    visibility = entities.check_visibility(changes.get(VISIBILITY, found.visibility), found.owner_seq is not None)
    own = {key: value for key, value in changes.items() if key != VISIBILITY}
    url = probes.check_url(document.changed(orjson.loads(found.document), own)[document.URL])
    moved = url != found.public_url
    if moved and not probes.is_own(url):
        health.count(caller, address)
    try:
        revision = _change(caller, found, own, visibility, expected)
    except _UnchangedError:
        return int(found.revision)
    if moved:
        rows.note(found.seq, url, probes.probe_in_request(url))
    return revision


def _change(
    caller: Caller | None, found: Row[Any], changes: Mapping[str, Any], visibility: str, expected: int | None
) -> int:
    with transaction() as session:
        # the thing is locked before its document is read, as in a deletion
        session.execute(select(entities.columns.seq).where(entities.columns.seq == found.seq).with_for_update())
        row = session.execute(select(registered).where(registered.c.seq == found.seq)).first()
        if row is None:
            raise entities.not_found(found.registry_id, KIND)
        before = orjson.loads(row.document)
        wanted = document.changed(before, changes)
        values = {"visibility": visibility, "title": rows.title_of(wanted)}
        entity = entities.change(caller, found.id, KIND, expected=expected, **values)
        if visibility == found.visibility and orjson.dumps(wanted) == orjson.dumps(before):
            raise _UnchangedError
        session.execute(update(registered).where(registered.c.seq == found.seq).values(**_columns(wanted, row)))
        fields = sorted({key.split(".", 1)[0] for key in changes})
        what = Activity("assets_registry.update", f"Changed {entity.title}", details={"fields": fields})
        ledger.record(what, caller, used=[entity.seq])
    return entity.revision


def _columns(wanted: dict[str, Any], row: Row[Any]) -> dict[str, Any]:
    url = probes.check_url(wanted[document.URL])
    columns = rows.columns_of(wanted, url)
    if url == row.public_url:
        return columns
    # of the new address nothing is known yet
    return {**columns, "state": UNKNOWN, "reason": None, "latency_ms": None, "last_seen": None, "checked_at": None}


def delete_entry(caller: Caller | None, registry_id: str, *, expected: int | None = None) -> None:
    """Delete an entry; its id is free again. Raises Conflict with the reasons while something holds it."""
    found = rows.find(caller, registry_id)
    with transaction() as session:
        entity = entities.delete(caller, found.id, KIND, expected=expected)
        session.execute(delete(registered).where(registered.c.seq == entity.seq))
        ledger.record(Activity("assets_registry.delete", f"Deleted {entity.title}"), caller, used=[entity.seq])
