"""Descriptions: reading them in every format, adding to them, and judging them."""

from flask import Blueprint, Response, request

from app.core import edge
from app.core.api import arguments, authenticate, contents, load, other_responses, response
from app.core.negotiation import choose
from app.core.pagination import paginated
from app.core.preconditions import etag, expected_revision
from app.semantics import service
from app.semantics.reading import MAX_BYTES, READERS
from app.semantics.schemas import (
    FormatSchema,
    ModelSemanticsSchema,
    OverlayChangeSchema,
    OverlayPatchSchema,
    OverlaySchema,
    ReportSchema,
)
from app.semantics.writing import FORMATS
from app.users.auth import caller, token_auth

bp = Blueprint("semantics", __name__)

TEXT = {"schema": {"type": "string"}}
GRAPH = {kind: {"schema": {"type": "object"}} if kind.endswith("json") else TEXT for kind in FORMATS.values()}
STATEMENT = '<> <http://www.w3.org/2000/01/rdf-schema#comment> "Checked by hand." .'
# for the others no example: tools that try examples out can rarely write their types
SENT = {kind: {**TEXT, "example": STATEMENT} if kind == FORMATS["turtle"] else TEXT for kind in READERS}
OBJECT = {"@id": "", "http://www.w3.org/2000/01/rdf-schema#comment": "Checked by hand."}
SENT[FORMATS["jsonld"]] = {"schema": {"type": "object"}, "example": OBJECT}
UNFIT = {406: "None of the formats is accepted", 422: "RDF/XML cannot write what was added here; ask for Turtle"}


@bp.get("/api/ml_models/generate_semantics/<id>")
@authenticate(token_auth)
@response(ModelSemanticsSchema)
def generate_model_semantics(id):
    """Describe a model (first form)

    The description as JSON-LD, in the envelope that first clients know.
    """
    return {"model_id": id, "semantics": service.json_ld(service.get_description(caller(), id, "ml_model"))}


@bp.get("/api/fl_services/generate_semantics/<id>")
@authenticate(token_auth)
@contents(answer={"application/json": {"schema": {"type": "object"}}})
@other_responses({200: "The description as JSON-LD"})
def generate_training_semantics(id):
    """Describe a training (first form)

    The description as JSON-LD.
    """
    return service.json_ld(service.get_description(caller(), id, "fl_training"))


@bp.get("/api/semantics/<id>")
@authenticate(token_auth)
@arguments(FormatSchema)
@contents(answer=GRAPH)
@other_responses(UNFIT)
def get_semantics(given, id):
    """Read the description of a thing

    With what it names, as far as you may see that. As JSON-LD, Turtle, N-Triples, N-Quads or RDF/XML, by `Accept` or
    `?format=`. The same state gives the same N-Quads, byte by byte.
    """
    kind = choose(list(FORMATS.values()), given.get("format"), FORMATS)
    served = service.get_description(caller(), id)
    body = service.serialise(served, kind)
    return Response(body, mimetype=kind, headers={"ETag": etag(served.revision, body), "Vary": "Accept"})


@bp.get("/api/semantics/<id>/overlay")
@authenticate(token_auth)
@response(OverlaySchema)
def get_overlay(id):
    """Read what people added to a description

    The `ETag` serves for `If-Match`.
    """
    return _shown(service.get_overlay(caller(), id))


@bp.patch("/api/semantics/<id>")
@authenticate(token_auth)
@contents(json=OverlayPatchSchema, body=SENT)
@response(OverlaySchema)
@other_responses({412: "It was changed since you read it"})
def change_semantics(id):
    """Add to a description

    A JSON merge patch of the fields, or statements about the thing in RDF, which join those that were added before. Both are
    kept beside the generated part, with who said it when, and outlive a refresh.
    """
    if request.mimetype in READERS:
        body = edge.read_body(MAX_BYTES)
        service.add_statements(caller(), id, body, request.mimetype, expected=expected_revision())
    else:
        patch = load(OverlayPatchSchema(), edge.read_json())
        service.change_fields(caller(), id, patch, expected=expected_revision())
    return _shown(service.get_overlay(caller(), id))


@bp.get("/api/semantics/<id>/history")
@authenticate(token_auth)
@paginated(OverlayChangeSchema)
def list_changes(id):
    """List changes of what people added

    Newest first: the fields and statements after each change, who made it, and when.
    """
    return service.history(caller(), id)


@bp.get("/api/semantics/<id>/validation")
@authenticate(token_auth)
@response(ReportSchema)
def validate(id):
    """Validate a description

    By SHACL shapes: each finding with its node, property, message and severity. `missing` says what could not be described.
    """
    return service.validation(caller(), id)


def _shown(overlay):
    return overlay, 200, {"ETag": etag(overlay["revision"])}
