"""Who did what, and with whom things are shared."""

from flask import Blueprint

from app.core.api import authenticate, body, response
from app.core.pagination import paginated
from app.ledger import service
from app.ledger.schemas import ActFilterSchema, ActSchema, GrantsSchema, RightSchema
from app.users.auth import caller, token_auth

bp = Blueprint("ledger", __name__)


@bp.get("/api/ledger")
@authenticate(token_auth)
@paginated(ActSchema, ActFilterSchema)
def list_acts(filters):
    """List acts

    What you did, newest first: registrations, changes, deletions, downloads. An admin reads everybody's with `all=true`.
    Nothing in here is ever changed or removed.
    """
    return service.acts_of(caller(), **filters)


@bp.get("/api/entities/<id>/grants")
@authenticate(token_auth)
@response(GrantsSchema)
def list_grants(id):
    """List with whom a thing is shared

    For its owner.
    """
    return {"grants": service.grants(caller(), id)}


@bp.put("/api/entities/<id>/grants/<user>")
@authenticate(token_auth)
@body(RightSchema)
@response(GrantsSchema)
def grant(data, id, user):
    """Share a thing with a user

    Its owner lets one user read or write it, whatever its visibility is. Given again, the new right replaces the old.
    """
    service.share(caller(), id, user, data["right"])
    return {"grants": service.grants(caller(), id)}


@bp.delete("/api/entities/<id>/grants/<user>")
@authenticate(token_auth)
def revoke(id, user):
    """Stop sharing a thing with a user

    For its owner.
    """
    service.unshare(caller(), id, user)
    return "", 204
