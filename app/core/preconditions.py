"""Strong ETags from revisions, and If-Match read back into the revision that a writer expects."""

import re

from flask import request

from app.core.errors import PreconditionFailed

_REVISION = re.compile(r'"r(\d{1,9})"')


def etag(revision: int) -> str:
    """The strong ETag of this revision of a thing."""
    return f'"r{revision}"'


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
