"""Where things come from, and what became of them."""

from flask import Blueprint, Response

from app.core.api import arguments, authenticate, other_responses
from app.core.negotiation import choose
from app.ledger import drawing, service
from app.ledger.schemas import LineageArgumentsSchema, LineageOfIriSchema, LineageSchema
from app.users.auth import caller, token_auth

bp = Blueprint("lineage", __name__)

SVG = "image/svg+xml"
FORMATS = {"json": "application/json", "svg": SVG}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
ANSWERS = {
    200: (LineageSchema, "The lineage, as JSON or as a picture"),
    406: "Neither JSON nor SVG is accepted",
    409: "Several things have that name",
}


@bp.get("/api/lineage/<path:reference>")
@authenticate(token_auth)
@arguments(LineageArgumentsSchema)
@other_responses({**ANSWERS})
def get_lineage(given, reference):
    """Walk the lineage of a thing

    Upstream to what it was made of, downstream to what was made of it, over every part of the service. As JSON, or as a picture
    with `Accept: image/svg+xml` or `format=svg`. What you may not see is left out.
    """
    return _answer(reference, given)


@bp.get("/api/lineage")
@authenticate(token_auth)
@arguments(LineageOfIriSchema)
@other_responses({**ANSWERS, 404: "There is nothing of that name, or not for you"})
def get_lineage_of_iri(given):
    """Walk the lineage of a thing named by its IRI

    The same as by id, for names that do not fit into a path.
    """
    return _answer(given.pop("iri"), given)


def _answer(reference, given):
    kind = choose(list(FORMATS.values()), given.pop("format", None), FORMATS)
    graph = service.lineage(caller(), reference, **given)
    if kind == SVG:
        return Response(
            drawing.draw(graph), mimetype=SVG, headers={"Content-Security-Policy": POLICY, "Vary": "Accept"}
        )
    answer = LineageSchema().jsonify(graph)
    answer.headers["Vary"] = "Accept"
    return answer
