"""Federated-learning trainings on the wire, where they are called services."""

from marshmallow import EXCLUDE, INCLUDE, fields, validate

from app.core.api import HexId, Moment, Schema
from app.entities.schemas import EntityFields, visibility
from app.ml_assets.schemas.parts import SharedFields, description, name, properties, tags


def short(example):
    """A short text."""
    return fields.String(allow_none=True, validate=validate.Length(max=500), metadata={"example": example})


def count(example):
    """A number of things."""
    return fields.Integer(
        allow_none=True, strict=True, validate=validate.Range(0, 2**31), metadata={"example": example}
    )


class PartSchema(Schema):
    """A part of a training; what else its makers say of it is kept."""

    class Meta:
        unknown = INCLUDE


class FLSessionSchema(PartSchema):
    """When it runs, and with how many."""

    session_id = short("session-1")
    session_start_time = short("2026-01-01T00:00:00Z")
    session_end_time = short("2026-01-02T00:00:00Z")
    num_min_clients = count(2)
    num_max_clients = count(10)
    participation_ratio = fields.Float(allow_none=True, validate=validate.Range(0, 1), metadata={"example": 0.5})


class FLAggregationSchema(PartSchema):
    """How the clients' results become one."""

    aggregation_method = short("FedAvg")
    aggregation_frequency = count(1)


class FLCommunicationSchema(PartSchema):
    """How clients and aggregator talk."""

    communication_protocol = short("gRPC")
    secure_aggregation_enabled = fields.Boolean(allow_none=True, metadata={"example": True})


class FLSecuritySchema(PartSchema):
    """What protects the clients' data."""

    differential_privacy_enabled = fields.Boolean(allow_none=True, metadata={"example": False})
    encryption_method = short("AES-256")


class FLRoundsSchema(PartSchema):
    """How the training goes."""

    training_rounds = count(10)
    local_epochs = count(2)
    loss_function = short("cross-entropy")


class TrainingParts(Schema):
    """The parts that a training consists of."""

    fl_session = fields.Nested(FLSessionSchema)
    fl_aggregation = fields.Nested(FLAggregationSchema)
    fl_communication = fields.Nested(FLCommunicationSchema)
    fl_security = fields.Nested(FLSecuritySchema)
    fl_training = fields.Nested(FLRoundsSchema)
    fl_client = fields.Raw(metadata={"example": "https://example.org/client", "description": "In any form"})


class LegacyTrainingSchema(TrainingParts):
    """A training as the first clients send it; fields that are not known are ignored."""

    class Meta:
        unknown = EXCLUDE

    name = name()
    description = description(required=True)


class NewTrainingSchema(SharedFields, TrainingParts):
    """A new training."""

    name = name()
    description = description(load_default="")


class TrainingChangeSchema(TrainingParts):
    """Changes to a training; what is left out stays."""

    name = name(required=False)
    description = description()
    tags = tags(nullable=True)
    properties = properties()
    visibility = visibility()


class TrainingSchema(EntityFields, TrainingParts):
    """A federated-learning training."""

    fl_service_id = HexId(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    doc_type = fields.String(required=True, metadata={"example": "fl_service"})
    published = fields.Boolean(required=True)
    publised = fields.Boolean(required=True, metadata={"description": "The same, under the name that clients know"})
    timestamp = Moment(required=True)
    tags = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    properties = fields.Dict(keys=fields.String(), required=True)


class RemovedSchema(Schema):
    """What became of a deletion."""

    message = fields.String(required=True)
    fl_service_id = HexId(required=True)
