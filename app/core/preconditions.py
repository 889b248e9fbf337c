"""Strong ETags from revisions, and If-Match read back into the revision that a writer expects."""

import hashlib
import re

from flask import request

from app.core.errors import PreconditionFailed

_REVISION = re.compile(r'"r(\d{1,9})(\.[0-9a-f]{16})?"')


def etag(revision: int, body: bytes | None = None) -> str:
    """The strong ETag of this revision of a thing; of one `body` made of it, where more than the thing itself stands in it."""
    digest = f".{hashlib.sha256(body).hexdigest()[:16]}" if body is not None else ""
    return f'"r{revision}{digest}"'


def expected_revision() -> int | None:
    """The revision that If-Match names, or None when the client has no expectation (no header, or `*`)."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    match = _REVISION.fullmatch(header)
    if not match:
        raise PreconditionFailed(
            f"If-Match is {header[:80]}, which is no ETag of this thing. Read it again to get its ETag."
        )
    return int(match[1])
