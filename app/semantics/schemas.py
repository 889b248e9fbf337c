"""Descriptions, questions and their answers on the wire."""

import re

from marshmallow import ValidationError, fields, validate

from app.core.api import HexId, Moment, Schema
from app.entities.schemas import CreatorSchema
from app.ml_assets.schemas.models import ModelFilterSchema, ModelSchema
from app.semantics.graph.shared import web

IRI = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]{1,2000}")
QUERY = "SELECT ?model WHERE { ?model a <http://www.w3.org/ns/mls#Model> } LIMIT 10"


def check_iri(value):
    """Refuse what is no address on the web."""
    if not IRI.fullmatch(value) or web(value) is None:
        raise ValidationError("must be an http or https IRI without blanks, of at most 2000 characters")


def words(example, description, longest=10_000):
    """A text that null takes away."""
    notes = {"example": example, "description": description}
    return fields.String(allow_none=True, validate=validate.Length(1, longest), metadata=notes)


def several(item, example, description):
    """Some of these, which replace those before; null takes them away."""
    notes = {"example": example, "description": description}
    return fields.List(item, allow_none=True, validate=validate.Length(max=100), metadata=notes)


def short():
    """A text of one list."""
    return fields.String(validate=validate.Length(1, 250))


def iri():
    """An IRI of one list."""
    return fields.String(validate=check_iri)


class OverlayFieldsSchema(Schema):
    """What people say of a thing. In changes: a JSON merge patch, null takes a field away."""

    description = words("Predicts how diabetes progresses in a year.", "Further words; dct:description")
    alternative_title = words("Diabetes model", "Another name; dct:alternative", 250)
    keywords = several(short(), ["diabetes"], "dcat:keyword")
    license = words("Apache-2.0", "SPDX id or IRI; dct:license", 250)
    algorithm = words("Ridge regression", "Where the run does not say it; search finds it", 250)
    intended_use = words("Teaching.", "fair4ml:intendedUse")
    limitations = words("Small training data.", "fair4ml:modelRisksBiasLimitations")
    tasks = several(short(), ["regression"], "fair4ml:mlTask")
    citation = words("Efron et al., 2004", "schema:citation", 2000)
    languages = several(short(), ["en"], "schema:inLanguage")
    topics = several(iri(), ["http://www.wikidata.org/entity/Q12206"], "IRIs; schema:about")
    see_also = several(iri(), ["https://example.org/paper"], "IRIs; rdfs:seeAlso")


class OverlayPatchSchema(OverlayFieldsSchema):
    """Changes to what people say of a thing."""

    statements = fields.Raw(
        allow_none=True,
        validate=validate.Equal(
            None, error="can only be null, which drops the added statements; to add some, send RDF"
        ),
        metadata={"example": None, "description": "null drops all statements that were added as RDF"},
    )


class OverlaySchema(Schema):
    """What people said of a thing beside what is generated."""

    id = HexId(required=True)
    revision = fields.Integer(required=True)
    fields_ = fields.Nested(OverlayFieldsSchema, required=True, data_key="fields", attribute="fields")
    statements = fields.String(required=True, metadata={"description": "What was added as RDF, as N-Triples"})


class OverlayChangeSchema(Schema):
    """The overlay as it stood after one change."""

    revision = fields.Integer(required=True, metadata={"description": "Of the thing, after the change"})
    at = Moment(required=True)
    author = fields.Nested(CreatorSchema, required=True)
    fields_ = fields.Nested(OverlayFieldsSchema, required=True, data_key="fields", attribute="fields")
    statements = fields.String(required=True)


class FormatSchema(Schema):
    """In which format."""

    format = fields.String(
        validate=validate.OneOf(["jsonld", "turtle", "ntriples", "nquads", "rdfxml"]),
        metadata={"description": "Instead of the Accept header"},
    )


class ModelSemanticsSchema(Schema):
    """A model's description in the envelope that first clients know."""

    model_id = HexId(required=True)
    semantics = fields.Dict(keys=fields.String(), required=True, metadata={"description": "JSON-LD"})


class ResultSchema(Schema):
    """One finding of the validation."""

    focus_node = fields.String(required=True, metadata={"description": "IRI of the node that is wrong"})
    path = fields.String(required=True, allow_none=True, metadata={"description": "IRI of the property, if it is one"})
    message = fields.String(required=True)
    severity = fields.String(required=True, validate=validate.OneOf(["Violation", "Warning", "Info"]))
    value = fields.String(required=True, allow_none=True)


class ReportSchema(Schema):
    """What the shapes say of a description."""

    id = HexId(required=True)
    conforms = fields.Boolean(required=True)
    results = fields.List(fields.Nested(ResultSchema), required=True)
    missing = fields.List(
        fields.String(), required=True, metadata={"description": "What the description could not say, and the remedy"}
    )


class QuestionSchema(Schema):
    """A SPARQL query in the URL."""

    query = fields.String(
        required=True, validate=validate.Length(1, 100_000), metadata={"example": QUERY, "description": "SPARQL 1.1"}
    )
    format = fields.String(
        validate=validate.OneOf(["json", "xml", "csv", "tsv", "turtle", "ntriples", "rdfxml", "jsonld"]),
        metadata={"description": "Instead of the Accept header"},
    )


class ExampleSchema(Schema):
    """A question in words and in SPARQL."""

    name = fields.String(required=True)
    question = fields.String(required=True)
    query = fields.String(required=True)


class ExamplesSchema(Schema):
    """Questions to try."""

    examples = fields.List(fields.Nested(ExampleSchema), required=True)


class SearchSchema(ModelFilterSchema):
    """Which models."""

    algorithm = fields.String(
        validate=validate.Length(1, 100), metadata={"description": "A part of its name: `forest`, `ridge`"}
    )


class FoundModelSchema(ModelSchema):
    """A model that was found."""

    algorithm = fields.String(required=True, allow_none=True)
