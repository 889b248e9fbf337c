"""What a relay does to the table: take a lease on messages, keep it, and write down how the sending ended.

Only the oldest living message of a lane may be taken, and only while no message of that lane is under a lease. Of relays
that claim at once, each must see what the one before took: on SQLite a transaction that writes is alone, on PostgreSQL a
lock of ours lets one claim at a time, and the statement under it, begun after the lock was given, sees all earlier claims.
SKIP LOCKED keeps it from waiting for a message whose end is just being written down. A lease that lapsed means that its
holder died: the message is taken again, and that counts as an attempt, so that one which kills its sender ends as a dead
letter too.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    delete,
    exists,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy import Update as UpdateStatement

from app.core.clock import utcnow
from app.core.db import database, reading, table_of, transaction
from app.messaging import deployments
from app.messaging.models import OutboxMessage

outbox = table_of(OutboxMessage)
LOCK = 0x6F75_7462  # any number that is always the same, and not the one of migrations
LOOKED_AT = 16  # lanes that are tried beyond those wanted, since other relays may take the first ones in between
LAPSED = "The lease lapsed: whoever sent it ended, or took too long, without saying what came of it."


def claim(limit: int, seconds: float) -> list[Row[Any]]:
    """Up to `limit` messages, each the only one of its lane under a lease, which lasts for `seconds`.

    A row has all columns; `attempts` are those that failed before.
    """
    with reading() as session:  # an idle relay must not stand in the way of those who write
        lanes = session.scalars(_promising(utcnow(), LOOKED_AT + limit)).all()
    if not lanes:
        return []
    taken: list[Row[Any]] = []
    with transaction(bookkeeping=True) as session:
        if database.dialect == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for lane in lanes:
            taken += session.execute(_claim(lane, utcnow(), seconds)).all()
            if len(taken) == limit:
                break
    return taken


def renew(id: str, lease: str, seconds: float) -> bool:
    """Let the lease last for `seconds` from now; False when it is no longer ours."""
    return _change(id, lease, leased_until=utcnow() + timedelta(seconds=seconds))


def sent(id: str, lease: str) -> bool:
    """Forget a message that was sent; False when the lease was no longer ours."""
    with transaction(bookkeeping=True) as session:
        return session.execute(delete(outbox).where(outbox.c.id == id, outbox.c.lease == lease)).rowcount == 1


def failed(id: str, lease: str, error: str, delay: float | None) -> bool:
    """Note a failed attempt; due again in `delay` seconds, or a dead letter without one. False: the lease was not ours."""
    now = utcnow()
    when = {"dead_at": now} if delay is None else {"not_before": now + timedelta(seconds=delay)}
    return _change(id, lease, attempts=outbox.c.attempts + 1, error=error, lease=None, leased_until=None, **when)


def _change(id: str, held: str, **values: Any) -> bool:
    with transaction(bookkeeping=True) as session:
        statement = update(outbox).where(outbox.c.id == id, outbox.c.lease == held).values(**values)
        return session.execute(statement).rowcount == 1


def _claim(lane: str, now: datetime, seconds: float) -> UpdateStatement:
    """Take the oldest living message of this lane, if it is due and none of the lane is under a lease."""
    other = outbox.alias("other")
    in_flight = exists().where(other.c.lane == lane, other.c.leased_until > now)
    # what a renewal or a late note changed meanwhile, PostgreSQL looks at again in the row itself, not in subqueries
    still = and_(outbox.c.not_before <= now, outbox.c.dead_at.is_(None), _free(now))
    oldest = _oldest(lambda living: living.c.lane >= lane)
    head = select(outbox.c.seq).where(outbox.c.seq == oldest, outbox.c.lane == lane, still, ~in_flight)
    if database.dialect == "postgresql":
        head = head.with_for_update(skip_locked=True)
    chosen = head.cte("chosen")  # a CTE is asked once; a subquery that locks may be asked again for each row
    lapsed = outbox.c.leased_until.is_not(None)
    values = {
        "leased_until": now + timedelta(seconds=seconds),
        "lease": secrets.token_hex(16),
        "attempts": outbox.c.attempts + case((lapsed, 1), else_=0),
        "error": case((lapsed, LAPSED), else_=outbox.c.error),
    }
    return update(outbox).where(outbox.c.seq.in_(select(chosen.c.seq))).values(values).returning(*outbox.c)


def _promising(now: datetime, limit: int) -> Select[Any]:
    """Lanes whose oldest living message is due and free, oldest first: two looks into an index for each lane there is."""
    heads = select(_oldest(lambda living: true()).label("seq")).cte("heads", recursive=True)
    head = outbox.alias("head")
    later = select(_oldest(lambda living: living.c.lane > head.c.lane)).join_from(
        heads, head, head.c.seq == heads.c.seq
    )
    heads = heads.union_all(later)
    query = select(outbox.c.lane).join(heads, heads.c.seq == outbox.c.seq)
    query = query.where(outbox.c.not_before <= now, _free(now), deployments.served(outbox.c.lane))
    return query.order_by(outbox.c.seq).limit(limit)


def _oldest(where: Callable[[Any], ColumnElement[bool]]) -> ScalarSelect[Any]:
    """The oldest living message of the first lane that `where` leaves, found in the index of lane and seq."""
    living = outbox.alias()
    # an order and a condition that no other index serves: one look, where else all living messages would be sorted
    alive = case((living.c.dead_at.is_(None), 1), else_=0) == 1
    query = select(living.c.seq).where(where(living), alive)
    return query.order_by(living.c.lane, living.c.seq).limit(1).scalar_subquery()


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)
