"""The registry on the wire."""

from marshmallow import EXCLUDE, INCLUDE, fields, validate

from app.assets_registry.document import ID_PATTERN, ID_WANTED, MAX_NAME
from app.assets_registry.fanout import REASONS as WHY_NOT_ANSWERED
from app.assets_registry.fanout import STATES as ANSWER_STATES
from app.assets_registry.probes import REASONS, STATES
from app.core.api import HexId, Moment, Schema
from app.entities.schemas import EntityFields, visibility

REGISTRY_ID = "123e4567-e89b-12d3-a456-426614174000"
METADATA = {"framework": "PyTorch", "version": "1.0"}
TAGS = ["image-classification", "deep-learning"]
URL = "http://127.0.0.1:5000"  # who tries an example out must not make this service connect to a stranger


def _reason(meanings, **kwargs):
    words = "; ".join(f"`{name}`: {meaning}" for name, meaning in meanings.items())
    return fields.String(allow_none=True, metadata={"enum": [*meanings, None], "description": words}, **kwargs)


def _state(**kwargs):
    return fields.String(required=True, metadata={"enum": list(STATES), "description": "As last found"}, **kwargs)


class NewRegistryEntrySchema(Schema):
    """An assets DB to register; fields that are not listed are ignored."""

    class Meta:
        unknown = EXCLUDE

    asset_registry_id = fields.String(
        validate=validate.Regexp(ID_PATTERN, error=ID_WANTED),
        metadata={"description": "Default: a new UUID"},
    )
    asset_registry_name = fields.String(
        load_default="", validate=validate.Length(max=MAX_NAME), metadata={"example": "ResNet models registry"}
    )
    asset_registry_metadata = fields.Dict(load_default=dict, metadata={"example": METADATA})
    asset_registry_tags = fields.List(fields.String(), load_default=list, metadata={"example": TAGS})
    asset_registry_public_url = fields.String(
        required=True,
        validate=validate.Length(1, 4000),
        metadata={"example": URL, "description": "Where the assets DB is, http or https; `/health` is put behind it"},
    )
    visibility = visibility()


class RegistryArgumentsSchema(Schema):
    """What is asked of an assets DB that is registered."""

    require_healthy = fields.Boolean(
        load_default=False, metadata={"description": "`true`: answer 424 and store nothing when it is not healthy"}
    )


class RegistryChangesSchema(Schema):
    """What is set: whole fields, or places inside by dotted keys such as `asset_registry_metadata.version`."""

    class Meta:
        unknown = INCLUDE

    asset_registry_metadata = fields.Raw(
        metadata={"type": "object", "example": {"framework": "TensorFlow", "version": "2.0"}}
    )
    asset_registry_tags = fields.Raw(
        metadata={"type": "array", "items": {"type": "string"}, "example": ["neural-network", "tensorflow"]}
    )


class RegistryFilterSchema(Schema):
    """A MongoDB filter over entries; its keys are fields, dotted paths or logical operators."""

    class Meta:
        unknown = INCLUDE

    asset_registry_tags = fields.Raw(metadata={"example": {"$in": ["deep-learning"]}})


class RegistryDocumentSchema(Schema):
    """An entry; filters speak of these fields."""

    asset_registry_id = fields.String(required=True, metadata={"example": REGISTRY_ID})
    asset_registry_name = fields.String(required=True)
    asset_registry_metadata = fields.Dict(required=True, metadata={"example": METADATA})
    asset_registry_tags = fields.List(fields.String(), required=True)
    asset_registry_public_url = fields.String(required=True, metadata={"example": URL})


class RegistryAnswerSchema(Schema):
    """An entry."""

    success = fields.Boolean(required=True)
    data = fields.Nested(RegistryDocumentSchema, required=True)


class RegistriesAnswerSchema(Schema):
    """The entries that the filter finds, oldest first."""

    success = fields.Boolean(required=True)
    data = fields.List(fields.Nested(RegistryDocumentSchema), required=True)


class RegistryDoneSchema(Schema):
    """What was done."""

    message = fields.String(required=True)


class RegistryDoneAnswerSchema(Schema):
    """It was done."""

    success = fields.Boolean(required=True)
    data = fields.Nested(RegistryDoneSchema, required=True)


class RegisteredAssetsDBSchema(RegistryDoneSchema):
    """The id of an entry that was made, and how its assets DB was found."""

    id = fields.String(required=True, metadata={"description": "The asset_registry_id", "example": REGISTRY_ID})
    asset_registry_id = fields.String(required=True)
    health = _state()
    reason = _reason(REASONS, required=True)


class RegisteredAssetsDBAnswerSchema(Schema):
    """An entry was made."""

    success = fields.Boolean(required=True)
    data = fields.Nested(RegisteredAssetsDBSchema, required=True)


class RegistryHealthAnswerSchema(Schema):
    """How an assets DB is; `success` says whether it is healthy."""

    success = fields.Boolean(required=True)
    message = fields.String(required=True, metadata={"enum": list(STATES)})


class AssetsDBSchema(RegistryDocumentSchema, EntityFields):
    """A registered assets DB with what is common to all things, and how it was found."""

    id = HexId(required=True)
    state = _state()
    reason = _reason(REASONS, required=True)
    latency_ms = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Milliseconds until it had answered"}
    )
    last_seen = Moment(required=True, allow_none=True, metadata={"description": "When it was last found healthy"})
    checked_at = Moment(required=True, allow_none=True, metadata={"description": "When it was last asked"})


class AssetsDBListFilterSchema(Schema):
    """Which assets DBs."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"description": "As last found"})


class AssetsDBQuerySchema(Schema):
    """A question for all assets DBs."""

    filter = fields.Dict(required=True, metadata={"example": {"asset_tags": "image"}, "description": "MongoDB filter"})
    limit = fields.Integer(
        load_default=20,
        strict=True,
        validate=validate.Range(1, 100),
        metadata={"description": "Assets of each assets DB", "example": 20},
    )


class AssetElsewhereSchema(Schema):
    """An asset, as an assets DB describes it."""

    asset_registry_id = fields.String(required=True, metadata={"description": "Which assets DB has it"})
    asset = fields.Dict(
        required=True, metadata={"description": "As that assets DB sent it; nothing in it was verified"}
    )


class AskedAssetsDBSchema(Schema):
    """How one assets DB answered."""

    asset_registry_id = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(ANSWER_STATES)})
    count = fields.Integer(required=True)
    reason = _reason(WHY_NOT_ANSWERED, required=True)


class AssetsElsewhereSchema(Schema):
    """What the assets DBs found."""

    data = fields.List(fields.Nested(AssetElsewhereSchema), required=True)
    sources = fields.List(fields.Nested(AskedAssetsDBSchema), required=True)
    partial = fields.Boolean(required=True, metadata={"description": "Some did not answer, or have more"})
