"""Reading descriptions, cut to what the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.db import reading
from app.core.errors import NotFound
from app.entities import service as entities
from app.entities.service import Caller
from app.semantics import describing, lines
from app.semantics.describing import descriptions, links

SEEN = 1


@dataclass(frozen=True)
class Served:
    """A description as one caller sees it: sorted N-Triples, and what it could not say."""

    id: str
    about: str
    revision: int
    lines: str
    missing: tuple[str, ...]


def get_description(caller: Caller, thing_id: str, kind: str | None = None) -> Served:
    """What is said of a thing, with the descriptions of what it names as far as the caller may see them.

    Raises NotFound, also for things of kinds that have no descriptions.
    """
    entity = entities.get(caller, thing_id, kind)
    if entity.kind not in describing.kinds():
        raise NotFound(f"Things of the kind {entity.kind} have no description.")
    bring_up_to_date([entity.seq], strict=True)
    named = _named(caller, entity.seq)
    bring_up_to_date([row.seq for row in named])
    rows = _rows([entity.seq, *(row.seq for row in named)])
    mine = next((row for row in rows if row.seq == entity.seq), None)
    if mine is None:  # deleted while we read it, before it was ever described
        raise entities.not_found(thing_id, kind)
    unseen = lines.named_in(mine.lines) - {row.id for row in named}
    missing = describing.missing_without(mine, unseen) if unseen else tuple(mine.missing)
    text = _cut(caller, rows, [entity.id, *(row.id for row in named)])
    about = entities.iri(entity.kind, entity.id)
    return Served(entity.id, about, entity.revision, text, missing)


def bring_up_to_date(seqs: Sequence[int], *, strict: bool = False) -> None:
    """Make the descriptions of these things anew where they are older, as `describing.bring_up_to_date` does."""
    here = entities.columns
    query = select(here.seq, here.id, here.kind, here.deleted_at, here.change).where(here.seq.in_(seqs))
    with reading() as session:
        rows: Sequence[Any] = session.execute(query).all()
    describing.bring_up_to_date([row for row in rows if row.kind in describing.kinds()], strict=strict)


def _named(caller: Caller, seq: int) -> Sequence[Any]:
    """The things that a description names and the caller may see."""
    query = select(entities.columns.seq, entities.columns.id).join_from(
        links, entities.table, entities.columns.seq == links.c.target_seq
    )
    with reading() as session:
        return session.execute(query.where(links.c.entity_seq == seq, entities.visible_to(caller))).all()


def _rows(seqs: Sequence[int]) -> Sequence[Any]:
    here = entities.columns
    columns = (here.seq, here.id, here.kind, descriptions.c.lines, descriptions.c.missing)
    query = select(*columns).join_from(descriptions, entities.table, here.seq == descriptions.c.entity_seq)
    with reading() as session:
        return session.execute(query.where(here.seq.in_(seqs))).all()


def _cut(caller: Caller, rows: Sequence[Any], known: Sequence[str]) -> str:
    """The lines of these descriptions that name nothing which the caller may not see."""
    named = set().union(*(lines.named_in(row.lines) for row in rows))
    shown = dict.fromkeys([*known, *seen(caller, named - set(known))], SEEN)
    return lines.merged(*(describing.whole(row, lines.by_reach(row.lines, SEEN, shown).get(SEEN, "")) for row in rows))


def seen(caller: Caller, ids: set[str]) -> Sequence[str]:
    """Those of these things that the caller may see."""
    if not ids:
        return []
    with reading() as session:
        query = select(entities.columns.id).where(entities.columns.id.in_(sorted(ids)), entities.visible_to(caller))
        return session.scalars(query).all()
