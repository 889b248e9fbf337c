"""Models on the wire."""

from marshmallow import EXCLUDE, ValidationError, fields, validate, validates_schema

from app.core.api import HexId, Moment, Schema
from app.entities.schemas import EntityFields, visibility
from app.ml_assets.schemas.parts import (
    AssetFilterSchema,
    SharedFields,
    description,
    name,
    properties,
    tags,
    version,
)

PATH = {
    "example": "mlflow-artifacts:/1/2c8c2fc3fefe4c56a29ac325c0bac39c/artifacts/model",
    "description": "`runs:/RUN/PATH`, `models:/NAME/VERSION`, `models:/NAME@ALIAS`, `models:/m-ID` or `mlflow-artifacts:/PATH`",
}


def path(**kwargs):
    """Where MLflow keeps the model."""
    return fields.String(validate=validate.Length(1, 2000), metadata=PATH, **kwargs)


def asset_id(**kwargs):
    """The asset that holds the files of a model."""
    notes = {"description": "asset_id or uri of the asset in the assets DB that holds the files of the model"}
    return fields.String(validate=validate.Length(1, 1000), metadata=notes, **kwargs)


class SpecialNumber(fields.Field):
    """A number; NaN and the infinities come as the words `NaN`, `Infinity` and `-Infinity`."""

    def _jsonschema_type_mapping(self):
        return {"oneOf": [{"type": "number"}, {"type": "string"}]}


class LegacyModelSchema(Schema):
    """The four fields of a model; others are ignored."""

    class Meta:
        unknown = EXCLUDE

    name = name()
    version = version(required=True)
    description = description(required=True)
    ml_flow_model_path = path(required=True)


class NewModelSchema(SharedFields):
    """A new model."""

    name = name()
    version = version(required=True)
    description = description(load_default="")
    ml_flow_model_path = path(required=True)
    asset_id = asset_id()


class NewVersionSchema(Schema):
    """A new version of a model; what is left out is taken from the version before."""

    version = version(required=True)
    description = description()
    ml_flow_model_path = path(required=True)
    tags = tags()
    properties = properties()
    visibility = visibility()


class ModelChangeSchema(Schema):
    """Changes to a model; what is left out stays."""

    name = name(required=False)
    version = version()
    description = description()
    ml_flow_model_path = path()
    asset_id = asset_id(allow_none=True)
    tags = tags(nullable=True)
    properties = properties()
    visibility = visibility()


class FromRunSchema(Schema):
    """The run or the model in MLflow to register; exactly one of the two."""

    run_id = fields.String(validate=validate.Length(1, 64), metadata={"example": "2c8c2fc3fefe4c56a29ac325c0bac39c"})
    model_uri = fields.String(validate=validate.Length(1, 2000), metadata={"description": PATH["description"]})
    name = name(required=False)
    version = version()
    description = description()
    tags = tags()
    visibility = visibility()
    store = fields.Boolean(
        load_default=False, metadata={"description": "Copy the files of each model into an asset, hashed on the way"}
    )

    @validates_schema
    def exactly_one(self, data, **_kwargs):
        if ("run_id" in data) == ("model_uri" in data):
            raise ValidationError("Send either run_id or model_uri.", "run_id")


class TrackingSchema(Schema):
    """Whether MLflow knew the model when it was last asked."""

    state = fields.String(required=True, validate=validate.OneOf(["resolved", "unresolved"]))
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it is unresolved"})
    checked_at = Moment(required=True, allow_none=True)


class RegisteredSchema(Schema):
    """The model in MLflow's own registry."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    aliases = fields.List(fields.String(), required=True)


class RunFactsSchema(Schema):
    """The run that made the model."""

    name = fields.String(required=True)
    experiment = fields.String(required=True)
    user = fields.String(required=True)
    status = fields.String(required=True)
    started_at = fields.String(required=True, allow_none=True)
    ended_at = fields.String(required=True, allow_none=True)


class ModelDatasetSchema(Schema):
    """A data set that the model was made or judged with."""

    dataset_id = HexId(required=True)
    name = fields.String(required=True)
    digest = fields.String(required=True, allow_none=True)
    context = fields.String(required=True, metadata={"example": "training"})


class ModelSchema(EntityFields):
    """A model."""

    model_id = HexId(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    description = fields.String(required=True)
    ml_flow_model_path = fields.String(required=True)
    timestamp = Moment(required=True, metadata={"description": "When it was registered"})
    tags = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    properties = fields.Dict(keys=fields.String(), required=True)
    aliases = fields.List(fields.String(), required=True)
    asset_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The asset that holds its files, as far as you may see it"},
    )
    run_id = fields.String(required=True, allow_none=True)
    run = fields.Nested(RunFactsSchema, required=True, allow_none=True)
    tracking = fields.Nested(TrackingSchema, required=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    metrics = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    flavors = fields.Dict(keys=fields.String(), required=True)
    signature = fields.Dict(keys=fields.String(), required=True, allow_none=True)
    registered = fields.Nested(RegisteredSchema, required=True, allow_none=True)
    datasets = fields.List(fields.Nested(ModelDatasetSchema), required=True)


class AliasedModelSchema(Schema):
    """An alias of a model."""

    name = name()
    alias = fields.String(required=True, validate=validate.Length(1, 250), metadata={"example": "champion"})
    owner = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of a user; default: you"})


class ModelFilterSchema(AssetFilterSchema):
    """Which models."""

    metric = fields.List(
        fields.String(validate=validate.Length(3, 300)),
        validate=validate.Length(max=10),
        metadata={"description": "`name>0.4`, with `>`, `>=`, `<`, `<=` or `=`; may be repeated, all must hold"},
    )
    param = fields.List(
        fields.String(validate=validate.Length(2, 505)),
        validate=validate.Length(max=10),
        metadata={"description": "`name=value`; may be repeated, all must hold"},
    )
    dataset = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of a data set"})
    run = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of an MLflow run"})
