"""Lineage: from one thing to what it was made of and to what was made of it, level by level.

Only acts that used something and made something are links of a lineage. What the caller may not see is not there: neither
are acts that only such things connect, nor what lies beyond them.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.core.db import reading, table_of
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger.models import Act, ActLink

MAX_NODES = 500
MAX_DEPTH = 20
BATCH = 500

acts = table_of(Act)
links = table_of(ActLink)


@dataclass(frozen=True)
class Edge:
    """`source` was used by the act `target`, or the act `source` generated `target`."""

    source: str
    target: str
    role: str


@dataclass(frozen=True)
class Graph:
    """A lineage: things and acts by id, and how they hang together."""

    root: str
    nodes: tuple[dict[str, Any], ...]
    edges: tuple[Edge, ...]
    truncated: bool


@dataclass
class Walk:
    """What was found so far, by the integers of things and acts."""

    things: set[int]
    links: set[tuple[int, int, str]] = field(default_factory=set)  # act, thing, role
    truncated: bool = False

    @property
    def acts(self) -> set[int]:
        return {act for act, _, _ in self.links}

    @property
    def full(self) -> bool:
        return len(self.things) + len(self.acts) >= MAX_NODES


def walk(caller: Caller | None, root: Any, *, direction: str, depth: int) -> Graph:
    """The lineage of the thing in row `root`, `depth` acts far, upstream, downstream or both."""
    found = Walk({root.seq})
    for towards, near, far in (("upstream", "generated", "used"), ("downstream", "used", "generated")):
        if direction in (towards, "both"):
            _follow(caller, found, root.seq, near, far, depth)
    return _present(caller, found, root)


def _follow(caller: Caller | None, found: Walk, root: int, near: str, far: str, depth: int) -> None:
    frontier, seen = {root}, {root}
    for _ in range(depth):
        beyond = _step(caller, found, frontier, near, far)
        frontier = beyond - seen
        seen |= frontier
        if not frontier:
            return
        if found.full:
            found.truncated = True
            return
    found.truncated = found.truncated or bool(_step(caller, Walk(set()), frontier, near, far) - seen)


def _step(caller: Caller | None, found: Walk, frontier: set[int], near: str, far: str) -> set[int]:
    """Things on the far side of the acts that have one of `frontier` on their near side."""
    here, there = links.alias("here"), links.alias("there")
    query = (
        select(here.c.act_seq, here.c.entity_seq.label("near"), there.c.entity_seq.label("far"))
        .join_from(here, there, (there.c.act_seq == here.c.act_seq) & (there.c.role == far))
        .join(entities.table, entities.columns.seq == there.c.entity_seq)
        .where(here.c.role == near, here.c.entity_seq.in_(sorted(frontier)), entities.visible_to(caller))
        .order_by(here.c.act_seq, there.c.position)
        .limit(MAX_NODES)
    )
    with reading() as session:
        rows = session.execute(query).all()
    found.truncated = found.truncated or len(rows) == MAX_NODES
    for act, start, end in rows:
        found.links |= {(act, start, near), (act, end, far)}
        found.things.add(end)
    return {row.far for row in rows}


def _present(caller: Caller | None, found: Walk, root: Any) -> Graph:
    with reading() as session:
        shown = entities.select_visible(caller).where(entities.columns.seq.in_(sorted(found.things)))
        things = {row.seq: _thing(row) for row in session.execute(shown.order_by(entities.columns.seq))}
        made = select(acts).where(acts.c.seq.in_(sorted(found.acts))).order_by(acts.c.seq)
        done = {row.seq: _act(row) for row in session.execute(made)}
    edges = [
        Edge(things[thing]["id"], done[act]["id"], role)
        if role == "used"
        else Edge(done[act]["id"], things[thing]["id"], role)
        for act, thing, role in sorted(found.links)
        if thing in things and act in done
    ]
    return Graph(root.id, (*things.values(), *done.values()), tuple(edges), found.truncated)


def _thing(row: Any) -> dict[str, Any]:
    place = entities.location(row.kind, row.id)
    return {"id": row.id, "type": "entity", "kind": row.kind, "title": row.title, "location": place}


def _act(row: Any) -> dict[str, Any]:
    times = {"started_at": row.started_at or row.at, "ended_at": row.ended_at or row.at}
    return {"id": row.id, "type": "act", "kind": row.kind, "title": row.label, "details": row.details, **times}
