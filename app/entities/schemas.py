"""What things of any kind look like on the wire."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema


class CreatorSchema(Schema):
    """Who made it."""

    user_id = HexId(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)


def visibility(**kwargs):
    """Who may see it."""
    notes = {"example": "internal", "description": "`private`: you and whom you share it with; `internal`: all users"}
    return fields.String(validate=validate.OneOf(["private", "internal", "public"]), metadata=notes, **kwargs)


class EntityFields(Schema):
    """What every answer says of a thing."""

    visibility = visibility(required=True)
    state = fields.String(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Grows by each change; the ETag is made of it"})
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    creator = fields.Nested(CreatorSchema, required=True, allow_none=True)


class AliasSchema(Schema):
    """Another name."""

    scheme = fields.String(required=True)
    value = fields.String(required=True)


class EntitySchema(EntityFields):
    """A thing of any kind."""

    id = HexId(required=True)
    kind = fields.String(required=True, metadata={"example": "ml_model"})
    title = fields.String(required=True)
    location = fields.String(required=True, metadata={"description": "Where its own room serves it"})
    aliases = fields.List(fields.Nested(AliasSchema), required=True)
