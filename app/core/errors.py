"""Domain errors, and the one place that turns them into HTTP.

DomainError
├── Malformed 400               the request cannot be read
├── Unauthenticated 401
├── Forbidden 403
├── NotFound 404                also for what the caller may not see
├── NotAcceptable 406
├── Conflict 409
├── PreconditionFailed 412
├── TooLarge 413
├── UnsupportedMediaType 415
├── RangeNotSatisfiable 416
├── Invalid 422                 readable, but a field is wrong
├── TooManyRequests 429
├── UpstreamFailed 502          an outside system answered badly
├── Unavailable 503             a part that is needed is down or not configured
└── UpstreamTimeout 504
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, cast

import orjson
import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()


@dataclass(frozen=True)
class FieldError:
    """One wrong field: where it stands (a JSON pointer, or the name of a parameter) and what to do about it."""

    pointer: str
    detail: str


class DomainError(Exception):
    """Something that the caller must be told; `detail` names the thing and the remedy."""

    status = 500

    def __init__(
        self,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class Malformed(DomainError):
    """The request cannot be read at all."""

    status = 400


class Unauthenticated(DomainError):
    """Nobody we know is asking."""

    status = 401

    def __init__(self, detail: str, *, scheme: str = "Bearer") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": f'{scheme} realm="quaymaster"'})


class Forbidden(DomainError):
    """The caller is known, and may not."""

    status = 403


class NotFound(DomainError):
    """It is not there, or not for this caller."""

    status = 404


class NotAcceptable(DomainError):
    """None of the formats that the caller accepts can be made."""

    status = 406


class Conflict(DomainError):
    """The state of things stands against it."""

    status = 409


class PreconditionFailed(DomainError):
    """It was changed since the caller read it."""

    status = 412


class TooLarge(DomainError):
    """The body is larger than the limit that the message names."""

    status = 413


class UnsupportedMediaType(DomainError):
    """The body has a media type that this route does not read."""

    status = 415


class RangeNotSatisfiable(DomainError):
    """The range asked for lies outside the object."""

    status = 416


class Invalid(DomainError):
    """A field is wrong; `errors` says which and how."""

    status = 422


class TooManyRequests(DomainError):
    """The caller must wait `retry_after` seconds."""

    status = 429

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class UpstreamFailed(DomainError):
    """An outside system, named in the message, answered something that cannot be used."""

    status = 502


class Unavailable(DomainError):
    """A part that is needed now is down or not configured; the message names the part or the setting."""

    status = 503

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        super().__init__(detail, headers=headers)


class UpstreamTimeout(DomainError):
    """An outside system, named in the message, did not answer in time."""

    status = 504


TITLES = {460: "Checksum Mismatch"}  # statuses of protocols that HTTP itself does not know


@dataclass(frozen=True)
class Problem:
    """An error on its way out, before a renderer gives it the shape that its readers expect."""

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return TITLES.get(self.status) or HTTPStatus(self.status).phrase

    @property
    def shown_errors(self) -> list[dict[str, str]]:
        """The wrong fields as every shape of JSON tells them."""
        return [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]


@dataclass(frozen=True)
class Shape:
    """How errors look below a path: what makes the response, and for the document its media type, schema and statuses."""

    render: Callable[[Problem], Response]
    media_type: str = "application/problem+json"
    schema: Mapping[str, Any] | None = None  # None: the native one
    statuses: Mapping[int, int] = field(default_factory=dict)  # a status that foreign clients know, for one of ours


_shapes: dict[str, Shape] = {}


def register_renderer(path_prefix: str, shape: Shape) -> None:
    """Errors below `path_prefix` take this shape; of several matching prefixes the longest wins."""
    _shapes[path_prefix] = shape


def shape_of(path: str) -> Shape:
    """The shape of errors at this path."""
    prefixes = [prefix for prefix in _shapes if path.startswith(prefix)]
    return _shapes[max(prefixes, key=len)] if prefixes else NATIVE


def render(problem: Problem) -> Response:
    """The response for a problem at the path of the present request."""
    shape = shape_of(request.path)
    response = shape.render(replace(problem, status=shape.statuses.get(problem.status, problem.status)))
    response.headers.extend(problem.headers)
    return response


def problem_json(problem: Problem) -> Response:
    """RFC 9457, the native shape."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": g.get("request_id", ""),
    }
    if problem.errors:
        body["errors"] = problem.shown_errors
    return Response(orjson.dumps(body), problem.status, mimetype="application/problem+json")


NATIVE = Shape(problem_json)


def _on_domain_error(error: DomainError) -> Response:
    return render(Problem(error.status, error.detail, error.errors, error.headers))


def _on_http_exception(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:  # werkzeug's redirects come as exceptions
        return cast(Response, error.get_response())
    details = {
        404: f"There is nothing at {request.path}. See /docs for the paths that exist.",
        405: f"{request.method} is not possible at {request.path}. See the Allow header.",
        413: "The body is larger than this path accepts.",
    }
    status = error.code or 500
    allowed = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    detail = details.get(status) or error.description or "The request failed."
    return render(Problem(status, detail, headers=headers))


def _on_surprise(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    detail = "An unexpected error happened here; the request changed nothing. Tell the operator the request id."
    return render(Problem(500, detail))


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_surprise)
