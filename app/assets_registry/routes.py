"""The registry of assets DBs: the routes that its clients know, and the native ones.

Callers without a token may do what ANONYMOUS_ASSETS says.
"""

from urllib.parse import quote

from flask import Blueprint

from app.assets_registry import service
from app.assets_registry.schemas import (
    AssetsDBListFilterSchema,
    AssetsDBQuerySchema,
    AssetsDBSchema,
    AssetsElsewhereSchema,
    NewRegistryEntrySchema,
    RegisteredAssetsDBAnswerSchema,
    RegistriesAnswerSchema,
    RegistryAnswerSchema,
    RegistryArgumentsSchema,
    RegistryChangesSchema,
    RegistryDoneAnswerSchema,
    RegistryFilterSchema,
    RegistryHealthAnswerSchema,
)
from app.core.api import arguments, authenticate, body, contents, other_responses, response, wire
from app.core.edge import read_json
from app.core.limits import address
from app.core.pagination import FilterPageSchema, link, paginated
from app.core.preconditions import etag, expected_revision
from app.users.auth import caller, guests_too, token_auth, visitor

bp = Blueprint("assets_registry", __name__)

CHANGED = "It was changed since you read it"


@bp.post("/asset_registry")
@guests_too
@arguments(RegistryArgumentsSchema)
@body(NewRegistryEntrySchema)
@response(RegisteredAssetsDBAnswerSchema, 201)
@other_responses(
    {
        200: (RegisteredAssetsDBAnswerSchema, "The same entry is there already"),
        409: "Another entry has this id",
        424: "It is not healthy, and must be",
    }
)
def register(given, data):
    """Register an assets DB

    It is asked for its `/health` first, and stored however it is found: `health` and `reason` tell. It is asked again from time
    to time.
    """
    registered = service.register(visitor(), data, address=address(), **given)
    location = f"/asset_registry/{quote(registered.registry_id)}"
    answer = {"success": True, "data": registered.show()}
    return answer, 201 if registered.new else 200, {"Location": location}


@bp.get("/asset_registry/<registry_id>")
@guests_too
@response(RegistryAnswerSchema)
def get_entry(registry_id):
    """Read an entry of the registry

    By its asset_registry_id.
    """
    document, revision = service.find_document(visitor(), registry_id)
    return {"success": True, "data": document}, 200, {"ETag": etag(revision)}


@bp.put("/asset_registry/<registry_id>")
@guests_too
@contents(json=RegistryChangesSchema)
@response(RegistryDoneAnswerSchema)
@other_responses({409: "The id of an entry never changes", 412: CHANGED})
def change_entry(registry_id):
    """Change an entry of the registry

    Only what is sent is set, whole fields or places inside by dotted keys such as `asset_registry_metadata.version`. When the
    address changes, the assets DB is asked for its health. Nothing is made where there is no such entry.
    """
    given = {"expected": expected_revision(), "address": address()}
    revision = service.change_entry(visitor(), registry_id, read_json(), **given)
    return {"success": True, "data": {"message": "Asset registry updated"}}, 200, {"ETag": etag(revision)}


@bp.delete("/asset_registry/<registry_id>")
@guests_too
@response(RegistryDoneAnswerSchema)
@other_responses({409: "Something holds it; `errors` has the reasons", 412: CHANGED})
def delete_entry(registry_id):
    """Delete an entry of the registry

    Its id is free again. The assets DB itself is not touched.
    """
    service.delete_entry(visitor(), registry_id, expected=expected_revision())
    return {"success": True, "data": {"message": "Asset registry deleted"}}


@bp.post("/asset_registries")
@guests_too
@arguments(FilterPageSchema)
@contents(json=RegistryFilterSchema, reads=True)
@response(RegistriesAnswerSchema)
def query_entries(page):
    """Find entries of the registry by a MongoDB filter

    The body is the filter, with the meaning of MongoDB 6 to 8; `{}` finds all that you may see, oldest first. While `Link`
    names a next page there is more to look at, also when a page is short.
    """
    found = service.query_entries(visitor(), read_json(), limit=page["limit"], cursor=page.get("cursor"))
    return {"success": True, "data": found.documents}, 200, link(found.next)


@bp.get("/check_health/<registry_id>")
@guests_too
@response(RegistryHealthAnswerSchema)
def check_health(registry_id):
    """Ask how an assets DB is

    As found now, or in the last ten seconds. The answer is 200 whether it is healthy or not: what failed is not this service.
    `/api/assets_dbs` has the reason.
    """
    state = service.check_health(visitor(), registry_id, address=address())
    return {"success": state == "healthy", "message": state}


@bp.get("/api/assets_dbs")
@authenticate(token_auth)
@paginated(AssetsDBSchema, AssetsDBListFilterSchema)
def list_assets_dbs(filters):
    """List registered assets DBs

    That you may see, with how each was last found, oldest first.
    """
    return service.list_entries(caller(), **filters)


@bp.get("/api/assets_dbs/<id>")
@guests_too
@response(AssetsDBSchema)
def get_assets_db(id):
    """Read a registered assets DB by the id of the thing

    With how it was last found. Public ones need no token.
    """
    entry = service.get_entry(visitor(), id)
    # how it is changes without a new revision
    return entry, 200, {"ETag": etag(entry["revision"], wire(entry))}


@bp.post("/api/assets_dbs/query")
@authenticate(token_auth)
@body(AssetsDBQuerySchema)
@contents(reads=True)
@response(AssetsElsewhereSchema)
def query_assets_dbs(data):
    """Find assets in all registered assets DBs

    Each healthy one that you may see is asked `POST /assets` with the filter, at most 5 s each and 10 s in all; your token is
    not sent along. `sources` says how each answered; `partial` is true when some did not, or have more than the limit.
    """
    return service.ask_all(caller(), data["filter"], data["limit"], address=address())
