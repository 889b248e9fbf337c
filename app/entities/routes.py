"""Things of any kind, by their ids."""

from flask import Blueprint

from app.core.api import authenticate, other_responses, response
from app.core.negotiation import preferred
from app.core.preconditions import etag
from app.entities import service
from app.entities.schemas import EntitySchema
from app.users.auth import caller, maybe_caller, token_auth

bp = Blueprint("entities", __name__)


@bp.get("/api/entities/<id>")
@authenticate(token_auth)
@response(EntitySchema)
def get_entity(id):
    """Read what is common to all things

    Kind, title, owner, visibility, state and names of the thing, and where its own room serves it.
    """
    entity = service.describe(caller(), id)
    return entity, 200, {"ETag": etag(entity["revision"])}


@bp.get("/id/<kind>/<id>")
@authenticate(token_auth, optional=True)
@other_responses({303: "Where the thing is served"})
def follow(kind, id):
    """Follow the IRI of a thing

    Redirects to where the thing is served, or to its description where `Accept` asks for RDF. Public things need no token.
    """
    entity = service.get(maybe_caller(), id, kind)
    wanted = preferred(["application/json", *service.described_as()])
    plain = wanted not in service.described_as()
    target = service.location(kind, entity.id) if plain else service.description(entity.id, wanted)
    return "", 303, {"Location": target, "Vary": "Accept, Authorization"}
