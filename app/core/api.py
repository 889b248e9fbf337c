"""What routes are made of: schemas that know our formats, decorators that read and document, and JSON by orjson."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any

import orjson
from apifairy import APIFairy, authenticate, other_responses
from apifairy.decorators import _annotate
from flask import Flask, Response, g, json, request
from flask_marshmallow import Marshmallow
from marshmallow import RAISE, ValidationError, fields, validate
from marshmallow import Schema as MarshmallowSchema
from webargs.multidictproxy import MultiDictProxy
from werkzeug.routing import BaseConverter

from app.core import edge, idempotency
from app.core.clock import rfc3339
from app.core.errors import FieldError, Invalid

__all__ = ["Schema", "apifairy", "arguments", "authenticate", "body", "ma", "other_responses", "response"]

ma = Marshmallow()
apifairy = APIFairy()


class Schema(ma.Schema):  # type: ignore[name-defined]
    """Base of every schema: a field that is not declared is refused by name."""

    class Meta:
        unknown = RAISE


class Moment(fields.DateTime):
    """RFC 3339 in UTC with microseconds and `Z`; read with any offset."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return rfc3339(value)


class HexId(fields.String):
    """64 hexadecimal characters, as our ids are written."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"example": "0f" * 32})
        super().__init__(
            validate=validate.Regexp("^[0-9a-f]{64}$", error="must be 64 hexadecimal characters"), **kwargs
        )


def wire(value: Any) -> bytes:
    """JSON as we send it; moments as RFC 3339 in UTC."""
    return orjson.dumps(value, default=_moment, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _moment(value: Any) -> str | None:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"{type(value).__name__} has no form on the wire")


class OrjsonProvider(json.provider.JSONProvider):
    """JSON for Flask, fourteen times as fast as the standard library's."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return wire(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        return Response(wire(self._prepare_response_obj(args, kwargs)), mimetype="application/json")


# set by the tests: is called with each schema and each answer that is said to be of it
check_answer: Callable[[MarshmallowSchema, Any], None] | None = None


def response(schema: type[MarshmallowSchema] | MarshmallowSchema, status: int = 200) -> Callable[..., Any]:
    """The view gives an answer that has the form of `schema` already, perhaps with a status and headers.

    The schema documents it. It does not make it: to do so for every row of a list costs as much as the SQL. That answers
    are what their schemas say is checked at every request of the tests.
    """
    schema = schema() if isinstance(schema, type) else schema

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        _annotate(view, response=schema, status_code=status, description=None, response_headers=None)

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            given = view(*args, **kwargs)
            value, code, headers = given if isinstance(given, tuple) else (given, status, {})
            if check_answer is not None:
                check_answer(schema, value)
            return Response(wire(value), code, headers, mimetype="application/json")

        return wrapper

    return decorator


def body(schema: type[MarshmallowSchema] | MarshmallowSchema, *, replayable: bool = True) -> Callable[..., Any]:
    """Give the view the validated JSON body, read by our own edge rather than by webargs.

    A POST with an Idempotency-Key that was answered before is answered again here; routes whose answers hold secrets
    are not `replayable`, since those answers must not be stored.
    """
    schema = schema() if isinstance(schema, type) else schema

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        _annotate(view, body=(schema, "json", None))

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            data = load(schema, edge.read_json())
            replay = idempotency.offer(g.get("claimant", "anonymous")) if replayable else None
            return replay or view(*args, data, **kwargs)

        return wrapper

    return decorator


def contents(
    *,
    json: type[MarshmallowSchema] | None = None,
    body: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    reads: bool = False,
    lines: bool = False,
) -> Callable[..., Any]:
    """Say what a view takes and gives that reads its own body or makes its own answer.

    `body` and `answer` are OpenAPI media type objects by media type; `json` is what a JSON body must be. `reads` says that
    the view changes nothing, whatever its method, so that a key for reading may call it; `lines` that its arguments may have
    line breaks, as queries do.
    """

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        if json is not None:
            _annotate(view, body=(json(), "json", None))
        view._contents = {"body": body, "answer": answer, "reads": reads}  # type: ignore[attr-defined]
        view._reads, view._lines = reads, lines  # type: ignore[attr-defined]
        return view

    return decorator


def arguments(schema: type[MarshmallowSchema] | MarshmallowSchema) -> Callable[..., Any]:
    """Give the view its validated query arguments; an unknown one is refused by name, so that a typing error shows."""
    schema = schema() if isinstance(schema, type) else schema

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        _annotate(view, args=[(schema, "query")])

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, dict(_query(schema, request.query_string)), **kwargs)

        return wrapper

    return decorator


@lru_cache(maxsize=1000)  # clients ask the same again and again, and the same text always means the same
def _query(schema: MarshmallowSchema, _text: bytes) -> dict[str, Any]:
    return load(schema, MultiDictProxy(request.args, schema))


def load(schema: MarshmallowSchema, data: Any) -> Any:
    """`data` by `schema`; raises Invalid that lists every wrong field by its JSON pointer."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise invalid(error.messages) from error


def invalid(messages: Any) -> Invalid:
    """The domain error for marshmallow's nested messages."""
    found = [FieldError(pointer, detail) for pointer, detail in _flatten(messages, "")]
    first = f" {found[0].pointer or 'the body'}: {found[0].detail}" if found else ""
    return Invalid(f"{len(found)} field(s) cannot be accepted.{first}", errors=found)


def _flatten(messages: Any, pointer: str) -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [pair for key, value in messages.items() for pair in _flatten(value, _below(pointer, key))]
    if isinstance(messages, list):
        return [pair for value in messages for pair in _flatten(value, pointer)]
    return [(pointer, str(messages))]


def _below(pointer: str, key: Any) -> str:
    if key == "_schema":
        return pointer
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


class Anything(BaseConverter):
    """The whole rest of a path, with every slash that stands in it."""

    part_isolating = False
    regex = ".+"
    weight = 300


def init_app(app: Flask) -> None:
    app.url_map.converters["anything"] = Anything
    app.json = OrjsonProvider(app)
    app.url_map.merge_slashes = False
    app.config.update(
        APIFAIRY_TITLE="Quaymaster",
        APIFAIRY_VERSION=app.config["VERSION"],
        APIFAIRY_UI_PATH=None,
        APIFAIRY_APISPEC_PATH=None,
    )
    ma.init_app(app)
    apifairy.init_app(app)
