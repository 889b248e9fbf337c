"""Descriptions in the forms that others read: RDF formats, a verdict, Croissant, a model card."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.core import limits
from app.entities.service import Caller
from app.ml_assets import service as ml_assets
from app.semantics import validation as shacl
from app.semantics import writing
from app.semantics.describing import settings
from app.semantics.exports.croissant import croissant as to_croissant
from app.semantics.exports.model_card import model_card as to_card
from app.semantics.service.serving import Served, get_description

VALIDATIONS = "300 per minute"  # of one user


def serialise(served: Served, media_type: str) -> bytes:
    """A description in one of `writing.FORMATS`."""
    return writing.serialise(served.lines, media_type, served.about)


def json_ld(served: Served) -> dict[str, Any]:
    """A description as a JSON-LD object."""
    value: dict[str, Any] = orjson.loads(serialise(served, writing.FORMATS["jsonld"]))
    return value


def validation(caller: Caller, thing_id: str) -> dict[str, Any]:
    """What our shapes say of a description, and what it could not say; raises NotFound."""
    limits.hit(VALIDATIONS, "validation", caller.id)
    served = get_description(caller, thing_id)
    report = shacl.validate(served.lines, served.about)
    results = [vars(result) for result in report.results]
    return {"id": served.id, "conforms": report.conforms, "results": results, "missing": list(served.missing)}


def croissant(caller: Caller, dataset_id: str) -> dict[str, Any]:
    """A data set as a Croissant document; raises NotFound."""
    return to_croissant(ml_assets.get_dataset(caller, dataset_id), settings.public_url)


def model_card(caller: Caller, model_id: str) -> str:
    """A model as a page of Markdown; raises NotFound."""
    facts: Mapping[str, Any] = ml_assets.get_model(caller, model_id)
    return to_card(facts, settings.public_url)
