"""The table of messages that wait to be sent: how they get in, how one looks at them, and what an operator does to them.

A message is waiting (for its turn in its lane, or for `not_before`), sending (a relay holds a lease on it) or dead (given
up; it no longer holds up its lane). What was sent is no longer there.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, or_, select, update

from app.core.clock import utcnow
from app.core.db import in_transaction, reading, table_of, transaction
from app.core.errors import Conflict, NotFound
from app.core.pagination import Key, Listing
from app.messaging.models import OutboxMessage
from app.messaging.redaction import clean

log = structlog.get_logger()
outbox = table_of(OutboxMessage)
ORDER = (Key(outbox.c.seq, "seq"),)
STATES = ("waiting", "sending", "dead")
MAX_LANE = 200
MAX_KIND = 64


def enqueue(lane: str, kind: str, payload: dict[str, Any], *, delay: float = 0) -> str:
    """Let this message be sent after the open transaction, at the earliest `delay` seconds from now; its id.

    Messages of one lane are sent one after the other, oldest first. Nothing is sent when the transaction comes to nothing.
    Raises RuntimeError outside a transaction, ValueError for a lane or kind that the table cannot hold.
    """
    if not in_transaction():
        raise RuntimeError("a message is enqueued in the transaction of the change that causes it")
    if not 0 < len(lane) <= MAX_LANE or not 0 < len(kind) <= MAX_KIND:
        raise ValueError(f"a lane has 1 to {MAX_LANE} characters and a kind 1 to {MAX_KIND}: {lane!r}, {kind!r}")
    id, now = secrets.token_hex(32), utcnow()
    times = {"created_at": now, "not_before": now + timedelta(seconds=delay)}
    row = {"id": id, "lane": lane, "kind": kind, "payload": payload, "attempts": 0, **times}
    with transaction() as session:
        session.execute(insert(outbox).values(row))
    return id


def list_messages(state: str | None = None, lane: str | None = None, kind: str | None = None) -> Listing:
    """The messages in a state, of a lane, of a kind; oldest first."""
    query = _shown()
    if state is not None:
        query = query.where(_in_state(state, utcnow()))
    for column, wanted in ((outbox.c.lane, lane), (outbox.c.kind, kind)):
        query = query if wanted is None else query.where(column == wanted)
    return Listing(query, ORDER, show)


def get(id: str) -> dict[str, Any]:
    """One message as it is shown; raises NotFound."""
    with reading() as session:
        rows = session.execute(_shown().where(outbox.c.id == id)).all()
    if not rows:
        raise NotFound(f"There is no message {id}. It was sent, discarded, or never was.")
    return show(rows)[0]


def retry(id: str) -> dict[str, Any]:
    """Make a dead or waiting message due now, its attempts forgotten; raises NotFound, and Conflict while it is sent."""
    now = utcnow()
    again = {"attempts": 0, "not_before": now, "dead_at": None, "lease": None, "leased_until": None}
    with transaction() as session:
        done = session.execute(update(outbox).where(outbox.c.id == id, ~_leased(now)).values(again)).rowcount
        message = get(id)
    if not done:
        raise Conflict(f"Message {id} is being sent now. See how that ends before it is tried again.")
    log.info("message will be tried again", message=id, lane=message["lane"])
    return message


def discard(id: str) -> None:
    """Forget a dead letter; raises NotFound, and Conflict for a message that is still to be sent."""
    with transaction() as session:
        done = session.execute(delete(outbox).where(outbox.c.id == id, outbox.c.dead_at.is_not(None))).rowcount
        if not done:
            state = get(id)["state"]
            raise Conflict(f"Message {id} is {state}. Only dead letters can be discarded.")
    log.info("dead letter discarded", message=id)


def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Messages as an operator sees them; values whose names say that they are secret are blanked out."""
    now = utcnow()
    return [_show(row, now) for row in rows]


def _show(row: Row[Any], now: datetime) -> dict[str, Any]:
    state = "dead" if row.dead_at else "sending" if row.leased_until and row.leased_until > now else "waiting"
    shown = {name: value for name, value in row._mapping.items() if name not in ("seq", "leased_until")}
    return {**shown, "state": state, "payload": clean(row.payload)}


def _shown() -> Select[Any]:
    hidden = ("lease",)
    return select(*[column for column in outbox.c if column.name not in hidden])


def _leased(now: datetime) -> ColumnElement[bool]:
    return and_(outbox.c.leased_until.is_not(None), outbox.c.leased_until > now)


def _in_state(state: str, now: datetime) -> ColumnElement[bool]:
    if state == "dead":
        return outbox.c.dead_at.is_not(None)
    if state == "sending":
        return _leased(now)
    return and_(outbox.c.dead_at.is_(None), or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now))
