"""What an operator sees of messages that leave the service."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema

STATES = ("waiting", "sending", "dead")


class MessageSchema(Schema):
    """A message that leaves the service, as long as it was not sent."""

    id = HexId(required=True)
    lane = fields.String(
        required=True,
        metadata={
            "description": "Messages of one lane are sent one after the other, oldest first",
            "example": "object_store",
        },
    )
    kind = fields.String(
        required=True, metadata={"description": "What is to be done with it", "example": "object_store.delete"}
    )
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata={"description": "`waiting` for its turn or time, being sent, or `dead`: given up"},
    )
    payload = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "What is sent; values whose names say that they are secret are blanked out",
            "example": {"key": "objects/3f/9a", "token": "***"},
        },
    )
    created_at = Moment(required=True)
    not_before = Moment(required=True, metadata={"description": "It is not tried before this time"})
    attempts = fields.Integer(required=True, metadata={"description": "Attempts that failed", "example": 3})
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Why the last attempt failed",
            "example": "The object store cannot be reached. Try again shortly.",
        },
    )
    dead_at = Moment(required=True, allow_none=True, metadata={"description": "Since when it is a dead letter"})


class MessageFilterSchema(Schema):
    """Which messages to list."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"description": "Only messages in this state"})
    lane = fields.String(validate=validate.Length(1, 200), metadata={"description": "Only messages of this lane"})
    kind = fields.String(validate=validate.Length(1, 64), metadata={"description": "Only messages of this kind"})
