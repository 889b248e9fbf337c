"""What the rooms above and the routes may ask of the assets DB."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, select

from app.assets_db.mongoexport import documents as exported_documents
from app.assets_db.service import rows
from app.assets_db.service.changing import change_asset, delete_asset
from app.assets_db.service.facts import asset_facts
from app.assets_db.service.importing import Report, import_assets
from app.assets_db.service.objects import Elsewhere, open_file, open_object
from app.assets_db.service.rows import configure
from app.assets_db.service.searching import list_assets, query_assets
from app.assets_db.service.storing import Stored, store_asset, upload_asset
from app.assets_db.service.versions import find_by_alias, get_asset, list_versions, remove_alias, set_alias
from app.core.errors import Unauthenticated
from app.entities import service as entities
from app.entities.service import Caller
from app.files import service as files

__all__ = [
    "Elsewhere",
    "Report",
    "Stored",
    "asset_facts",
    "change_asset",
    "configure",
    "create_asset",
    "delete_asset",
    "exported_documents",
    "find_by_alias",
    "find_document",
    "get_asset",
    "import_assets",
    "list_assets",
    "list_versions",
    "open_file",
    "open_object",
    "query_assets",
    "remove_alias",
    "select_asset_id",
    "seq_of",
    "set_alias",
    "store_asset",
    "upload_asset",
]


def find_document(caller: Caller | None, reference: str) -> tuple[orjson.Fragment, int]:
    """The document of an asset by uri or asset_id, ready to be sent, and its revision; raises NotFound."""
    row = rows.find(caller, reference)
    return orjson.Fragment(row.document), row.revision


def seq_of(caller: Caller, reference: str) -> int:
    """The asset of this uri or asset_id; raises NotFound."""
    return int(rows.find(caller, reference).seq)


def select_asset_id(seq: ColumnElement[int]) -> Select[Any]:
    """The asset_id of the asset `seq`, beside its entity, to be narrowed to what somebody may see."""
    joined = select(rows.assets.c.asset_id).join_from(
        rows.assets, entities.table, entities.columns.seq == rows.assets.c.seq
    )
    return joined.where(rows.assets.c.seq == seq)


def create_asset(caller: Caller | None, given: Mapping[str, Any]) -> Stored:
    """Make an asset of a file that came in several requests, of one that is kept elsewhere, or without any."""
    if given.get("upload_id") is None:
        return store_asset(caller, given)
    if caller is None:
        raise Unauthenticated("An upload belongs to a user: send the token that it was made with.")
    return store_asset(caller, given, files.claim_upload(caller, given["upload_id"]))
