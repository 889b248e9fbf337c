"""Health, readiness and metrics. The factory fills the registry of checks; core knows none of them."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

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
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unmatched"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(request.method, route).observe(time.monotonic() - g.get("started", time.monotonic()))
        return response
