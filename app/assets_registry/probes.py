"""Asking an assets DB how it is: `GET {public_url}/health` through the guard, judged without passing on a word of it.

Healthy is an answer of status 200 whose body is a JSON object and whose `success` is not false; the original took any status
below 400, which an error page or a redirect to a login page has too. Our own address is never asked over the network, since
a service of one worker would wait for itself. http is accepted as well as https, since nothing secret is sent.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.assets_registry import document
from app.core import edge
from app.core.clock import utcnow
from app.core.config import LOOPBACK
from app.core.errors import DomainError, Malformed
from app.gateways import http
from app.gateways.http import Answer, Refused, Rules

HEALTHY, UNHEALTHY, UNKNOWN = STATES = ("healthy", "unhealthy", "unknown")
BUSY = "busy"
REASONS = {
    "not_allowed": "its address is not one that this service may connect to",
    "dns": "its name has no address",
    "refused": "it takes no connection",
    "tls": "its certificate is not trusted, or it does not speak TLS",
    "timeout": "it did not answer in time",
    "not_http": "it broke off, or does not speak HTTP",
    "too_large": "it sent more than is read",
    "redirect": "it sends its callers elsewhere",
    "bad_status": "its status is not 200",
    "not_json": "it sent no JSON object",
    "says_unhealthy": "it says so itself",
    BUSY: "too much was asked at once; it is asked later",
}
SECONDS = 5.0
MAX_BYTES = 1024 * 1024
RULES = Rules(plain=True, pointer=f"/{document.URL}")
_FAILURES = {
    "name": "dns",
    "connection": "refused",
    "tls": "tls",
    "protocol": "not_http",
    "too large": "too_large",
    "timeout": "timeout",
}
Place = tuple[str, str, int | None, str]
_state: dict[str, Any] = {"own": None, "slots": threading.BoundedSemaphore(2)}


@dataclass(frozen=True)
class Health:
    """How an assets DB was found: one of STATES, why (one of REASONS) when not healthy, and how long it took to answer."""

    state: str
    reason: str | None = None
    latency_ms: int | None = None

    def observed(self) -> dict[str, Any]:
        """As columns; nothing when it could not be asked at all, so that what was known stays."""
        if self.reason == BUSY:
            return {}
        now = utcnow()
        seen = {"last_seen": now} if self.state == HEALTHY else {}
        return {
            "state": self.state, "reason": self.reason, "latency_ms": self.latency_ms, "checked_at": now, **seen
        }  # fmt: skip


def configure(public_url: str, at_once: int) -> None:
    """Take our own address, and how many requests of this process may wait for assets DBs at once."""
    _state.update(own=_place(http.check_url(public_url)), slots=threading.BoundedSemaphore(at_once))


def check_url(url: str) -> str:
    """The address of an assets DB in canonical form; raises Refused, or Invalid for one that paths cannot be put behind."""
    if "?" in url or "#" in url:
        raise document.wrong(document.URL, "must have no query and no fragment, since paths are put behind it")
    return http.check_url(url, f"/{document.URL}").rstrip("/")


def _place(url: str) -> Place:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, LOOPBACK[0] if host in LOOPBACK else host, parts.port, parts.path.rstrip("/")


def is_own(url: str) -> bool:
    """Whether a canonical address is this service, or lies below it."""
    own, place = _state["own"], _place(url)
    return own is not None and place[:3] == own[:3] and f"{place[3]}/".startswith(f"{own[3]}/")


@contextmanager
def slot() -> Iterator[bool]:
    """Whether this request may wait for assets DBs now, so that slow ones do not take all threads of a process."""
    slots: threading.BoundedSemaphore = _state["slots"]
    got = slots.acquire(blocking=False)
    try:
        yield got
    finally:
        if got:
            slots.release()


def probe_in_request(url: str) -> Health:
    """As `probe`, for threads that answer requests: unknown, because `busy`, when enough of them wait already."""
    if is_own(url):
        return probe(url)
    with slot() as got:
        return probe(url) if got else Health(UNKNOWN, BUSY)


def probe(url: str) -> Health:
    """Ask the assets DB at a canonical address; takes up to SECONDS, never inside a transaction."""
    if is_own(url):
        at_root = _place(url) == _state["own"]
        return Health(HEALTHY, None, 0) if at_root else Health(UNHEALTHY, "bad_status")
    started = time.monotonic()
    try:
        answer = http.fetch("GET", f"{url}/health", timeout=SECONDS, max_bytes=MAX_BYTES, rules=RULES)
    except DomainError as error:
        return Health(UNHEALTHY, reason_of(error))
    latency = round((time.monotonic() - started) * 1000)
    reason = _objection(answer)
    return Health(UNHEALTHY if reason else HEALTHY, reason, latency)


def reason_of(error: DomainError) -> str:
    """The class of what went wrong on the way."""
    return "not_allowed" if isinstance(error, Refused) else _FAILURES.get(getattr(error, "reason", ""), "not_http")


def status_reason(answer: Answer) -> str | None:
    """What is wrong with the status, if anything."""
    if 300 <= answer.status < 400:
        return "redirect"
    return None if answer.status == 200 else "bad_status"


def object_in(answer: Answer) -> dict[str, Any] | None:
    """The JSON object in a body, by the same rules as those of our own clients; nothing when there is none."""
    try:
        value = edge.parse_json(answer.body)
    except Malformed:
        return None
    return value if isinstance(value, dict) else None


def _objection(answer: Answer) -> str | None:
    if reason := status_reason(answer):
        return reason
    found = object_in(answer)
    if found is None:
        return "not_json"
    return "says_unhealthy" if found.get("success") is False else None
