"""The edge: what a request may look like before any route sees it, and how JSON bodies are read."""

import json
import re
from typing import Any

from flask import Flask, Response, current_app, request

from app.core import origin
from app.core.errors import FieldError, Invalid, Malformed, TooLarge, UnsupportedMediaType

MAX_DEPTH = 100
MAX_JSON_BYTES = 1024 * 1024
_JSON_TYPE = re.compile(r"application/([A-Za-z0-9.+-]+\+)?json", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_json() -> Any:
    """The JSON object in the body of the present request; raises what is wrong with it."""
    if not _JSON_TYPE.fullmatch(request.mimetype):
        raise UnsupportedMediaType("The body must be JSON: send the header Content-Type: application/json.")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The body must be UTF-8, not {charset[:40]}.")
    request.max_content_length = current_app.config["MAX_JSON_BYTES"]
    value = parse_json(request.get_data(cache=True))
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object, {...}.", errors=[FieldError("", "must be a JSON object")])
    return value


def read_body(limit: int) -> bytes:
    """The body of the present request as it is, up to `limit` bytes; raises 413 beyond."""
    request.max_content_length = limit
    return request.get_data(cache=True)


def parse_json(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text that every system behind us can keep; raises Malformed, which says what cannot."""
    text = _decode(data)
    if not text.strip():
        raise Malformed("The body is empty; a JSON object is needed.")
    _check_depth(text, max_depth)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    if "\\u" in text:  # only an escape can smuggle these in
        _check_strings(value)
    return value


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3] == b"\xef\xbb\xbf":
        raise Malformed("The body begins with a byte order mark; send plain UTF-8 without one.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    if "\x00" in text:
        raise Malformed("The body contains NUL; is it UTF-16? Send UTF-8.")
    return text


def _check_depth(text: str, limit: int) -> None:
    """Count brackets outside strings; a text with few brackets cannot be deep, and most texts are such."""
    if text.count("[") + text.count("{") <= limit:
        return
    depth = 0
    for mark in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark.group()[0], 0)
        if depth > limit:
            raise Malformed(f"The body is nested deeper than {limit} levels.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed(f"The key {twice[:100]!r} stands twice in one object; which one is meant?")
    return value


def _constant(name: str) -> None:
    raise Malformed(f"{name} is not JSON; leave the field out, or send null or a string.")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Malformed(f"The number {text[:40]} is too large; the largest is about 1.8e308.")
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**64:
        raise Malformed(f"The integer {text[:40]} does not fit into 64 bits; send it as a string.")
    return int(text)


def _check_strings(value: Any) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _check_strings(key)
            _check_strings(part)
    elif isinstance(value, list):
        for part in value:
            _check_strings(part)
    elif isinstance(value, str):
        if "\x00" in value:
            raise Malformed("A string contains NUL (\\u0000), which cannot be kept.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise Malformed("A string contains half of a surrogate pair, which is no character.")


def _check_url() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    in_value = _CONTROL_IN_LINES if getattr(view, "_lines", False) else _CONTROL
    values = any(in_value.search(value) for value in request.args.values())
    if values or any(_CONTROL.search(part) for part in (request.path, *request.args.keys())):
        raise Malformed("The URL contains a control character, such as %00; take it out.")


def _check_length() -> None:
    length = request.headers.get("Content-Length", "0")
    if not length.isdecimal():
        raise Malformed("Content-Length is not a number.")
    view = current_app.view_functions.get(request.endpoint or "")
    limit = current_app.config["MAX_JSON_BYTES"]
    if getattr(view, "_spec", {}).get("body") and int(length) > limit:
        raise TooLarge(f"The body has {length} bytes; this path takes at most {limit}.")


def _conditional(response: Response) -> Response:
    """Answer 304 when the client has this very representation already."""
    plain = request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed
    if plain and response.headers.get("ETag") and "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def _take_body(response: Response) -> Response:
    """Leave no part of a body unread on a connection that is kept: what follows on it could be taken for it."""
    length = request.content_length
    if request.method in ("GET", "HEAD") and not length:
        return response
    if request.headers.get("Transfer-Encoding") or (length or 0) > current_app.config["MAX_JSON_BYTES"]:
        response.headers["Connection"] = "close"
    elif length:
        request.max_content_length = None
        request.get_data(cache=True)
    return response


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


def init_app(app: Flask) -> None:
    app.config.setdefault("MAX_JSON_BYTES", MAX_JSON_BYTES)
    app.before_request(_check_url)
    app.before_request(_check_length)
    app.before_request(origin.check)
    app.after_request(_take_body)
    app.after_request(_conditional)
    app.after_request(_harden)
