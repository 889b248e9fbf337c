"""Fields that several kinds of ML assets share."""

from marshmallow import ValidationError, fields, validate

from app.core.api import Schema
from app.entities.schemas import visibility

NAME_EXAMPLE = "diabetes-progression"


def name(**kwargs):
    """A name of one line."""
    kwargs.setdefault("required", True)
    notes = {"example": NAME_EXAMPLE}
    rules = [validate.Length(max=250), validate.Regexp(r"\s*\S", error="must not be blank")]
    return fields.String(validate=rules, metadata=notes, **kwargs)


def version(**kwargs):
    """A version, in whatever form its makers count."""
    return fields.String(validate=validate.Length(1, 100), metadata={"example": "1.0"}, **kwargs)


def description(**kwargs):
    """Words for people."""
    rule = validate.Length(min=1 if kwargs.get("required") else 0, max=20_000)
    return fields.String(validate=rule, metadata={"example": "Predicts the progression of diabetes."}, **kwargs)


def check_small(value):
    """Refuse what is too much to travel with every answer."""
    if len(value) > 200:
        raise ValidationError("must have at most 200 entries")


def tags(*, nullable=False, **kwargs):
    """Words by which lists filter; in changes, null takes one away."""
    return fields.Dict(
        keys=fields.String(validate=validate.Length(1, 250)),
        values=fields.String(validate=validate.Length(max=5000), allow_none=nullable),
        validate=check_small,
        metadata={"example": {"domain": "medicine"}},
        **kwargs,
    )


def properties(**kwargs):
    """Whatever else belongs to it; in changes a JSON merge patch."""
    notes = {"example": {"licence": "CC-BY-4.0"}, "description": "Free-form; in changes a JSON merge patch (RFC 7396)"}
    return fields.Dict(
        keys=fields.String(validate=validate.Length(1, 250)), validate=check_small, metadata=notes, **kwargs
    )


class SharedFields(Schema):
    """What may be said of every ML asset when it is made."""

    tags = tags(load_default=dict)
    properties = properties(load_default=dict)
    visibility = visibility(load_default="internal")


class AssetFilterSchema(Schema):
    """Which assets of a kind."""

    name = fields.String(
        validate=validate.Length(1, 250), metadata={"description": "Exactly this name; `abc*` for all that begin so"}
    )
    q = fields.String(validate=validate.Length(1, 250), metadata={"description": "Words inside name or description"})
    tag = fields.List(
        fields.String(validate=validate.Length(1, 505)),
        validate=validate.Length(max=10),
        metadata={"description": "`key` or `key=value`; may be repeated, all must hold"},
    )
    creator = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of a user, or `me`"})
    deleted = fields.Boolean(load_default=False, metadata={"description": "What lies in your bin instead"})
    sort = fields.String(
        load_default="created",
        validate=validate.Length(1, 260),
        metadata={"description": "`created` or `name`, and `metrics.NAME` for models; a leading `-` reverses"},
    )
