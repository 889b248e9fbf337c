"""Whether the service lives, is ready, and how busy it is."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, g, request
from marshmallow import fields, validate
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from app.core.api import Schema, other_responses, response
from app.core.errors import DomainError

log = structlog.get_logger()

REQUESTS = Counter("quay_requests_total", "Answered requests", ["method", "route", "status"])
SECONDS = Histogram("quay_request_seconds", "Time to answer a request", ["method", "route"])


@dataclass(frozen=True)
class Check:
    """One dependency: how to ask it, and whether the service is of no use without it."""

    name: str
    ask: Callable[[], None]
    required: bool


_checks: dict[str, Check] = {}


def register(name: str, ask: Callable[[], None], *, required: bool) -> None:
    """Let `ask` decide whether the dependency is well: it raises when not, with the reason."""
    _checks[name] = Check(name, ask, required)


def report() -> dict[str, Any]:
    """The state of every dependency; `status` is ready, degraded (an optional one is down) or unready."""
    results = {check.name: _ask(check) for check in _checks.values()}
    down = [check for check in _checks.values() if not results[check.name]["ok"]]
    status = "unready" if any(check.required for check in down) else "degraded" if down else "ready"
    return {"status": status, "checks": results}


def _ask(check: Check) -> dict[str, Any]:
    started = time.monotonic()
    reason = None
    try:
        check.ask()
    except DomainError as error:
        reason = error.detail
    except Exception as error:  # a check that breaks is a dependency that is not well
        log.warning("readiness check broke", check=check.name, exc_info=error)
        reason = f"{check.name} could not be checked: {type(error).__name__}"
    elapsed = round((time.monotonic() - started) * 1000, 1)
    return {"ok": reason is None, "required": check.required, "ms": elapsed, "reason": reason}


def metrics() -> Response:
    """Prometheus' text format, over all processes when PROMETHEUS_MULTIPROC_DIR is set."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    @app.after_request
    def count(answer: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unmatched"
        REQUESTS.labels(request.method, route, answer.status_code).inc()
        SECONDS.labels(request.method, route).observe(time.monotonic() - g.get("started", time.monotonic()))
        return answer


class HealthSchema(Schema):
    """The service is alive."""

    success = fields.Boolean(required=True, metadata={"example": True})
    message = fields.String(required=True, metadata={"example": "healthy"})


class CheckSchema(Schema):
    """One dependency."""

    ok = fields.Boolean(required=True)
    required = fields.Boolean(required=True, metadata={"description": "Whether the service is of no use without it"})
    ms = fields.Float(required=True, metadata={"description": "Time that the check took"})
    reason = fields.String(required=True, allow_none=True, metadata={"description": "What is wrong, and the remedy"})


class ReadinessSchema(Schema):
    """The state of the service and of everything that it depends on."""

    status = fields.String(required=True, validate=validate.OneOf(["ready", "degraded", "unready"]))
    checks = fields.Dict(keys=fields.String(), values=fields.Nested(CheckSchema), required=True)


def make_blueprint(authenticated: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Blueprint:
    """The routes of this module; `authenticated` guards the metrics, since core knows no users."""
    bp = Blueprint("operations", __name__)

    @bp.get("/health")
    @response(HealthSchema)
    def health() -> dict[str, Any]:
        """Say that the service is alive

        Cheap: asks nothing of any dependency. Public.
        """
        return {"success": True, "message": "healthy"}

    @bp.get("/health/ready")
    @response(ReadinessSchema)
    @other_responses({503: (ReadinessSchema, "A required dependency is down; its reason is in the body")})
    def ready() -> Any:
        """Say whether the service can do its work

        Asks every dependency, with time and reason. `degraded` means that one which only some routes need is down. Public.
        """
        state = report()
        return (state, 503, {"Retry-After": "5"}) if state["status"] == "unready" else state

    @bp.get("/metrics")
    @authenticated
    @other_responses({200: "Counters and timings in Prometheus' text format"})
    def metrics_() -> Response:
        """Read the metrics of the service

        In Prometheus' text format, over all worker processes; a scraper sends an API key as its bearer token.
        """
        return metrics()

    return bp
