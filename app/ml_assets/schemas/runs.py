"""MLflow runs on the wire."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema


class RunMetricSchema(Schema):
    """The latest value of a metric; special numbers by their names."""

    key = fields.String(required=True)
    value = fields.Raw(required=True, metadata={"description": "A number, or `NaN`, `Infinity`, `-Infinity`"})
    step = fields.Integer(required=True)
    timestamp = Moment(required=True, allow_none=True)


class RunInputSchema(Schema):
    """A data set that the run took in."""

    name = fields.String(required=True)
    digest = fields.String(required=True)
    source_type = fields.String(required=True)
    source = fields.Raw(required=True, allow_none=True)
    schema_ = fields.Raw(data_key="schema", attribute="schema", required=True, allow_none=True)
    profile = fields.Raw(required=True, allow_none=True)
    context = fields.String(required=True)


class LoggedModelSchema(Schema):
    """A model that the run logged."""

    name = fields.String(required=True)
    uri = fields.String(required=True)
    model_id = fields.String(required=True, allow_none=True)


class RunAssetSchema(Schema):
    """An asset of ours that came of the run."""

    id = HexId(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    location = fields.String(required=True)


class RunSchema(Schema):
    """A run of MLflow."""

    run_id = fields.String(required=True)
    experiment_id = fields.String(required=True)
    name = fields.String(required=True)
    user = fields.String(required=True)
    status = fields.String(required=True)
    lifecycle_stage = fields.String(required=True)
    started = Moment(required=True, allow_none=True)
    ended = Moment(required=True, allow_none=True)
    params = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    metrics = fields.List(fields.Nested(RunMetricSchema), required=True)
    tags = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    inputs = fields.List(fields.Nested(RunInputSchema), required=True)
    models = fields.List(fields.Nested(LoggedModelSchema), required=True)
    assets = fields.List(fields.Nested(RunAssetSchema), required=True)


class HistoryArgumentsSchema(Schema):
    """Which metric."""

    key = fields.String(required=True, validate=validate.Length(1, 500), metadata={"example": "r2"})


class MetricPointSchema(Schema):
    """A value of a metric."""

    value = fields.Raw(required=True, metadata={"description": "A number, or `NaN`, `Infinity`, `-Infinity`"})
    step = fields.Integer(required=True)
    timestamp = Moment(required=True, allow_none=True)


class MetricHistorySchema(Schema):
    """All values of a metric in the order of their logging, at most 25,000."""

    key = fields.String(required=True)
    history = fields.List(fields.Nested(MetricPointSchema), required=True)


class ArtifactArgumentsSchema(Schema):
    """Which folder."""

    path = fields.String(
        load_default="", validate=validate.Length(max=600), metadata={"description": "A folder; default: the root"}
    )


class ArtifactSchema(Schema):
    """A file or folder of a run."""

    path = fields.String(required=True)
    is_dir = fields.Boolean(required=True)
    size = fields.Integer(required=True, allow_none=True)


class ArtifactsSchema(Schema):
    """What lies directly in a folder of a run."""

    artifacts = fields.List(fields.Nested(ArtifactSchema), required=True)
