"""Making descriptions: whatever is older than the thing it describes is made anew before anyone reads it.

Nothing is made while a thing is registered, so that registration stays as fast as its rows; the feed of `entities` says
what has changed since a description was made, whoever changed it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from sqlalchemy import BigInteger, Row, delete, insert, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import database, reading, table_of, transaction
from app.core.errors import DomainError
from app.entities import service as entities
from app.semantics import lines, overlay, writing
from app.semantics.graph import Described
from app.semantics.models import Description, DescriptionLink, Overlay

log = structlog.get_logger()
MAPPING = "2"  # raise it when the same facts give another description
BATCH = 200

descriptions = table_of(Description)
links = table_of(DescriptionLink)
overlays = table_of(Overlay)
Facts = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Describer:
    """How things of one kind are described."""

    facts: Callable[[Sequence[int]], Facts]
    describe: Callable[[Mapping[str, Any], str], Described]


@dataclass
class Settings:
    """What this room was told at the start, and up to which position this process knows all descriptions to be made."""

    public_url: str = ""
    described: int = 0

    @property
    def mapping(self) -> str:
        return f"{MAPPING} {self.public_url}"


settings = Settings()
_describers: dict[str, Describer] = {}


def configure(public_url: str) -> None:
    """Take the settings of this room."""
    settings.public_url, settings.described = public_url, 0


def register_describer(
    kind: str, facts: Callable[[Sequence[int]], Facts], describe: Callable[[Mapping[str, Any], str], Described]
) -> None:
    """Let things of this kind have descriptions: `facts` reads them by `seq`, `describe` is a pure function of one of them.

    Every subject that it makes must be the IRI of the thing or a fragment of it, and what it says must name other things by
    their IRIs only, since lines are shown as far as all that they name.
    """
    _describers[kind] = Describer(facts, describe)


def kinds() -> list[str]:
    """The kinds of things that have descriptions."""
    return list(_describers)


def stored(text: str, about: str) -> str:
    """Lines about the thing `about` in the form that is kept."""
    return lines.stored(text, about, settings.public_url)


def whole(thing: Any, text: str) -> str:
    """Kept lines about a thing, which has a kind and an id, as N-Triples."""
    return lines.whole(text, entities.iri(thing.kind, thing.id), settings.public_url)


def missing_without(row: Any, unseen: set[str]) -> tuple[str, ...]:
    """What the description of a thing could not say without the things `unseen`, for a reader who must not know of them."""
    describer = _describers[row.kind]
    facts = describer.facts([row.seq])[row.seq]
    if "datasets" in facts:
        facts["datasets"] = [one for one in facts["datasets"] if one["dataset_id"] not in unseen]
    return describer.describe(facts, settings.public_url).missing


def bring_up_to_date(rows: Sequence[Row[Any]], *, strict: bool = False) -> None:
    """Make the descriptions of these things of the feed anew where they are older; what is deleted needs none.

    A thing that cannot be described is logged and left as it is; `strict` raises what is wrong with it instead.
    """
    alive = [row for row in rows if row.deleted_at is None]
    for start in range(0, len(alive), BATCH):
        stale = _stale(alive[start : start + BATCH])
        try:
            _make(stale)
        except (ValueError, TypeError, LookupError, AttributeError):
            if strict:
                raise
            _make_each(stale)


def _stale(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    query = select(descriptions.c.entity_seq, descriptions.c.change)
    same = (descriptions.c.entity_seq.in_([row.seq for row in rows]), descriptions.c.mapping == settings.mapping)
    with reading() as session:
        made_from = dict(cast("Any", session.execute(query.where(*same)).all()))
    return [row for row in rows if made_from.get(row.seq) != row.change]


def _make(rows: Sequence[Row[Any]]) -> None:
    if not rows:
        return
    said = _overlays([row.seq for row in rows])
    made = []
    for kind in {row.kind for row in rows}:
        of_kind = [row for row in rows if row.kind == kind]
        facts = _describers[kind].facts([row.seq for row in of_kind])
        made += [_describe(row, facts[row.seq], said.get(row.seq)) for row in of_kind if row.seq in facts]
    _keep(made)


def _make_each(rows: Sequence[Row[Any]]) -> None:
    """One by one: a thing that cannot be described must not keep everybody from asking about the others."""
    for row in rows:
        try:
            _make([row])
        except DomainError:
            raise
        except Exception:  # whatever is wrong with one thing
            log.exception("a thing cannot be described", kind=row.kind, id=row.id)


def _overlays(seqs: Sequence[int]) -> dict[int, Row[Any]]:
    with reading() as session:
        return {row.entity_seq: row for row in session.execute(select(overlays).where(overlays.c.entity_seq.in_(seqs)))}


def _describe(row: Row[Any], facts: dict[str, Any], said: Row[Any] | None) -> dict[str, Any]:
    described = _describers[row.kind].describe(facts, settings.public_url)
    about = entities.iri(row.kind, row.id)
    text = stored(writing.lines(described.triples), about)
    if said is not None:
        stated = writing.lines(overlay.triples(said.fields, about))
        text = lines.merged(text, said.lines, stored(stated, about))
    algorithm = (said.fields.get("algorithm") if said is not None else None) or described.algorithm
    made = {"entity_seq": row.seq, "change": row.change, "mapping": settings.mapping, "lines": text}
    return {**made, "missing": list(described.missing), "algorithm": algorithm}


def _keep(made: list[dict[str, Any]]) -> None:
    """Write descriptions, unless somebody wrote newer ones meanwhile."""
    named = {one["entity_seq"]: lines.named_in(one["lines"]) for one in made}
    seqs = _seqs(set().union(*named.values()))
    upsert = _upsert()
    with transaction(bookkeeping=True) as session:
        for one in sorted(made, key=lambda one: one["entity_seq"]):
            seq = one["entity_seq"]
            if session.execute(upsert, one).first():
                session.execute(delete(links).where(links.c.entity_seq == seq))
                known = sorted(seqs[thing] for thing in named[seq] if thing in seqs)
                if known:
                    session.execute(insert(links), [{"entity_seq": seq, "target_seq": target} for target in known])


def _upsert() -> Any:
    dialect = postgresql if database.dialect == "postgresql" else sqlite
    statement = dialect.insert(descriptions)
    new = statement.excluded
    values = {name: new[name] for name in ("change", "mapping", "lines", "missing", "algorithm")}
    # a number beyond that of the thing itself is of another cluster of PostgreSQL, whose dump was loaded into this one
    same = entities.columns.seq == literal_column("excluded.entity_seq", BigInteger)
    now = select(entities.columns.change).where(same).scalar_subquery()
    foreign = (descriptions.c.mapping != new.mapping) | (descriptions.c.change > now)
    later = (descriptions.c.change <= new.change) | foreign
    upsert = statement.on_conflict_do_update(index_elements=["entity_seq"], set_=values, where=later)
    return upsert.returning(descriptions.c.entity_seq)


def _seqs(ids: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = sorted(ids)
    with reading() as session:
        for start in range(0, len(wanted), 1000):
            query = select(entities.columns.id, entities.columns.seq)
            some = entities.columns.id.in_(wanted[start : start + 1000])
            found |= dict(cast("Any", session.execute(query.where(some)).all()))
    return found
