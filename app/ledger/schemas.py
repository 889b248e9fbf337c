"""What acts, lineages and grants look like on the wire."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema
from app.entities.schemas import CreatorSchema

RIGHT = {"example": "read", "description": "`write` includes `read`"}


class ActThingSchema(Schema):
    """A thing that an act used or made."""

    id = HexId(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)


class ActSchema(Schema):
    """One act."""

    id = HexId(required=True)
    kind = fields.String(required=True, metadata={"example": "ml_assets.register"})
    label = fields.String(required=True)
    agent = fields.Nested(CreatorSchema, required=True, allow_none=True)
    at = Moment(required=True, metadata={"description": "When it was written down"})
    started_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    details = fields.Dict(keys=fields.String(), required=True)
    used = fields.List(fields.Nested(ActThingSchema), required=True)
    generated = fields.List(fields.Nested(ActThingSchema), required=True)


class ActFilterSchema(Schema):
    """Which acts."""

    every = fields.Boolean(data_key="all", load_default=False, metadata={"description": "Everybody's; for admins"})
    kind = fields.String(validate=validate.Length(1, 64), metadata={"description": "Such as `ml_assets.register`"})
    entity = fields.String(validate=validate.Length(1, 600), metadata={"description": "Id or alias of a thing"})
    since = Moment(metadata={"description": "Not before this moment"})


class NodeSchema(Schema):
    """A thing or an act in a lineage."""

    id = HexId(required=True)
    type = fields.String(required=True, validate=validate.OneOf(["entity", "act"]))
    kind = fields.String(required=True)
    title = fields.String(required=True)
    location = fields.String(metadata={"description": "Where the thing is served"})
    started_at = Moment()
    ended_at = Moment()
    details = fields.Dict(keys=fields.String())


class EdgeSchema(Schema):
    """A thing that an act used, or an act that generated a thing; arrows run along time."""

    source = HexId(required=True)
    target = HexId(required=True)
    role = fields.String(required=True, validate=validate.OneOf(["used", "generated"]))


class LineageSchema(Schema):
    """What a thing was made of and what was made of it."""

    root = HexId(required=True)
    nodes = fields.List(fields.Nested(NodeSchema), required=True)
    edges = fields.List(fields.Nested(EdgeSchema), required=True)
    truncated = fields.Boolean(required=True, metadata={"description": "There is more, beyond the depth or 500 nodes"})


class LineageArgumentsSchema(Schema):
    """How far to look, and where."""

    direction = fields.String(
        load_default="both",
        validate=validate.OneOf(["upstream", "downstream", "both"]),
        metadata={"description": "Towards what it was made of, what was made of it, or both"},
    )
    depth = fields.Integer(load_default=5, validate=validate.Range(1, 20), metadata={"description": "Acts to pass"})
    format = fields.String(
        validate=validate.OneOf(["json", "svg"]), metadata={"description": "Instead of the Accept header"}
    )


class LineageOfIriSchema(LineageArgumentsSchema):
    """The thing by its IRI."""

    iri = fields.String(required=True, validate=validate.Length(1, 600), metadata={"description": "IRI or alias"})


class GrantSchema(Schema):
    """A right that a user was given."""

    user_id = HexId(required=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    right = fields.String(required=True, validate=validate.OneOf(["read", "write"]), metadata=RIGHT)
    created_at = Moment(required=True)


class GrantsSchema(Schema):
    """With whom a thing is shared."""

    grants = fields.List(fields.Nested(GrantSchema), required=True)


class RightSchema(Schema):
    """The right to give."""

    right = fields.String(required=True, validate=validate.OneOf(["read", "write"]), metadata=RIGHT)
