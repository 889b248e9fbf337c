"""The statements by which a search looks at documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, Table, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import False_

from app.core.db import database
from app.queries.filters import Filter
from app.queries.sql import IN_WINDOWS, Documents, translate

MAX_HITS = 2_000  # rows that an index is asked for


@dataclass(frozen=True)
class Hits:
    """The seqs of documents that an index finds, whoever may see them, and the last seq that there is."""

    seqs: list[int]
    last: int


class Source:
    """The rows of one search: `query` says which may be seen, and has the table of the documents in it.

    `is_indexed`: an index finds them. `finds_nothing`: there are none, whatever the documents.
    """

    def __init__(self, query: Select[Any], filter: Filter, documents: Documents) -> None:
        self.translation = translate(filter, documents, database.dialect, walking=True)
        self.is_indexed = self.translation.key is not None
        self.finds_nothing = isinstance(self.translation.condition, False_)
        self._table: Table = documents.text.table
        self._key, self._column = self._table.c.seq, documents.indexed.key
        walked = query.add_columns(self._key.label("found_seq"), documents.text.label("found_text")).order_by(self._key)
        condition = self.translation.condition
        self._query = walked if condition is None else walked.where(condition)

    def end_of_span(self, session: Connection, after: int, span: int) -> int | None:
        """The seq of the document that is so many documents further; None when there are not so many."""
        further = select(self._key).where(self._key > after).order_by(self._key)
        return session.scalar(further.offset(span - 1).limit(1))

    def between(self, session: Connection, after: int, end: int | None, batch: int) -> Sequence[Row[Any]]:
        """The first rows of a span that SQL cannot rule out; one without an end goes on to the last document."""
        span = [self._key > after] if end is None else [self._key > after, self._key <= end]
        return session.execute(self._query.where(*span).limit(batch)).all()

    def hits(self, session: Connection, after: int, windows: range | None) -> Hits | None:
        """What an index finds in these windows, or anywhere behind a number; None when it is too much."""
        within = "" if windows is None else f" AND {IN_WINDOWS}"
        table = self._table.name
        # written by hand, since nothing of it changes but the values; to put it together takes as long as to run it
        found = f"SELECT seq FROM {table} WHERE seq > :after AND {self._column} @? CAST(:path AS jsonpath){within} LIMIT :most"
        given = {"after": after, "path": f"lax $ ? ({self.translation.key})", "most": MAX_HITS}
        given |= {} if windows is None else {"windows": list(windows)}
        row = session.execute(text(f"SELECT ARRAY({found}), (SELECT max(seq) FROM {table})"), given).one()
        return Hits(sorted(row[0]), row[1] or 0) if len(row[0]) < MAX_HITS else None

    def these(self, session: Connection, seqs: list[int]) -> Sequence[Row[Any]]:
        """The rows of some documents that may be seen, those ruled out that the index could not rule out."""
        return session.execute(self._query.where(self._key == any_(literal(seqs, ARRAY(BigInteger))))).all()
