"""Pages of rows whose documents a filter finds: SQL says what it can, the matcher decides the rest row by row.

Rows come in the order of `seq`. A statement walks over a span of so many documents, without any index but that of seq,
since planners cannot know how many documents a path finds; spans and batches grow. Where an index may find the rows, a short
walk comes first, which fills the page if they are common. If not, the index is asked for as many windows of numbers as the
rest of the page should need by what was found so far, and for everything that is left when these would be too many. When it
finds more than it may, the rows lie close enough to walk on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import Row, Select

from app.core.db import reading
from app.queries.filters import Filter
from app.queries.matcher import Budget, matches
from app.queries.sql import WINDOW, Documents
from app.queries.statements import Source

T = TypeVar("T")
FIRST_SPAN, LAST_SPAN = 1_500, 16_384  # documents that one statement walks over
LAST_BATCH = 1_000  # rows that one statement gives to the matcher
LIGHT = 16  # comparisons of one document that the first span affords
GLANCE = 256  # documents that one walks over before an index is asked
FURTHER = 128  # times as far one looks next when nothing was found
SPARE = 2  # times as far as the rows found so far would let one look
MAX_WINDOWS = 96  # that an index is asked for at once
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
    filter: Filter,
    documents: Documents,
    *,
    limit: int,
    after: int | None = None,
    bounds: Bounds = Bounds(),
    show: Callable[[Row[Any], dict[str, Any]], T] = as_it_is,
) -> Found[T]:
    """The next `limit` rows of `select` behind `after` whose documents the filter finds, as `show(row, document)` gives them.

    `select` says what the caller may see; nothing else is matched. It has the table of the documents in it. Each call
    gets further, however small the bounds. Raises FilterRefused where $expr meets a value that it cannot take, and
    FilterTooCostly when regular expressions take too long.
    """
    source = Source(select, filter, documents)
    if source.finds_nothing:
        return Found([], None, complete=True)
    search = _Search(source, filter, limit, max(0, min(after or 0, MAX_SEQ)), bounds)
    search.run()
    return search.page(show)


class _Search:
    """One search: how far it is, and what it found."""

    def __init__(self, source: Source, filter: Filter, limit: int, after: int, bounds: Bounds) -> None:
        self._source, self._filter = source, filter
        self._limit, self._after, self._position, self._bounds = limit, after, after, bounds
        self._deadline = time.monotonic() + bounds.milliseconds / 1000
        self._budget = Budget()
        self._looked_at = 0
        self._batch = limit + 1
        self._ended = False
        self._matches: list[_Match] = []

    def run(self) -> None:
        """Look until the page is full and known to have a next one, all was seen, or a bound is met."""
        source = self._source
        span = GLANCE if source.is_indexed else max(64, FIRST_SPAN * LIGHT // max(LIGHT, source.translation.terms))
        self._walk(self._position + span)  # there are no more than that, so they need not be counted
        if source.is_indexed:
            self._ask_index()
        while not self._is_over():
            span = min(span * 4, LAST_SPAN)
            self._walk_on(span)
        if not self._ended and not self._is_full():  # a bound was met, perhaps at the very end
            with reading() as session:
                self._ended = source.end_of_span(session, self._position, 1) is None

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
            end = self._source.end_of_span(session, self._position, span)
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

    def _ask_index(self) -> None:
        """Windows, as long as it finds few rows in them; their documents are read when they may fill the page."""
        seqs: list[int] = []
        while not self._is_over():
            windows = self._windows_ahead(len(seqs))
            with reading() as session:
                hits = self._source.hits(session, self._position, windows)
            if hits is None:
                break
            seqs += hits.seqs
            end = hits.last if windows is None else windows.stop * WINDOW - 1
            if (len(seqs) > self._limit - len(self._matches) or end >= hits.last) and not self._take(seqs):
                return
            self._position, self._ended = end, end >= hits.last
        self._take(seqs)  # whatever ended it, no window is left behind unread

    def _windows_ahead(self, hits: int) -> range | None:
        """Those that hold the rest of the page, if all documents are as the seen ones; None when they are too many."""
        seen, found = self._position - self._after, len(self._matches) + hits
        times = min(FURTHER, SPARE * (self._limit + 1 - found) / found) if found else FURTHER
        first, last = (self._position + 1) // WINDOW, (self._position + int(seen * times)) // WINDOW
        return range(first, last + 1) if last - first < MAX_WINDOWS else None

    def _take(self, seqs: list[int]) -> bool:
        """Look at these documents, which leave the list; false when the search is over within them."""
        size = 2 * (self._limit + 1 - len(self._matches))  # some may be hidden from the caller
        while seqs:
            with reading() as session:
                rows = self._source.these(session, seqs[:size])
            if not self._look_at(rows):
                return False
            del seqs[:size]
            size = max(size, min(size * 2, LAST_BATCH))
        return True

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
