"""Data sets and models in the forms that other platforms read."""

from flask import Blueprint, Response

from app.core.api import authenticate, contents, wire
from app.semantics import service
from app.users.auth import caller, token_auth

bp = Blueprint("exports", __name__)


@bp.get("/api/ml_datasets/<id>/croissant")
@authenticate(token_auth)
@contents(answer={"application/ld+json": {"schema": {"type": "object"}}})
def get_croissant(id):
    """Export a data set as Croissant

    A Croissant 1.1 document with its context inside, as `mlcroissant` and data set searches read it.
    """
    return Response(wire(service.croissant(caller(), id)), mimetype="application/ld+json")


@bp.get("/api/ml_models/<id>/model_card")
@authenticate(token_auth)
@contents(answer={"text/markdown": {"schema": {"type": "string"}}})
def get_model_card(id):
    """Export a model as a model card

    Markdown with the front matter that Hugging Face reads.
    """
    return Response(service.model_card(caller(), id), mimetype="text/markdown")
