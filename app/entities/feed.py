"""Which things changed since: a position in the database's history, and what was committed after it.

Every INSERT and UPDATE of an entity, and every change of its owner's name, writes the number of the change into the row, by
triggers. SQLite's writers come one after the other and count. PostgreSQL's do not: a transaction with a lower number may
commit later than one with a higher, so the number is that of the transaction, and a position is the lowest number that may
still be running. What was committed beyond it is given again next time; nothing is ever left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal_column, select, update

from app.core.db import database, reading, table_of, transaction
from app.entities.models import Entity

entities = table_of(Entity)
COLUMNS = tuple(entities.c[name] for name in ("seq", "id", "kind", "visibility", "deleted_at", "change"))


@dataclass(frozen=True)
class Changes:
    """Things that changed, and the position to go on from."""

    rows: Sequence[Any]
    position: int


def _here() -> ColumnElement[int]:
    if database.dialect == "postgresql":
        return literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
    return func.coalesce(select(func.max(entities.c.change)).scalar_subquery(), 0) + 1


def position_now() -> int:
    """The position at which all that is committed by now lies behind."""
    with reading() as session:
        return session.execute(select(_here())).scalar_one()


def changes_since(position: int, kinds: Sequence[str]) -> Changes:
    """Things of these kinds, deleted ones too, that changed at or after `position`; 0 is the beginning."""
    # one statement, so that the position and the rows are of one snapshot
    query = select(*COLUMNS, _here().label("here"))
    query = query.where(entities.c.change >= position, entities.c.kind.in_(kinds)).order_by(entities.c.seq)
    with reading() as session:
        rows = session.execute(query).all()
    return Changes(rows, rows[0].here if rows else position)


def touch(entity_seq: int) -> None:
    """Say that something about a thing changed that its row does not hold; inside a transaction."""
    with transaction() as session:
        same = entities.c.seq == entity_seq
        session.execute(update(entities).where(same).values(updated_at=entities.c.updated_at))
