"""Files that come in several requests, by tus 1.0.0 (https://tus.io), so that a broken connection costs little.

An upload that is `ready` is used by naming its `upload_id` where a file is wanted, such as at `/upload_asset`.
"""

from flask import Blueprint, request

from app.core.api import authenticate, contents, other_responses, response
from app.core.errors import DomainError
from app.core.pagination import paginated
from app.files import protocol, service, tus
from app.files.schemas import AppendSchema, FileUsageSchema, NewUploadSchema, TusSchema, UploadSchema
from app.users.auth import caller, token_auth

bp = Blueprint("uploads", __name__)
bp.after_request(protocol.add_version)

BINARY = {"schema": {"type": "string", "format": "binary"}, "example": "test"}
OTHER_VERSION = "Tus-Resumable is missing or another version; Tus-Version says which one is spoken"
CHECKSUM = "The bytes do not have the checksum that was sent; none was kept"


@bp.route("/api/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/api/uploads/<id>", methods=["OPTIONS"], provide_automatic_options=False)
def get_options(id=None):
    """What is spoken here; open to everybody."""
    return "", 204, protocol.options(service.max_bytes())


@bp.post("/api/uploads")
@authenticate(token_auth)
@protocol.described(NewUploadSchema)
@response(UploadSchema, 201)
@other_responses(
    {
        412: OTHER_VERSION,
        413: "It is larger than is taken here, than your quota, or than Upload-Length",
        415: "A body was sent that is not application/offset+octet-stream",
        422: "The file name cannot be kept",
        460: CHECKSUM,
    }
)
def create_upload():
    """Begin an upload

    `Upload-Length` is the size of the whole. The first bytes may come along as `application/offset+octet-stream`, also with
    `Upload-Checksum`. Send the others by PATCH to the `Location`. The answer has `Upload-Offset` and `Upload-Expires`.
    """
    protocol.need_version()
    protocol.refuse_extensions()
    length = tus.read_number("Upload-Length", request.headers.get("Upload-Length"))
    checksum = tus.read_checksum(request.headers.get("Upload-Checksum"))
    if protocol.has_body():
        protocol.need_body_type()
    row = service.create_upload(caller(), length=length, metadata=request.headers.get("Upload-Metadata", ""))
    if protocol.has_body():
        row = _append_first(row.id, checksum)
    return service.show(row), 201, {**protocol.progress(row), "Location": f"/api/uploads/{row.id}"}


def _append_first(id, checksum):
    try:
        _append(id, 0, checksum)
    except DomainError:
        # its sender will never know where it is
        service.terminate(caller(), id)
        raise
    return service.get_upload(caller(), id)


def _append(id, offset, checksum):
    size = request.content_length
    service.append(caller(), id, offset, request.stream.read, checksum=checksum, size=size)


@bp.get("/api/uploads")
@authenticate(token_auth)
@paginated(UploadSchema)
def list_uploads():
    """List your uploads

    Those that were not used, ended or forgotten yet, newest first.
    """
    return service.list_uploads(caller())


@bp.get("/api/uploads/<id>")
@authenticate(token_auth)
@response(UploadSchema)
def get_upload(id):
    """Read how far an upload is

    HEAD, which belongs to the protocol and needs `Tus-Resumable`, gives `Upload-Offset`, where the next bytes belong.
    """
    row = service.get_upload(caller(), id)
    if request.method == "HEAD":
        protocol.need_version()
    return service.show(row), 200, protocol.progress(row)


@bp.patch("/api/uploads/<id>")
@authenticate(token_auth)
@protocol.described(AppendSchema)
@contents(body={tus.BODY_TYPE: BINARY})
@other_responses(
    {
        409: "The upload continues at another offset, has all its bytes, or was taken over by another request",
        412: OTHER_VERSION,
        413: "More bytes than Upload-Length",
        423: "Another request appends right now; Retry-After says when to try again",
        460: CHECKSUM,
    }
)
def append_to_upload(id):
    """Add bytes to an upload

    Kept is what arrived, also when the connection breaks; with `Upload-Checksum` all bytes of the request or none. The answer
    has the new `Upload-Offset`.
    """
    service.get_upload(caller(), id)
    protocol.need_version()
    protocol.need_body_type()
    offset = tus.read_number("Upload-Offset", request.headers.get("Upload-Offset"))
    _append(id, offset, tus.read_checksum(request.headers.get("Upload-Checksum")))
    return "", 204, protocol.progress(service.get_upload(caller(), id))


@bp.delete("/api/uploads/<id>")
@authenticate(token_auth)
@protocol.described(TusSchema)
@other_responses({412: OTHER_VERSION})
def terminate_upload(id):
    """End an upload

    Its bytes are forgotten.
    """
    service.get_upload(caller(), id)
    protocol.need_version()
    service.terminate(caller(), id)
    return "", 204


@bp.get("/api/files/usage")
@authenticate(token_auth)
@response(FileUsageSchema)
def get_usage():
    """Read what your files take

    Bytes of the files that are in use, and your quota.
    """
    return service.usage(caller())
