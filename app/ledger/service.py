"""Recording acts, listing them, and walking what they connect."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from app.core.clock import utcnow
from app.core.db import reading, table_of, transaction
from app.core.errors import Forbidden
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import graph
from app.ledger.graph import Graph
from app.ledger.models import Act, ActLink
from app.users import service as users

acts = table_of(Act)
links = table_of(ActLink)
_INSERT_ACT = insert(acts).returning(acts.c.seq)
_INSERT_LINK = insert(links)


@dataclass(frozen=True)
class Activity:
    """What was done: a dotted kind such as `ml_assets.register`, words for people, and when if it took time."""

    kind: str
    label: str
    started: datetime | None = None
    ended: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)


def record(activity: Activity, agent: Caller | None, *, used: Iterable[int] = (), generated: Iterable[int] = ()) -> str:
    """Write an act down for ever, inside the transaction of the act itself; the id of the act.

    `used` and `generated` are entities by `seq`. What only changes a thing uses it and generates nothing.
    """
    row = {"id": secrets.token_hex(32), "kind": activity.kind, "label": activity.label, "details": activity.details}
    times = {"at": utcnow(), "started_at": activity.started, "ended_at": activity.ended}
    with transaction() as session:
        values = {**row, **times, "agent_seq": agent.seq if agent else None}
        seq = session.execute(_INSERT_ACT, values).scalar_one()
        rows = [
            {"act_seq": seq, "role": role, "position": position, "entity_seq": entity}
            for role, linked in (("used", used), ("generated", generated))
            for position, entity in enumerate(dict.fromkeys(linked))
        ]
        if rows:
            session.execute(_INSERT_LINK, rows if len(rows) > 1 else rows[0])
    return str(row["id"])


def acts_of(
    caller: Caller,
    *,
    every: bool = False,
    kind: str | None = None,
    entity: str | None = None,
    since: datetime | None = None,
) -> Listing:
    """The caller's own acts, or everybody's for an admin, newest first."""
    if every and not caller.is_admin:
        raise Forbidden("Only an admin may read the acts of others; leave `all` out for your own.")
    columns = (acts, *users.creator)
    query = select(*columns).outerjoin_from(acts, users.people, users.people.c.seq == acts.c.agent_seq)
    if not every:
        query = query.where(acts.c.agent_seq == caller.seq)
    if kind:
        query = query.where(acts.c.kind == kind)
    if since:
        query = query.where(acts.c.at >= since)
    if entity:
        seen = select(entities.columns.seq).where(entities.named(entity), entities.visible_to(caller))
        query = query.where(acts.c.seq.in_(select(links.c.act_seq).where(links.c.entity_seq.in_(seen))))
    return Listing(query, (Key(acts.c.seq, "seq", descending=True),), lambda rows: _show_all(caller, rows))


def _show_all(caller: Caller, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Acts with the things that the caller may see; one statement for all of them."""
    things: dict[tuple[int, str], list[dict[str, Any]]] = {}
    query = entities.select_visible(caller).join(links, links.c.entity_seq == entities.columns.seq)
    query = query.add_columns(links.c.act_seq, links.c.role).where(links.c.act_seq.in_([row.seq for row in rows]))
    with reading() as session:
        for row in session.execute(query.order_by(links.c.act_seq, links.c.position)) if rows else ():
            thing = {"id": row.id, "kind": row.kind, "title": row.title}
            things.setdefault((row.act_seq, row.role), []).append(thing)
    return [_show(row, things) for row in rows]


def _show(row: Row[Any], things: dict[tuple[int, str], list[dict[str, Any]]]) -> dict[str, Any]:
    fields = ("id", "kind", "label", "at", "started_at", "ended_at", "details")
    linked = {role: things.get((row.seq, role), []) for role in ("used", "generated")}
    return {**{name: getattr(row, name) for name in fields}, **linked, "agent": users.show_creator(row)}


def lineage(caller: Caller | None, reference: str, *, direction: str, depth: int) -> Graph:
    """What a thing was made of and what was made of it; the reference is an id, an alias or an IRI."""
    return graph.walk(caller, entities.resolve(caller, reference), direction=direction, depth=depth)


def share(caller: Caller, entity_id: str, user_id: str, right: str) -> None:
    """Grant a right on a thing, on the record."""
    with transaction():
        entity = entities.grant(caller, entity_id, user_id, right)
        what = Activity("entities.share", f"Shared {entity.title}", details={"user_id": user_id, "right": right})
        record(what, caller, used=[entity.seq])


def unshare(caller: Caller, entity_id: str, user_id: str) -> None:
    """Take back what was granted, on the record."""
    with transaction():
        entity = entities.revoke(caller, entity_id, user_id)
        what = Activity("entities.unshare", f"No longer shared {entity.title}", details={"user_id": user_id})
        record(what, caller, used=[entity.seq])


def grants(caller: Caller, entity_id: str) -> list[dict[str, Any]]:
    """With whom a thing is shared, for its owner."""
    return entities.list_grants(caller, entity_id)
