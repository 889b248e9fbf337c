"""Assets on the wire."""

from marshmallow import EXCLUDE, fields, validate

from app.assets_db.document import URL, URL_WANTED
from app.core.api import HexId, Schema
from app.entities.schemas import EntityFields, visibility

URI = "SampleAsset:1.0-initial"
ASSET_ID = "3f2c8c1e-5a67-4c4a-9b0e-2f1d6a7b8c90"
FILE_INFO = {"file_name": "model.pkl", "file_type": "application/octet-stream", "file_size": 10, "sha256": "0f" * 32}


def _name(**kwargs):
    notes = {"example": "SampleAsset", "description": "May contain slashes"}
    return fields.String(validate=validate.Length(max=400), metadata=notes, **kwargs)


class AssetVersionSchema(Schema):
    """Version and tag, both part of the uri."""

    version = fields.String(validate=validate.Length(max=100), load_default="", metadata={"example": "1.0"})
    tag = fields.String(validate=validate.Length(max=100), load_default="", metadata={"example": "initial"})


class NewAssetSchema(Schema):
    """An asset; fields that are not listed are ignored, as are those that the service assigns."""

    class Meta:
        unknown = EXCLUDE

    asset_name = _name(load_default="")
    asset_version = fields.Nested(AssetVersionSchema, load_default=lambda: {"version": "", "tag": ""})
    asset_metadata = fields.Dict(load_default=dict, metadata={"example": {"description": "Sample asset"}})
    asset_tags = fields.List(fields.String(), load_default=list, metadata={"example": ["image", "sample"]})
    asset_file_info = fields.Dict(
        load_default=dict, metadata={"description": "Whatever is said of the file; a `sha256` in it is verified"}
    )
    asset_public_url = fields.String(
        load_default="",
        validate=validate.Regexp(rf"^(?:{URL.pattern})?$", error=URL_WANTED),
        metadata={"description": "Where the file is, if it is kept elsewhere", "example": "https://example.org/a.png"},
    )
    visibility = visibility()
    upload_id = HexId(metadata={"description": "A file that came in several requests, see `/api/uploads`"})


class UploadFormSchema(NewAssetSchema):
    """What the form field `asset_metadata` says."""

    class Meta:
        unknown = EXCLUDE
        exclude = ("upload_id",)

    asset_name = fields.String(required=True, validate=[validate.Length(1, 400), validate.Regexp(r"\s*\S")])
    asset_version = fields.Nested(AssetVersionSchema, required=True)


class AssetChangesSchema(Schema):
    """What is set: whole fields, or places inside by dotted keys such as `asset_metadata.description`."""

    class Meta:
        unknown = "include"

    asset_metadata = fields.Raw(metadata={"type": "object", "example": {"description": "Updated"}})
    asset_tags = fields.Raw(metadata={"type": "array", "items": {"type": "string"}, "example": ["updated", "sample"]})


class FilterSchema(Schema):
    """A MongoDB filter; its keys are fields, dotted paths or logical operators."""

    class Meta:
        unknown = "include"

    asset_tags = fields.Raw(metadata={"example": {"$in": ["image", "sample"]}})


class AssetDocumentSchema(Schema):
    """The document of an asset; filters speak of these fields."""

    asset_uri = fields.String(required=True, metadata={"example": URI})
    asset_name = fields.String(required=True)
    asset_id = fields.String(required=True, metadata={"example": ASSET_ID})
    assets_db_id = fields.String(required=True)
    asset_version = fields.Nested(AssetVersionSchema, required=True)
    asset_metadata = fields.Dict(required=True)
    asset_public_url = fields.String(required=True)
    asset_file_info = fields.Dict(required=True, metadata={"example": FILE_INFO})
    asset_tags = fields.List(fields.String(), required=True)
    visibility = fields.String(required=True, metadata={"enum": ["private", "internal", "public"]})
    owner = fields.String(required=True, allow_none=True, metadata={"description": "Id of a user, if it is anybody's"})


class AssetAnswerSchema(Schema):
    """An asset."""

    success = fields.Boolean(required=True)
    data = fields.Nested(AssetDocumentSchema, required=True)


class AssetsAnswerSchema(Schema):
    """The assets that the filter finds, oldest first."""

    success = fields.Boolean(required=True)
    data = fields.List(fields.Nested(AssetDocumentSchema), required=True)


class AssetDoneSchema(Schema):
    """What was done."""

    message = fields.String(required=True)


class AssetDoneAnswerSchema(Schema):
    """It was done."""

    success = fields.Boolean(required=True)
    data = fields.Nested(AssetDoneSchema, required=True)


class CreatedAssetSchema(AssetDoneSchema):
    """The names of an asset that was made."""

    id = fields.String(required=True, metadata={"description": "The asset_id", "example": ASSET_ID})
    asset_id = fields.String(required=True)
    asset_uri = fields.String(required=True)
    public_url = fields.String(required=True)


class CreatedAssetAnswerSchema(Schema):
    """An asset was made."""

    success = fields.Boolean(required=True)
    data = fields.Nested(CreatedAssetSchema, required=True)


class UploadedAssetAnswerSchema(CreatedAssetAnswerSchema):
    """A file was stored."""

    asset_uri = fields.String(required=True)
    asset_id = fields.String(required=True)
    public_url = fields.String(required=True)


class ObjectArgumentsSchema(Schema):
    """How the file comes."""

    redirect = fields.Boolean(
        metadata={"description": "`true`: be sent to the store, where there is one that clients can reach"}
    )


class AssetSchema(AssetDocumentSchema, EntityFields):
    """An asset with what is common to all things."""

    id = HexId(required=True)
    aliases = fields.List(fields.String(), required=True, metadata={"example": ["stable"]})


class AssetListFilterSchema(Schema):
    """Which assets."""

    name = fields.String(validate=validate.Length(1, 400), metadata={"description": "Exactly this name"})
    tag = fields.List(
        fields.String(validate=validate.Length(1, 400)),
        validate=validate.Length(max=10),
        metadata={"description": "One of the asset's tags; may be repeated, all must be there"},
    )
    owner = fields.String(validate=validate.Length(1, 64), metadata={"description": "Id of a user, `me`, or `nobody`"})
    q = fields.String(validate=validate.Length(1, 250), metadata={"description": "Words inside name or metadata"})


class NamedAssetSchema(Schema):
    """The name of an asset."""

    name = fields.String(required=True, validate=validate.Length(1, 400), metadata={"example": "SampleAsset"})


class AliasedAssetSchema(NamedAssetSchema):
    """An alias of an asset among those of one name."""

    alias = fields.String(required=True, validate=validate.Length(1, 100), metadata={"example": "latest"})
    owner = HexId(metadata={"description": "Whose alias; default: yours"})
