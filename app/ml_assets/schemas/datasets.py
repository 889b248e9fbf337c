"""Data sets on the wire."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema
from app.entities.schemas import EntityFields, visibility
from app.ml_assets.schemas.parts import AssetFilterSchema, SharedFields, description, name, properties, tags, version


def digest(**kwargs):
    """What tells two data sets of one name apart."""
    notes = {"example": "8f9eb48c", "description": "Digest of its contents, as MLflow computes it"}
    return fields.String(allow_none=True, validate=validate.Length(1, 250), metadata=notes, **kwargs)


def source_type(**kwargs):
    """The kind of place that it comes from."""
    return fields.String(allow_none=True, validate=validate.Length(1, 64), metadata={"example": "http"}, **kwargs)


def anything(example, description):
    """JSON of any form."""
    return fields.Raw(allow_none=True, metadata={"example": example, "description": description})


class DatasetParts(Schema):
    """What only data sets have."""

    source = anything({"url": "https://example.org/diabetes.csv"}, "Where it comes from, in any form")
    schema_ = fields.Raw(
        data_key="schema",
        attribute="schema",
        allow_none=True,
        metadata={"example": [{"name": "bmi", "type": "double"}], "description": "Its columns, in any form"},
    )
    profile = anything({"num_rows": 442}, "What is in it, in any form")


class NewMLDatasetSchema(SharedFields, DatasetParts):
    """A new data set."""

    name = name()
    version = version(load_default="1")
    description = description(load_default="")
    digest = digest(load_default=None)
    source_type = source_type(load_default=None)


class MLDatasetChangeSchema(DatasetParts):
    """Changes to a data set; what is left out stays."""

    name = name(required=False)
    version = version()
    description = description()
    digest = digest()
    source_type = source_type()
    tags = tags(nullable=True)
    properties = properties()
    visibility = visibility()


class MLDatasetSchema(EntityFields, DatasetParts):
    """A data set that models are trained, validated or tested on."""

    dataset_id = HexId(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    description = fields.String(required=True)
    digest = fields.String(required=True, allow_none=True)
    source_type = fields.String(required=True, allow_none=True)
    timestamp = Moment(required=True)
    tags = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    properties = fields.Dict(keys=fields.String(), required=True)


class MLDatasetFilterSchema(AssetFilterSchema):
    """Which data sets."""

    digest = fields.String(validate=validate.Length(1, 250), metadata={"description": "Exactly this digest"})
    model = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of a model that used it"})


class RegisteredFromRunSchema(Schema):
    """What a run became."""

    run_id = fields.String(required=True, allow_none=True)
    models = fields.List(fields.Nested("ModelSchema"), required=True)
    datasets = fields.List(fields.Nested(MLDatasetSchema), required=True)
