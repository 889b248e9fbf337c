"""Keeping the triple store in step with the database: before each question it catches up with what was committed.

Each process asks the feed of `entities` what changed since the mark that stands in the store itself, and replaces the parts
of those things, and of the things that name them, in one step that succeeds only if the mark is still the same. So a store
of one's own and one that many processes share are kept by the same code, and whoever asks sees what was committed before.
"""

import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.db import reading
from app.core.errors import Unavailable
from app.entities import service as entities
from app.gateways import triple_store
from app.gateways.triple_store import Part
from app.semantics import describing, lines
from app.semantics.describing import descriptions, links, settings

GRAPHS = {1: "urn:quaymaster:internal", 2: "urn:quaymaster:public"}  # private things are in none
REACH = {"private": 0, "internal": 1, "public": 2}
TRIES = 40
BATCH = 500
_lock = threading.Lock()


@dataclass
class Known:
    """The last mark that was found to be of this database."""

    mark: str | None = None


_known = Known()


def catch_up() -> None:
    """Bring the store to what is committed now; raises Unavailable when the store cannot be reached."""
    with _lock:
        for tried in range(TRIES):
            if _step():
                return
            time.sleep(0.01 * tried)  # another process is at it
    raise Unavailable("The SPARQL store is being changed by too many at once. Try again shortly.", retry_after=2)


def _step() -> bool:
    """Whether the store is up to date now; False when another process was faster."""
    before = triple_store.mark()
    since = _position(before)
    changes = entities.changes_since(since or 0, describing.kinds())
    if since is not None and not changes.rows:
        return True
    if since is None and before is not None:
        triple_store.forget()
    describing.bring_up_to_date(changes.rows)
    # no mark comes twice: on PostgreSQL the position stands still while an older transaction runs, and what was read before
    # another process replaced it would pass for newer
    after = f"{settings.mapping} {changes.position}.{secrets.token_hex(8)}"
    whole = since is None
    affected = [row.seq for row in changes.rows] if whole else _with_those_that_name(changes.rows)
    done = triple_store.replace(_parts(affected), before=None if whole else before, after=after)
    if done:
        _known.mark = after
    return done


def _position(mark: str | None) -> int | None:
    """The position of a mark; None when the store was filled from another mapping, address or database."""
    mapping, _, place = (mark or "").rpartition(" ")
    position = place.partition(".")[0]
    if mapping != settings.mapping:
        return None
    if mark != _known.mark:  # somebody else's, so it may be of a database that was set back since
        if int(position) > entities.position_now():
            return None
        _known.mark = mark
    return int(position)


def _with_those_that_name(rows: Sequence[Any]) -> list[int]:
    """The changed things and those whose descriptions name them: how far a line may be shown depends on both."""
    changed = [row.seq for row in rows]
    found = set(changed)
    with reading() as session:
        for some in _batches(changed):
            found |= set(session.scalars(select(links.c.entity_seq).where(links.c.target_seq.in_(some))))
    return sorted(found)


def _batches(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(seqs), BATCH):
        yield seqs[start : start + BATCH]


def _parts(seqs: Sequence[int]) -> Iterable[Part]:
    for some in _batches(seqs):
        things = _things(some)
        named = _named(some)
        for row in things:
            parts = lines.by_reach(row.lines or "", _reach(row), named) if _reach(row) else {}
            graphs = {GRAPHS[far]: describing.whole(row, part) for far, part in parts.items() if far}
            yield Part(str(row.seq), graphs)


def _things(seqs: Sequence[int]) -> Sequence[Any]:
    """These things with the lines of their descriptions."""
    here = entities.columns
    query = select(here.seq, here.id, here.kind, here.visibility, here.deleted_at, descriptions.c.lines)
    query = query.outerjoin_from(entities.table, descriptions, descriptions.c.entity_seq == here.seq)
    with reading() as session:
        return session.execute(query.where(here.seq.in_(seqs)).order_by(here.seq)).all()


def _named(seqs: Sequence[int]) -> dict[str, int]:
    """How far each thing that these name may be shown, by its id."""
    here = entities.columns
    query = select(here.id, here.visibility, here.deleted_at).join_from(
        links, entities.table, here.seq == links.c.target_seq
    )
    with reading() as session:
        return {row.id: _reach(row) for row in session.execute(query.where(links.c.entity_seq.in_(seqs)).distinct())}


def _reach(row: Any) -> int:
    return 0 if row.deleted_at is not None else REACH[row.visibility]
