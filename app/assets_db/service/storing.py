"""Making assets: one uri, one asset, whoever comes first; the same again is the same."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.assets_db import document
from app.assets_db.document import Place
from app.assets_db.service import naming, rows
from app.assets_db.service.rows import KIND, assets
from app.core.db import reading, transaction
from app.core.errors import Conflict, FieldError, Invalid
from app.entities import service as entities
from app.entities.service import Caller
from app.files import service as files
from app.files.service import StoredFile
from app.ledger import service as ledger
from app.ledger.service import Activity


@dataclass(frozen=True)
class Stored:
    """An asset that is there now, and whether it was not before."""

    seq: int
    asset_id: str
    document: dict[str, Any]
    new: bool

    def show(self) -> dict[str, Any]:
        """The names that its sender gets."""
        uri, url = self.document["asset_uri"], self.document["asset_public_url"]
        names = {"id": self.asset_id, "asset_id": self.asset_id, "asset_uri": uri, "public_url": url}
        return {"message": "Asset created" if self.new else "Asset is there already", **names}


def upload_asset(caller: Caller | None, given: Mapping[str, Any], file: StoredFile) -> Stored:
    """Make an asset of a file that came in one request, which is forgotten when no asset is made of it."""
    try:
        stored = store_asset(caller, given, file)
    except BaseException:
        files.discard(file)
        raise
    if not stored.new:
        files.discard(file)
    return stored


def store_asset(caller: Caller | None, given: Mapping[str, Any], file: StoredFile | None = None) -> Stored:
    """Make an asset, of a file that was stored or without one; the same asset again is given back.

    Raises Conflict when its uri is taken by another, Invalid when the file is not the one that was declared.
    """
    wanted = _document(caller, given, file)
    if file is not None:
        _check_declared(given, file)
    try:
        seq = _insert(caller, wanted, file)
    except IntegrityError:
        earlier = _earlier(wanted)
        if earlier is None:
            raise
        return earlier
    return Stored(seq, wanted["asset_id"], wanted, new=True)


def _document(caller: Caller | None, given: Mapping[str, Any], file: StoredFile | None) -> dict[str, Any]:
    asset_id = str(uuid.uuid4())
    usual = "internal" if caller else "public"
    visibility = entities.check_visibility(given.get("visibility") or usual, caller is not None)
    place = Place(asset_id, rows.settings["assets_db_id"], caller.id if caller else None, visibility)
    if file is None:
        return document.make(given, place, public_url=given.get("asset_public_url", ""), file_info={})
    url = f"{rows.settings['public_url']}/asset-object/{asset_id}"
    return document.make(given, place, public_url=url, file_info=_measured(file))


def _measured(file: StoredFile) -> dict[str, Any]:
    named = {"file_name": file.file_name, "file_type": file.media_type}
    return {**named, "file_size": file.size, "sha256": file.sha256, "md5": file.md5}


def _check_declared(given: Mapping[str, Any], file: StoredFile) -> None:
    for name in ("sha256", "md5"):
        declared = given.get("asset_file_info", {}).get(name)
        if declared is not None and str(declared).lower() != getattr(file, name):
            detail = f"is not the {name} of the bytes that arrived, which is {getattr(file, name)}; send the file again"
            raise Invalid(f"asset_file_info.{name} {detail}.", errors=[FieldError(f"/asset_file_info/{name}", detail)])


def _insert(caller: Caller | None, wanted: dict[str, Any], file: StoredFile | None, act: str | None = None) -> int:
    title = wanted["asset_uri"] or wanted["asset_name"] or wanted["asset_id"]
    place = {"asset_id": wanted["asset_id"], "assets_db_id": wanted["assets_db_id"]}
    with transaction() as session:
        entity = entities.create(KIND, caller, title, visibility=wanted["visibility"])
        own = {"seq": entity.seq, "object_seq": file.seq if file else None, **place, **rows.columns_of(wanted)}
        session.execute(insert(assets).values(**own))
        naming.add(entity.seq, wanted)
        if file is not None:
            files.adopt(file, entity.seq, caller)
        kind = act or ("assets_db.upload" if file else "assets_db.register")
        details = {"sha256": file.sha256, "size": file.size} if file else {}
        ledger.record(Activity(kind, f"Stored {title}", details=details), caller, generated=[entity.seq])
    return entity.seq


def store_imported(caller: Caller | None, wanted: dict[str, Any]) -> Stored:
    """Make the asset of a whole document, ids and all; the same document again is given back. Raises Conflict."""
    try:
        return Stored(_insert(caller, wanted, None, "assets_db.import"), wanted["asset_id"], wanted, new=True)
    except IntegrityError:
        earlier = _earlier(wanted, by_id=True) or _earlier(wanted)
        if earlier is None:
            raise
        return earlier


def _earlier(wanted: dict[str, Any], *, by_id: bool = False) -> Stored | None:
    """The asset that has the uri (or asset_id) already, if it is the same; raises Conflict if it is another."""
    taken = (assets.c.uri == wanted["asset_uri"], assets.c.uri != "", assets.c.assets_db_id == wanted["assets_db_id"])
    condition = (assets.c.asset_id == wanted["asset_id"],) if by_id else taken
    with reading() as session:
        row = session.execute(select(assets.c.seq, assets.c.asset_id, assets.c.document).where(*condition)).first()
    if row is None:
        return None
    known = orjson.loads(row.document)
    if not document.same(known, wanted):
        if by_id:
            raise Conflict(f"The asset_id {wanted['asset_id']} is here already, and its asset says something else.")
        detail = "is taken by another asset; versions never change, so give a new version or tag"
        raise Conflict(f"The uri {wanted['asset_uri']} {detail}.", errors=[FieldError("/asset_version", detail)])
    return Stored(row.seq, row.asset_id, known, new=False)
