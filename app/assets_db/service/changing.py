"""Changing and deleting assets."""

from typing import Any

import orjson
from sqlalchemy import delete, select, update

from app.assets_db import document
from app.assets_db.service import naming, rows
from app.assets_db.service.rows import KIND, assets
from app.core.db import transaction
from app.core.errors import Conflict, FieldError, TooLarge
from app.entities import service as entities
from app.entities.service import Caller
from app.files import service as files
from app.ledger import service as ledger
from app.ledger.service import Activity

MAX_DOCUMENT_BYTES = 2 * 1024 * 1024


class _UnchangedError(Exception):
    """Nothing is to be written."""


def change_asset(caller: Caller | None, reference: str, changes: dict[str, Any], *, expected: int | None) -> int:
    """Set fields of an asset; its revision. What says nothing new changes nothing. Raises NotFound, Conflict, Invalid."""
    found = rows.find(caller, reference)
    try:
        return _change(caller, found, changes, expected)
    except _UnchangedError:
        return int(found.revision)


def _change(caller: Caller | None, found: Any, changes: dict[str, Any], expected: int | None) -> int:
    with transaction() as session:
        visibility = entities.check_visibility(changes.get("visibility", found.visibility), found.owner_seq is not None)
        entity = entities.change(caller, found.id, KIND, expected=expected, visibility=visibility)
        before = session.execute(select(assets.c.document).where(assets.c.seq == entity.seq)).scalar_one()
        columns = rows.columns_of(document.changed(orjson.loads(before), changes, stored=found.object_seq is not None))
        if columns["document"] == before:
            raise _UnchangedError
        _check_size(columns["document"])
        session.execute(update(assets).where(assets.c.seq == entity.seq).values(**columns))
        what = Activity("assets_db.update", f"Changed {entity.title}", details={"fields": sorted(changes)[:50]})
        ledger.record(what, caller, used=[entity.seq])
    return entity.revision


def _check_size(text: str) -> None:
    if len(text) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"The document would have more than {MAX_DOCUMENT_BYTES} bytes; keep large data in the file.")


def delete_asset(caller: Caller | None, reference: str, *, expected: int | None = None) -> None:
    """Delete an asset; its file goes after it. Raises Conflict with the reasons while something holds it."""
    found = rows.find(caller, reference)
    if found.object_seq is not None and not files.is_here(found.object_seq):
        detail = f"is kept by the assets DB {found.assets_db_id}; delete it there"
        raise Conflict(f"Its file {detail}.", errors=[FieldError("/assets_db_id", detail)])
    with transaction() as session:
        entity = entities.delete(caller, found.id, KIND, expected=expected)
        session.execute(delete(assets).where(assets.c.seq == entity.seq))
        naming.remove(orjson.loads(found.document))
        files.release(entity.seq)
        ledger.record(Activity("assets_db.delete", f"Deleted {entity.title}"), caller, used=[entity.seq])
