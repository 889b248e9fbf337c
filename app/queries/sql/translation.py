"""From a filter to a condition: what is put together of terms, in any dialect.

A condition may find too much, never too little. So a conjunction says what it can of its terms, a disjunction needs all of
its branches, and a negation needs the exact opposite of the positive term.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import false, func, not_

from app.queries.filters import (
    All,
    And,
    Compare,
    ElemMatchObject,
    ElemMatchValue,
    Exists,
    Filter,
    In,
    Not,
    Or,
    Size,
)
from app.queries.sql.nodes import ELEMENTS, NOTHING, Documents, Leaves, Steps, Translation
from app.queries.sql.postgresql import PostgreSQL
from app.queries.sql.sqlite import SQLite

# comparisons in one statement: each costs PostgreSQL about 0.1 us for a document, which its planner does not know
MAX_COMPARISONS = 100
MAX_DEPTH = 20  # of conditions in conditions, which SQLAlchemy compiles by recursion


def translate(filter: Filter, documents: Documents, dialect: str, *, walking: bool = False) -> Translation:
    """The filter as a condition over the documents, for `postgresql` or `sqlite`.

    `walking`: the same condition, said so that no index can be used for it.
    """
    leaves = SQLite(documents) if dialect == "sqlite" else PostgreSQL(documents, walking=walking)
    return _Translator(leaves).term(filter, ())


class _Translator:
    """One translation; counts what it has said so far."""

    def __init__(self, leaves: Leaves) -> None:
        self._leaves = leaves
        self._left = MAX_COMPARISONS
        self._depth = 0

    def term(self, term: Filter, base: Steps) -> Translation:
        """The condition for a term whose paths begin at `base`."""
        if self._depth >= MAX_DEPTH:
            return NOTHING
        self._depth += 1
        try:
            return self._inside(term, base)
        finally:
            self._depth -= 1

    def _inside(self, term: Filter, base: Steps) -> Translation:
        match term:
            case And(terms):
                return self._all([self.term(one, base) for one in terms])
            case Or(terms):
                return self._any(self.term(one, base) for one in terms)
            case Not(positive):
                return _opposite(self.term(positive, base))
            case _:
                return self._leaf(term, base)

    def _all(self, parts: list[Translation]) -> Translation:
        said = [part for part in parts if part.condition is not None]
        if parts and not said:
            return NOTHING
        both = self._leaves.joined(said, every=True)
        return both if len(said) == len(parts) else replace(both, exact=False)

    def _any(self, branches: Iterable[Translation]) -> Translation:
        parts = []
        for part in branches:
            if part.condition is None:
                return NOTHING
            parts.append(part)
        return self._leaves.joined(parts, every=False)

    def _leaf(self, term: Filter, base: Steps) -> Translation:
        match term:
            case ElemMatchObject(path, inner) | ElemMatchValue(path, inner):
                return self._elements(self.term(inner, (*base, *path, ELEMENTS)))
            case Compare(path, "$eq", value):
                return self._members((*base, *path), (value,))
            case In(path, members):
                return self._members((*base, *path), members.values)
            case All(path, members):
                return self._all([self._members((*base, *path), (value,)) for value in members.values])
            case _:
                return self._plain(term, base)

    def _plain(self, term: Filter, base: Steps) -> Translation:
        match term:
            case Compare(path, operator, value) if operator != "$eq" and type(value) in (int, float, str):
                steps = (*base, *path)
                if _sayable(steps, value) and self._affords(1):
                    return self._leaves.ordered(steps, operator, value)
            case Exists(path) if _sayable((*base, *path)) and self._affords(1):
                return self._leaves.existing((*base, *path))
            case Size(path, size) if _sayable((*base, *path)) and self._affords(1):
                return self._leaves.sized((*base, *path), size)
        return NOTHING

    def _affords(self, comparisons: int) -> bool:
        """Whether so many more comparisons may be made."""
        if comparisons > self._left:
            return False
        self._left -= comparisons
        return True

    def _members(self, steps: Steps, values: tuple[object, ...]) -> Translation:
        """Nulls are found where nothing is, which no path tells."""
        if not values:
            return Translation(false(), exact=True)
        if None in values or not _sayable(steps, *values) or not self._affords(len(values)):
            return NOTHING
        return self._leaves.equal_to(steps, values)

    @staticmethod
    def _elements(inner: Translation) -> Translation:
        """Conditions of $elemMatch may be fulfilled by different elements here."""
        return replace(inner, exact=False)


def _opposite(positive: Translation) -> Translation:
    if positive.condition is None or not positive.exact:
        return NOTHING
    # a condition that the database cannot decide holds for nothing, so its opposite holds
    return Translation(not_(func.coalesce(positive.condition, false())), exact=True, terms=positive.terms)


def _sayable(steps: Steps, *values: object) -> bool:
    """Whether the path and the values can be sent to a database at all.

    An empty part behind others may stand for an array itself, which no path of a database says.
    """
    return "" not in steps[1:] and all(map(_is_plain, steps)) and all(map(_is_plain, values))


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, float) or abs(value) < float("inf")  # false for what is no number
