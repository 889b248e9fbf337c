"""Sends what waits in the outbox, by the handlers that the rooms above register.

A handler is called outside any transaction and must be idempotent: after a crash between the sending and the note of it,
or when its lease lapsed, the message is sent again. What a handler raises decides what comes next:

- nothing: the message was sent and is forgotten.
- Undeliverable: it can never be sent; it is a dead letter at once. This is the only permanent failure: a 4xx of the other
  side may be a setting that an operator is about to mend, so the handler has to say that it is not.
- anything else: it is tried again after a growing, random delay, or what `Retry-After` of a domain error asks for if that
  is longer, and a dead letter after `max_attempts`.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import Row

from app.core.errors import DomainError
from app.messaging import claiming
from app.messaging.redaction import clean_text

log = structlog.get_logger()
ENDED = Counter("quay_outbox_attempts_total", "Attempts to send a message, by how they ended", ["kind", "outcome"])
FIRST_POLL, LAST_POLL = 0.2, 2.0
LONGEST_DELAY = 600.0
LONGEST_RETRY_AFTER = 86_400.0  # a receiver that asks for more is asked again after a day
STOP_WITHIN = 30.0


class Undeliverable(Exception):
    """This message can never be sent; the text says why, and what an operator could do."""


class LeaseLost(Exception):
    """Somebody else sends this message now: the handler took too long without `renew`, and has to stop."""


@dataclass(frozen=True)
class Delivery:
    """One message on its way out.

    `attempts` counts those that failed before. A handler that may take longer than half a minute calls `renew` in between,
    outside any transaction; LeaseLost tells it to stop.
    """

    id: str
    lane: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    renew: Callable[[], None]


@dataclass(frozen=True)
class Terms:
    """How long a lease lasts, and how often a message is tried before it is a dead letter."""

    lease_seconds: float = 60.0
    max_attempts: int = 20


Handler = Callable[[Delivery], None]
USUAL = Terms()
_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Let `handler` send messages of this kind; called at composition."""
    _handlers[kind] = handler


def run_once(terms: Terms = USUAL) -> int:
    """Send what is due in every free lane until nothing is; the number of messages that were sent."""
    count = 0
    while taken := claiming.claim(1, terms.lease_seconds):
        count += sum(_send(row, terms) for row in taken)
    return count


def run(
    stop: threading.Event,
    threads: int = 4,
    terms: Terms = USUAL,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> None:
    """Send messages until `stop` is set, as many lanes at once as there are threads; each is sent inside `context()`.

    Ends when all threads have finished what they send, or after 30 s: what is unfinished then is sent again by another
    relay when its lease has lapsed.
    """
    relays = [
        threading.Thread(target=_relay, args=(stop, terms, context), name=f"relay-{number}", daemon=True)
        for number in range(threads)
    ]
    for relay in relays:
        relay.start()
    stop.wait()
    deadline = time.monotonic() + STOP_WITHIN
    for relay in relays:
        relay.join(max(0.0, deadline - time.monotonic()))


def _relay(stop: threading.Event, terms: Terms, context: Callable[[], AbstractContextManager[Any]]) -> None:
    pause = FIRST_POLL
    while not stop.is_set():
        try:
            with context():
                busy = _turn(stop, terms)
        except Exception as error:  # above all a database that is down
            log.warning("the relay could not look for messages", reason=clean_text(str(error)))
            busy = False
        pause = FIRST_POLL if busy else min(LAST_POLL, pause * 1.5)
        if not busy:
            stop.wait(pause)


def _turn(stop: threading.Event, terms: Terms) -> bool:
    taken = claiming.claim(1, terms.lease_seconds)
    for row in taken:
        _send(row, terms, stop.wait)
    return bool(taken)


def _send(row: Row[Any], terms: Terms, wait: Callable[[float], Any] = time.sleep) -> bool:
    error = _attempt(row, terms)
    if error is None:
        outcome, note = "sent", lambda: claiming.sent(row.id, row.lease)
    else:
        delay = _delay_after(error, row.attempts + 1, terms)
        outcome, note = ("dead" if delay is None else "failed"), lambda: _note_failure(row, error, delay)
    if not _noted(note, terms.lease_seconds, wait):
        outcome = "lost"
    ENDED.labels(row.kind, outcome).inc()
    say = log.info if outcome == "sent" else log.warning
    say("message", message=row.id, lane=row.lane, kind=row.kind, outcome=outcome, reason=_text(error))
    return outcome == "sent"


def _attempt(row: Row[Any], terms: Terms) -> BaseException | None:
    def renew() -> None:
        if not claiming.renew(row.id, row.lease, terms.lease_seconds):
            raise LeaseLost(f"message {row.id} is no longer ours")

    if row.attempts >= terms.max_attempts:  # it took its senders down with it
        return Undeliverable(f"It was tried {row.attempts} times. {row.error or ''}".strip())
    handler = _handlers.get(row.kind)
    if handler is None:
        return Undeliverable(f"Nothing here sends messages of the kind {row.kind}. Was it made by a newer version?")
    try:
        with structlog.contextvars.bound_contextvars(message=row.id):
            handler(Delivery(row.id, row.lane, row.kind, row.payload, row.attempts, renew))
    except (Exception, SystemExit) as error:  # a library that wants to end the process ends its message only
        return error
    return None


def _note_failure(row: Row[Any], error: BaseException, delay: float | None) -> bool:
    return claiming.failed(row.id, row.lease, _text(error) or "", delay)


def _noted(note: Callable[[], bool], seconds: float, wait: Callable[[float], Any]) -> bool:
    """Write down how it ended; again while the database is down and the lease may last, since a lost note sends twice."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return note()
        except Exception as error:
            if time.monotonic() > deadline or wait(FIRST_POLL):
                log.warning("it could not be noted what became of a message", reason=clean_text(str(error)))
                return False


def _delay_after(error: BaseException, attempts: int, terms: Terms) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    if isinstance(error, Undeliverable) or attempts >= terms.max_attempts:
        return None
    drawn = random.uniform(1.0, min(LONGEST_DELAY, 2.0**attempts))  # noqa: S311 - full jitter, no secret
    return max(drawn, _retry_after(error))


def _retry_after(error: BaseException) -> float:
    asked = error.headers.get("Retry-After", "") if isinstance(error, DomainError) else ""
    return min(LONGEST_RETRY_AFTER, float(asked)) if asked.isdecimal() else 0.0


def _text(error: BaseException | None) -> str | None:
    if error is None:
        return None
    named = isinstance(error, (DomainError, Undeliverable))
    return clean_text(str(error) if named else f"{type(error).__name__}: {error}")
