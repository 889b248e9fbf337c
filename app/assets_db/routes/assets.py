"""Assets as clients of an assets DB know them. Callers without a token may do what ANONYMOUS_ASSETS says."""

from urllib.parse import quote

from flask import Blueprint

from app.assets_db import service
from app.assets_db.routes.incoming import Incoming
from app.assets_db.schemas import (
    AssetAnswerSchema,
    AssetChangesSchema,
    AssetDoneAnswerSchema,
    AssetsAnswerSchema,
    CreatedAssetAnswerSchema,
    FilterSchema,
    NewAssetSchema,
    UploadedAssetAnswerSchema,
)
from app.core.api import arguments, body, contents, other_responses, response
from app.core.edge import read_json
from app.core.pagination import FilterPageSchema, link
from app.core.preconditions import etag, expected_revision
from app.users.auth import guests_too, visitor

bp = Blueprint("assets_db", __name__)

METADATA = {
    "type": "string",
    "description": "JSON: asset_name and asset_version (both parts) are needed; asset_metadata, asset_tags and more may follow",
    "example": '{"asset_name": "SampleAsset", "asset_version": {"version": "1.0", "tag": "initial"}}',
}
FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["asset", "asset_metadata"],
            "properties": {"asset": {"type": "string", "format": "binary"}, "asset_metadata": METADATA},
        },
        "example": {"asset": "README.md", "asset_metadata": METADATA["example"]},
    }
}
TAKEN = "Another asset has this uri; or a declared size, name or digest stands against it"
SAME = "The same asset is there already"
CHANGED = "It was changed since you read it"


def _made(stored):
    names = stored.show()
    location = f"/asset/{quote(names['asset_uri'] or names['asset_id'])}"
    return names, 201 if stored.new else 200, {"Location": location}


@bp.post("/upload_asset")
@guests_too
@contents(body=FORM)
@response(UploadedAssetAnswerSchema, 201)
@other_responses({200: (UploadedAssetAnswerSchema, SAME), 409: TAKEN})
def upload_asset():
    """Upload a file as an asset

    A form with the file `asset` and the field `asset_metadata` (JSON) in either order. Name, version and tag together are the
    uri, which is given once; the same bytes and metadata again give the same asset. A SHA-256 in `asset_file_info.sha256` or a
    `Content-Digest` is verified. Files of many gigabytes may come in several requests instead, see `/api/uploads`.
    """
    caller = visitor()
    names, status, headers = _made(service.upload_asset(caller, *Incoming(caller).read()))
    outer = {name: names[name] for name in ("asset_uri", "asset_id", "public_url")}
    return {"success": True, **outer, "data": names}, status, headers


@bp.post("/asset")
@guests_too
@body(NewAssetSchema)
@response(CreatedAssetAnswerSchema, 201)
@other_responses(
    {200: (CreatedAssetAnswerSchema, SAME), 409: TAKEN, 404: "There is no such upload, or it is not yours"}
)
def create_asset(data):
    """Make an asset without sending its file

    Of a file that is kept elsewhere (`asset_public_url`), of one that came in several requests (`upload_id`), or of metadata
    alone. An asset that lacks name, version or tag has an empty uri and is found by its asset_id.
    """
    names, status, headers = _made(service.create_asset(visitor(), data))
    return {"success": True, "data": names}, status, headers


@bp.get("/asset/<anything:uri>")
@guests_too
@response(AssetAnswerSchema)
def get_asset(uri):
    """Read an asset

    By its uri, which may contain slashes, or by its asset_id.
    """
    document, revision = service.find_document(visitor(), uri)
    return {"success": True, "data": document}, 200, {"ETag": etag(revision)}


@bp.put("/asset/<anything:uri>")
@guests_too
@contents(json=AssetChangesSchema)
@response(AssetDoneAnswerSchema)
@other_responses({409: "What would change is part of the identity, or was measured of the file", 412: CHANGED})
def change_asset(uri):
    """Change an asset

    Only what is sent is set, whole fields or places inside by dotted keys such as `asset_metadata.description`. The identity
    (name, version, tag, ids) never changes. Nothing is made where there is no such asset.
    """
    revision = service.change_asset(visitor(), uri, read_json(), expected=expected_revision())
    return {"success": True, "data": {"message": "Asset updated"}}, 200, {"ETag": etag(revision)}


@bp.delete("/asset/<anything:uri>")
@guests_too
@response(AssetDoneAnswerSchema)
@other_responses({409: "Something holds it; `errors` has the reasons", 412: CHANGED})
def delete_asset(uri):
    """Delete an asset

    With its file. Its uri is free again.
    """
    service.delete_asset(visitor(), uri, expected=expected_revision())
    return {"success": True, "data": {"message": "Asset deleted"}}


@bp.post("/assets")
@guests_too
@arguments(FilterPageSchema)
@contents(json=FilterSchema, reads=True)
@response(AssetsAnswerSchema)
def query_assets(page):
    """Find assets by a MongoDB filter

    The body is the filter, with the meaning of MongoDB 6 to 8; `{}` finds all that you may see, oldest first. A value that is a
    list or an object is compared as a whole: `{"asset_tags": "image"}` finds assets that have the tag,
    `{"asset_tags": ["image"]}` those that have it alone. While `Link` names a next page there is more to look at, also when a
    page is short.
    """
    found = service.query_assets(visitor(), read_json(), limit=page["limit"], cursor=page.get("cursor"))
    return {"success": True, "data": found.documents}, 200, link(found.next)
