"""Pages of rows whose documents a filter finds: SQL says what it can, the matcher decides the rest row by row.

Rows come in the order of `seq`. A statement walks over a window of so many documents, without any index but that of seq,
since planners cannot know how many documents a path finds; windows and batches grow. When the first window shows that rows
are rare, and an index may find them, it is asked for all of them, up to some number: if they are fewer, these are all there
are; if not, they lie close enough to walk on. An index that joins three common conditions takes longer than to walk.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from app.core.db import database, reading
from app.queries.filters import Filter
from app.queries.matcher import Budget, matches
from app.queries.sql import Documents, translate

T = TypeVar("T")
FIRST_SPAN, LAST_SPAN = 1_500, 16_384  # documents that one statement walks over
LAST_BATCH = 1_000  # rows that one statement gives to the matcher
MAX_HITS = 2_000  # rows that an index is asked for
LIGHT = 16  # comparisons of one document that the first window affords
RARE = 8_192  # documents that one would walk over rather than ask an index
MAX_SEQ = 2**62  # so that windows behind it are numbers of 64 bits too


@dataclass(frozen=True)
class Bounds:
    """After how many rows looked at, or milliseconds, a page is given short."""

    rows: int = 20_000
    milliseconds: float = 1_000


@dataclass(frozen=True)
class Found(Generic[T]):
    """One page: `next` is the seq up to which all was looked at, None at the end; `complete`: no bound cut it short."""

    rows: list[T]
    next: int | None
    complete: bool


@dataclass(frozen=True)
class _Match:
    seq: int
    row: Row[Any]
    document: dict[str, Any] | None


def as_it_is(row: Row[Any], _document: dict[str, Any]) -> Any:
    """The row."""
    return row


def find(
    select: Select[Any],
    seq: ColumnElement[int],
    filter: Filter,
    documents: Documents,
    *,
    limit: int,
    after: int | None = None,
    bounds: Bounds = Bounds(),
    show: Callable[[Row[Any], dict[str, Any]], T] = as_it_is,
) -> Found[T]:
    """The next `limit` rows of `select` behind `after` whose documents the filter finds, as `show(row, document)` gives them.

    `select` says what the caller may see; nothing else is matched. It has the table of the documents in it, joined by its
    own `seq`. Each call gets further, however small the bounds. Raises FilterRefused where $expr meets a value that it
    cannot take, and FilterTooCostly when regular expressions take too long.
    """
    search = _Search(_Source(select, seq, filter, documents), filter, limit, max(0, min(after or 0, MAX_SEQ)), bounds)
    search.run()
    return search.page(show)


class _Source:
    """The statements of one search."""

    def __init__(self, query: Select[Any], seq: ColumnElement[int], filter: Filter, documents: Documents) -> None:
        dialect = database.dialect
        self.translation = translate(filter, documents, dialect, walking=True)
        self._by_index = translate(filter, documents, dialect).condition if self.translation.indexed else None
        self._seq = seq
        self._table: Table = documents.text.table
        self._key = self._table.c.seq
        walked = query.add_columns(seq.label("found_seq"), documents.text.label("found_text")).order_by(seq)
        condition = self.translation.condition
        self._query = walked if condition is None else walked.where(condition)

    def end_of_window(self, session: Connection, after: int, span: int) -> int | None:
        """The seq of the document that is so many documents further; None when there are not so many."""
        further = select(self._key).where(self._key > after).order_by(self._key)
        return session.scalar(further.offset(span - 1).limit(1))

    def between(self, session: Connection, after: int, end: int | None, batch: int) -> Sequence[Row[Any]]:
        """The first rows of a window that SQL cannot rule out; one without an end goes on to the last document."""
        # the key of the documents, which is the same number, tells the planner how few of them these are
        window = [self._seq > after, self._key > after]
        window += [] if end is None else [self._seq <= end, self._key <= end]
        return session.execute(self._query.where(*window).limit(batch)).all()

    def hits(self, session: Connection, after: int) -> list[int] | None:
        """The seqs of all documents that an index finds, whoever may see them; None when they are many, or no index is."""
        if self._by_index is None:
            return None
        found = session.scalars(select(self._key).where(self._key > after, self._by_index).limit(MAX_HITS)).all()
        return sorted(found) if len(found) < MAX_HITS else None

    def these(self, session: Connection, seqs: list[int]) -> Sequence[Row[Any]]:
        """The rows of some documents that may be seen."""
        return session.execute(self._query.where(self._seq.in_(seqs), self._key.in_(seqs))).all()


class _Search:
    """One search: how far it is, and what it found."""

    def __init__(self, source: _Source, filter: Filter, limit: int, after: int, bounds: Bounds) -> None:
        self._source, self._filter = source, filter
        self._limit, self._position, self._bounds = limit, after, bounds
        self._deadline = time.monotonic() + bounds.milliseconds / 1000
        self._budget = Budget()
        self._looked_at = 0
        self._batch = limit + 1
        self._ended = False
        self._matches: list[_Match] = []

    def run(self) -> None:
        """Look until the page is full and known to have a next one, all was seen, or a bound is met."""
        span = max(64, FIRST_SPAN * LIGHT // max(LIGHT, self._source.translation.terms))
        self._walk(self._position + span)  # there are no more than that, so they need not be counted
        if self._are_rare(span) and not self._is_over():
            self._ask_index()
        while not self._is_over():
            span = min(span * 4, LAST_SPAN)
            self._walk_on(span)
        if not self._ended and not self._is_full():  # a bound was met, perhaps at the very end
            with reading() as session:
                self._ended = self._source.end_of_window(session, self._position, 1) is None

    def page(self, show: Callable[[Row[Any], dict[str, Any]], T]) -> Found[T]:
        """What was found, one match for the next page left out."""
        rows = [show(one.row, one.document or orjson.loads(one.row.found_text)) for one in self._matches[: self._limit]]
        if len(self._matches) > self._limit:
            return Found(rows, self._matches[self._limit - 1].seq, complete=True)
        return Found(rows, None if self._ended else self._position, complete=self._ended or len(rows) == self._limit)

    def _is_over(self) -> bool:
        return self._ended or self._is_full() or self._is_spent()

    def _is_full(self) -> bool:
        return len(self._matches) > self._limit

    def _is_spent(self) -> bool:
        return self._looked_at >= self._bounds.rows or time.monotonic() > self._deadline

    def _walk_on(self, span: int) -> None:
        """So many of the next documents."""
        with reading() as session:
            end = self._source.end_of_window(session, self._position, span)
        self._walk(end)

    def _walk(self, end: int | None) -> None:
        """All documents up to an end, in batches."""
        while True:
            batch = self._batch if not self._source.translation.exact else self._limit + 1 - len(self._matches)
            with reading() as session:
                rows = self._source.between(session, self._position, end, batch)
            if not self._look_at(rows):
                return
            if len(rows) < batch:
                self._position, self._ended = end or self._position, end is None
                return
            self._batch = max(min(self._batch * 2, LAST_BATCH), self._limit + 1)

    def _are_rare(self, walked: int) -> bool:
        """Whether one would have to walk far for the rest of the page, if all documents are as those that were seen."""
        return (self._limit + 1 - len(self._matches)) * walked > RARE * len(self._matches)

    def _ask_index(self) -> None:
        """All that is left, if an index finds few."""
        with reading() as session:
            hits = self._source.hits(session, self._position)
        if hits is None:
            return
        for start in range(0, len(hits), self._batch):
            some = hits[start : start + self._batch]
            with reading() as session:
                rows = self._source.these(session, some)
            if not self._look_at(rows):
                return
            self._position = some[-1]
        self._ended = True

    def _look_at(self, rows: Sequence[Row[Any]]) -> bool:
        """Match rows, and say whether to go on behind the last of them; false when the search is over within them."""
        for row in rows:
            document = None if self._source.translation.exact else orjson.loads(row.found_text)
            if document is None or matches(self._filter, document, self._budget):
                self._matches.append(_Match(row.found_seq, row, document))
            self._position = row.found_seq
            self._looked_at += 1
            if self._is_full() or self._is_spent():
                return False
        return True
