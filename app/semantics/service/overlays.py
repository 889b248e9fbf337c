"""What people add to descriptions: kept beside the generated part, with who said it when, so that a refresh keeps it."""

from collections.abc import Sequence
from typing import Any

from pyoxigraph import Triple
from sqlalchemy import Row, delete, insert, select

from app.core.clock import utcnow
from app.core.db import reading, table_of, transaction
from app.core.errors import FieldError, Invalid, NotFound
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller, EntityRow
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.semantics import describing, lines, writing
from app.semantics import reading as rdf
from app.semantics.describing import overlays
from app.semantics.models import OverlayChange
from app.semantics.service.serving import SEEN, seen
from app.users import service as users

ADDRESSES = ("topics", "see_also")  # fields that may name other things
MOST_LINES = 1_000
MOST_CHARACTERS = 200_000
changes = table_of(OverlayChange)


def change_fields(caller: Caller, thing_id: str, patch: dict[str, Any], *, expected: int | None) -> None:
    """Apply a JSON merge patch (RFC 7396) to the fields of a thing's overlay; `statements: null` drops what was added.

    Raises NotFound, Forbidden, PreconditionFailed when `expected` is not the revision of the thing.
    """
    drop = "statements" in patch
    given = {name: value for name, value in patch.items() if name != "statements"}

    def change(fields: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
        kept = {name: value for name, value in {**fields, **given}.items() if value is not None}
        return kept, "" if drop else text

    _change(caller, thing_id, expected, change)


def add_statements(caller: Caller, thing_id: str, body: bytes, media_type: str, *, expected: int | None) -> None:
    """Add RDF about a thing to its overlay; raises Invalid with what cannot be accepted, and as `change_fields` does."""
    entity = entities.get(caller, thing_id)
    about = entities.iri(entity.kind, entity.id)
    triples: Sequence[Triple] = rdf.read(body, media_type, about)
    added = describing.stored(writing.lines(triples), about)
    _change(caller, thing_id, expected, lambda fields, text: (fields, lines.merged(text, added)))


def _change(caller: Caller, thing_id: str, expected: int | None, change: Any) -> None:
    with transaction() as session:
        entity = entities.change(caller, thing_id, expected=expected)
        if entity.kind not in describing.kinds():
            raise NotFound(f"Things of the kind {entity.kind} have no description.")
        before = session.execute(select(overlays).where(overlays.c.entity_seq == entity.seq)).first()
        fields, text = change(*((before.fields, before.lines) if before else ({}, "")))
        _check_size(text)
        now = {"entity_seq": entity.seq, "fields": fields, "lines": text}
        session.execute(delete(overlays).where(overlays.c.entity_seq == entity.seq))
        session.execute(insert(overlays).values(**now))
        who = {"author_seq": caller.seq, "at": utcnow(), "revision": entity.revision}
        session.execute(insert(changes).values(**now, **who))
        ledger.record(Activity("semantics.update", f"Described {entity.title}"), caller, used=[entity.seq])


def _check_size(text: str) -> None:
    if text.count("\n") > MOST_LINES or len(text) > MOST_CHARACTERS:
        detail = f"would make more than {MOST_LINES:,} added statements or {MOST_CHARACTERS:,} characters"
        raise Invalid(
            f"This {detail}. Drop some by PATCH with {{'statements': null}}.", errors=[FieldError("", detail)]
        )


def get_overlay(caller: Caller, thing_id: str) -> dict[str, Any]:
    """What people said of a thing, as far as the caller may see all that it names: fields, and what was added as N-Triples."""
    entity = entities.get(caller, thing_id)
    with reading() as session:
        rows = session.execute(select(overlays).where(overlays.c.entity_seq == entity.seq)).all()
    said = _shown(caller, entity, rows) or [{"fields": {}, "statements": ""}]
    return {"id": entity.id, "revision": entity.revision, **said[0]}


def history(caller: Caller, thing_id: str) -> Listing:
    """The overlay of a thing after each change, newest first, with who made it; raises NotFound."""
    entity = entities.get(caller, thing_id)
    query = select(changes, *users.creator).join_from(changes, users.people, users.people.c.seq == changes.c.author_seq)
    query = query.where(changes.c.entity_seq == entity.seq)
    return Listing(query, (Key(changes.c.seq, "seq", descending=True),), lambda rows: _show_all(caller, entity, rows))


def _show_all(caller: Caller, entity: EntityRow, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    shown = zip(rows, _shown(caller, entity, rows), strict=True)
    return [{"revision": row.revision, "at": row.at, "author": users.show_creator(row), **said} for row, said in shown]


def _shown(caller: Caller, entity: EntityRow, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Overlays without what names things that the caller may not see, as in the description itself."""
    about = entities.iri(entity.kind, entity.id)
    named = set().union(*(lines.named_in(row.lines) | _named(about, _addresses(row)) for row in rows))
    reach = dict.fromkeys(seen(caller, named), SEEN)
    texts = [lines.by_reach(row.lines, SEEN, reach).get(SEEN, "") for row in rows]
    hidden = [{iri for iri in _addresses(row) if not _named(about, [iri]) <= reach.keys()} for row in rows]
    return [
        {"fields": _without(row.fields, gone), "statements": describing.whole(entity, text)}
        for row, text, gone in zip(rows, texts, hidden, strict=True)
    ]


def _addresses(row: Row[Any]) -> list[str]:
    return [iri for name in ADDRESSES for iri in row.fields.get(name, ())]


def _named(about: str, iris: Sequence[str]) -> set[str]:
    return lines.named_in(describing.stored("".join(f"<{iri}>" for iri in iris), about))


def _without(fields: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    """The fields without these IRIs; a list of which nothing remains is no field."""
    if not hidden:
        return fields
    kept = {name: [iri for iri in fields[name] if iri not in hidden] for name in ADDRESSES if name in fields}
    return {name: kept.get(name, value) for name, value in fields.items() if kept.get(name, value)}
