"""Structured JSON log lines that carry the request id; secrets never reach them."""

import logging
import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

_SECRET_NAMES = re.compile(r"password|token|secret|authorization|api_key", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_URL_PASSWORD = re.compile(r"(?<=//)([^/@\s:]*):[^/@\s]*@")

log = structlog.get_logger()


def _json(event: Any, **_given: Any) -> str:
    return orjson.dumps(event, default=repr).decode()


@lru_cache(maxsize=1000)
def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAMES.search(name))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out values whose names say that they are secret, and passwords inside URLs."""
    for name, value in event.items():
        if _is_secret(name):
            event[name] = "***"
        elif isinstance(value, str) and "@" in value:
            event[name] = _URL_PASSWORD.sub(r"\1:***@", value)
    return event


def configure(level: str) -> None:
    """Write JSON lines of this level and above to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def init_app(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.started = time.monotonic()
        offered = request.headers.get("X-Request-ID", "")
        g.request_id = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        traceparent = request.headers.get("traceparent", "")
        if _TRACEPARENT.fullmatch(traceparent):
            structlog.contextvars.bind_contextvars(traceparent=traceparent)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.monotonic() - g.get("started", time.monotonic())) * 1000, 1),
        )
        return response
