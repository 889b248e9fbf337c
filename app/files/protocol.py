"""The tus protocol in HTTP: which requests speak it, which headers answers have, and how errors look."""

from collections.abc import Callable
from typing import Any

from apifairy.decorators import _annotate
from flask import Response, request
from marshmallow import Schema as MarshmallowSchema
from werkzeug.http import http_date

from app.core.errors import (
    FieldError,
    Malformed,
    PreconditionFailed,
    Problem,
    Shape,
    UnsupportedMediaType,
    problem_json,
)
from app.files.tus import ALGORITHMS, BODY_TYPE, EXTENSIONS, VERSION

PREFIX = "/api/uploads"


def _problem(problem: Problem) -> Response:
    response = problem_json(problem)
    response.headers["Tus-Resumable"] = VERSION
    return response


SHAPE = Shape(_problem)  # of all errors below PREFIX


def need_version() -> None:
    """Refuse a request of another version of the protocol; raises PreconditionFailed."""
    if request.headers.get("Tus-Resumable") != VERSION:
        detail = f"Send the header Tus-Resumable: {VERSION}; no other version is spoken here."
        raise PreconditionFailed(detail, headers={"Tus-Version": VERSION})


def refuse_extensions() -> None:
    """Refuse what would begin another kind of upload than we have; raises Malformed."""
    if "Upload-Defer-Length" in request.headers:
        detail = "is not supported; send Upload-Length with the size of the whole file"
        raise Malformed(f"Upload-Defer-Length {detail}.", errors=[FieldError("Upload-Defer-Length", detail)])
    if "Upload-Concat" in request.headers:
        detail = "is not supported; send the file as one upload"
        raise Malformed(f"Upload-Concat {detail}.", errors=[FieldError("Upload-Concat", detail)])


def has_body() -> bool:
    """Whether bytes of the file come with this request."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def need_body_type() -> None:
    """Refuse a body that is not said to be bytes of the file; raises UnsupportedMediaType."""
    if request.mimetype != BODY_TYPE:
        raise UnsupportedMediaType(f"Bytes of the file are sent with the header Content-Type: {BODY_TYPE}.")


def options(max_bytes: int) -> dict[str, str]:
    """What OPTIONS says."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def progress(row: Any) -> dict[str, str]:
    """How far an upload is, for HEAD and for the answers to POST and PATCH."""
    headers = {"Upload-Offset": str(row.position), "Upload-Expires": http_date(row.expires_at)}
    headers |= {"Upload-Length": str(row.length), "Cache-Control": "no-store"}
    if row.details["metadata"]:
        headers["Upload-Metadata"] = row.details["metadata"]
    return headers


def add_version(response: Response) -> Response:
    """Every answer says which version it speaks."""
    if request.path.startswith(PREFIX):
        response.headers["Tus-Resumable"] = VERSION
    return response


def described(takes: type[MarshmallowSchema]) -> Callable[..., Any]:
    """Document the headers that a view takes; it reads them itself."""

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        _annotate(view, args=[(takes(), "headers")])
        return view

    return decorator
