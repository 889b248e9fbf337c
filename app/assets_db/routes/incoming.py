"""Uploads as they come in: the form's fields, the file into its sink, and the digests that were declared."""

import base64
import hashlib
import re
from typing import Any

from flask import request

from app.assets_db.schemas import UploadFormSchema
from app.core import edge
from app.core.api import load
from app.core.errors import FieldError, Invalid, Malformed
from app.core.multipart import FilePart, read_form
from app.entities.service import Caller
from app.files import service as files
from app.files.service import StoredFile

_SHA256 = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")
SCHEMA = UploadFormSchema()


class Incoming:
    """One upload by a form with the file `asset` and the field `asset_metadata`, in either order."""

    def __init__(self, caller: Caller | None) -> None:
        self._caller = caller
        self._declared = _digest(request.headers.get("Content-Digest"))
        self._body = hashlib.sha256() if self._declared else None
        self._of_part: bytes | None = None
        self._given: dict[str, Any] | None = None

    def read(self) -> tuple[dict[str, Any], StoredFile]:
        """What the form says of the asset, and its file in the store; raises what is wrong, and then keeps nothing."""
        form = read_form("asset", self._receive, self._body.update if self._body else None)
        if form.file is None:
            raise _refused("asset", "No file part: the form needs a file named asset, with curl -F asset=@FILE")
        try:
            given = self._given or _metadata(form.fields)
            file = form.file.finish()
        except BaseException:
            form.file.abort()
            raise
        self._check(file)
        return given, file

    def _receive(self, part: FilePart, fields: dict[str, str]) -> files.Sink:
        self._of_part = _digest(part.headers.get("Content-Digest"))
        if "asset_metadata" in fields:  # what is wrong in it is said before the file is read
            self._given = _metadata(fields)
        return files.begin(self._caller, file_name=part.name, media_type=part.media_type)

    def _check(self, file: StoredFile) -> None:
        """A digest of the part is of the file; one of the request is of the body, but many mean the file by it."""
        actual = bytes.fromhex(file.sha256)
        of_body = self._body.digest() if self._body else None
        wrong_part = self._of_part is not None and self._of_part != actual
        if wrong_part or (self._declared is not None and self._declared not in (actual, of_body)):
            files.discard(file)
            raise _refused("Content-Digest", f"is not the digest of what arrived; the file's SHA-256 is {file.sha256}")


def _metadata(fields: dict[str, str]) -> dict[str, Any]:
    value = edge.parse_json(fields.get("asset_metadata", "{}").encode())
    if not isinstance(value, dict):
        raise _refused("asset_metadata", "must be a JSON object")
    if not isinstance(value.get("asset_name", ""), str) or not str(value.get("asset_name", "")).strip():
        raise _refused("asset_name", "asset_name is required, a string that is not blank")
    given = load(SCHEMA, value)
    if not given["asset_version"]["version"] or not given["asset_version"]["tag"]:
        raise _refused("asset_version", "Both version and tag are required in asset_version")
    return given


def _digest(header: str | None) -> bytes | None:
    if header is None:
        return None
    found = _SHA256.search(header)
    if found is None:
        raise Malformed(
            "Content-Digest has no sha-256 of the form sha-256=:BASE64: (RFC 9530); others are not verified."
        )
    return base64.b64decode(found[1])


def _refused(name: str, detail: str) -> Invalid:
    return Invalid(f"{detail}.", errors=[FieldError(f"/{name}", detail)])
