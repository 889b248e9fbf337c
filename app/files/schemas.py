"""Uploads and usage on the wire, and the headers of tus."""

from marshmallow import fields, validate

from app.core.api import HexId, Moment, Schema
from app.files.tus import ALGORITHMS, VERSION

STATES = ("receiving", "verifying", "ready", "failed")
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MD5 = "098f6bcd4621d373cade4e832627b4f6"
DIGEST = rf"^({'|'.join(ALGORITHMS)}) [A-Za-z0-9+/]+=*$"


class UploadSchema(Schema):
    """A file that comes in several requests."""

    upload_id = HexId(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata={
            "description": "`receiving`, then `verifying` while the whole is read once more for its checksum, then `ready` "
            "to be used, or `failed` for the `reason`",
            "example": "receiving",
        },
    )
    offset = fields.Integer(required=True, metadata={"description": "Bytes that are safe", "example": 1048576})
    length = fields.Integer(required=True, metadata={"description": "Bytes of the whole", "example": 4194304})
    file_name = fields.String(required=True, metadata={"example": "spectra.h5"})
    media_type = fields.String(required=True, metadata={"example": "application/x-hdf5"})
    sha256 = fields.String(required=True, allow_none=True, metadata={"example": SHA256})
    md5 = fields.String(required=True, allow_none=True, metadata={"example": MD5})
    expires_at = Moment(required=True, metadata={"description": "When it is forgotten unless it goes on or is used"})
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it failed"})


class FileUsageSchema(Schema):
    """What the caller's files take."""

    bytes = fields.Integer(required=True, metadata={"example": 4194304})
    quota = fields.Integer(required=True, allow_none=True, metadata={"description": "Bytes; null for no limit"})
    left = fields.Integer(required=True, allow_none=True, metadata={"description": "Bytes; null for no limit"})


class TusSchema(Schema):
    """What every request of the protocol says."""

    version = fields.String(
        data_key="Tus-Resumable",
        required=True,
        validate=validate.OneOf([VERSION]),
        metadata={"description": "Version of the protocol", "example": VERSION},
    )


class NewUploadSchema(TusSchema):
    """What the beginning of an upload says."""

    length = fields.Integer(
        data_key="Upload-Length",
        required=True,
        validate=validate.Range(0, 10**18 - 1),
        metadata={"description": "Bytes of the whole file", "example": 4},
    )
    metadata = fields.String(
        data_key="Upload-Metadata",
        metadata={
            "description": "Pairs of a key and a value in Base64 with commas between them: `filename`, `filetype`, and "
            "`sha256`, which is compared",
            "example": "filename c3BlY3RyYS5oNQ==,filetype YXBwbGljYXRpb24veC1oZGY1",
        },
    )


class AppendSchema(TusSchema):
    """What a request that adds bytes says."""

    offset = fields.Integer(
        data_key="Upload-Offset",
        required=True,
        validate=validate.Range(0, 10**18 - 1),
        metadata={"description": "Where these bytes belong: what HEAD says", "example": 0},
    )
    checksum = fields.String(
        data_key="Upload-Checksum",
        validate=validate.Regexp(DIGEST),
        metadata={"description": "Algorithm (sha1, sha256, md5) and digest in Base64 of this request's bytes"},
    )
