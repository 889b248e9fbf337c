"""Assets as all things are listed here, their versions and aliases."""

from flask import Blueprint

from app.assets_db import service
from app.assets_db.schemas import AliasedAssetSchema, AssetListFilterSchema, AssetSchema, NamedAssetSchema
from app.core.api import arguments, authenticate, other_responses, response
from app.core.pagination import paginated
from app.core.preconditions import etag
from app.users.auth import caller, guests_too, token_auth, visitor

bp = Blueprint("assets", __name__, url_prefix="/api/assets")


def _shown(asset):
    return asset, 200, {"ETag": etag(asset["revision"])}


@bp.get("")
@authenticate(token_auth)
@paginated(AssetSchema, AssetListFilterSchema)
def list_assets(filters):
    """List assets

    That you may see, by name, tags, owner and words, oldest first. `POST /assets` takes whole MongoDB filters.
    """
    return service.list_assets(caller(), **filters)


@bp.get("/versions")
@authenticate(token_auth)
@paginated(AssetSchema, NamedAssetSchema)
def list_versions(filters):
    """List the versions of an asset

    All assets of a name that you may see, newest first.
    """
    return service.list_versions(caller(), filters["name"])


@bp.get("/by_alias")
@authenticate(token_auth)
@arguments(AliasedAssetSchema)
@response(AssetSchema)
@other_responses({404: "There is no such alias, or not for you"})
def find_by_alias(given):
    """Find an asset by name and alias

    `latest` is always the newest version that you may see; other aliases are set by people.
    """
    return _shown(service.find_by_alias(caller(), **given))


@bp.get("/<id>")
@guests_too
@response(AssetSchema)
def get_asset(id):
    """Read an asset by the id of the thing

    Its document, and what is common to all things. Public ones need no token.
    """
    return _shown(service.get_asset(visitor(), id))


@bp.put("/<id>/aliases/<alias>")
@authenticate(token_auth)
@response(AssetSchema)
@other_responses({409: "Others are moving the same alias right now", 422: "That is no alias that can be set"})
def set_alias(id, alias):
    """Let an alias lead to this version

    The alias, such as `stable`, moves here from the version of this name and owner that had it.
    """
    return _shown(service.set_alias(caller(), id, alias))


@bp.delete("/<id>/aliases/<alias>")
@authenticate(token_auth)
def remove_alias(id, alias):
    """Take an alias away from an asset

    From this version.
    """
    service.remove_alias(caller(), id, alias)
    return "", 204
