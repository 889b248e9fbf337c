"""What the rooms above and the routes may ask of files."""

from app.files.service.adoption import adopt, discard, release
from app.files.service.downloads import is_here, object_of, presigned, source
from app.files.service.quota import usage
from app.files.service.removal import delete_object
from app.files.service.rows import StoredFile, configure, max_bytes
from app.files.service.sinks import Sink, begin
from app.files.service.sweeping import Collected, Swept, gc, sweep
from app.files.service.uploads.appending import append
from app.files.service.uploads.completing import verify_upload
from app.files.service.uploads.creating import create_upload
from app.files.service.uploads.finding import claim_upload, get_upload, list_uploads, show, terminate
from app.files.service.verifying import Finding, Verified, count, verify

__all__ = [
    "Collected",
    "Finding",
    "Sink",
    "StoredFile",
    "Swept",
    "Verified",
    "adopt",
    "append",
    "begin",
    "claim_upload",
    "configure",
    "count",
    "create_upload",
    "delete_object",
    "discard",
    "gc",
    "get_upload",
    "is_here",
    "list_uploads",
    "max_bytes",
    "object_of",
    "presigned",
    "release",
    "show",
    "source",
    "sweep",
    "terminate",
    "usage",
    "verify",
    "verify_upload",
]
