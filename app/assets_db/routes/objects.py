"""The files of assets, streamed or by redirect."""

from flask import Blueprint, Response, current_app

from app.assets_db import service
from app.assets_db.schemas import ObjectArgumentsSchema
from app.core.api import arguments, contents, other_responses
from app.core.streams import download
from app.users.auth import guests_too, visitor

bp = Blueprint("asset_objects", __name__)

FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
ANSWERS = {
    206: "A part of the file, as `Range` asked for",
    304: "You have this file",
    307: "Where the file comes from",
    412: "It is not the file that If-Match names",
    416: "The range lies outside the file",
}


def _sent(found):
    if isinstance(found, service.Elsewhere):
        return Response(status=307, headers={"Location": found.url, "Cache-Control": "no-store"})
    return download(found)


def _redirect(given):
    return given.get("redirect", current_app.config["QUAY"].downloads == "redirect")


@bp.get("/asset-object/<asset_id>")
@guests_too
@arguments(ObjectArgumentsSchema)
@contents(answer=FILE)
@other_responses(ANSWERS)
def get_asset_object(given, asset_id):
    """Download the file of an asset

    By its asset_id, with `Range`, `ETag` and `Repr-Digest`. A file that is kept elsewhere is not fetched: the answer names its
    asset_public_url. A file of another deployment that shares the database is a redirect there.
    """
    return _sent(service.open_object(visitor(), asset_id, redirect=_redirect(given)))


@bp.get("/api/assets/<id>/file")
@guests_too
@arguments(ObjectArgumentsSchema)
@contents(answer=FILE)
@other_responses(ANSWERS)
def get_file(given, id):
    """Download the file of an asset under its own name

    As it was called when it was sent; else as `/asset-object`.
    """
    return _sent(service.open_file(visitor(), id, redirect=_redirect(given)))
