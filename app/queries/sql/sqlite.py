"""Conditions over JSON text by SQLite's JSON1: wide ones, which look for values somewhere below the first key of a path.

Source: SQLite documentation, "JSON Functions And Operators". Arrays may stand at every step of a path, so rows of
`json_tree` are tested by their value, and by the names of the path in the text of their own path. Older versions of SQLite
compare keys as they are written, and read numbers with an error in the last place, so nothing here is exact but the
presence of a first key.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, true

from app.queries.sql.nodes import Documents, Range, Steps, Translation, joined
from app.queries.sql.numbers import above, below

MAX_PARTS = 4  # of a nested value that are looked for
MAX_NAMES = 4  # of a path that are looked for; each star of a pattern may be tried at each letter
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9_ .:+-]*", re.ASCII)  # a string that every writer of JSON writes alike
_TYPE_NAMES = {bool: "", dict: "object", list: "array"}


class SQLite:
    """Conditions over `text`."""

    def __init__(self, documents: Documents) -> None:
        self._text = documents.text

    def joined(self, parts: Sequence[Translation], *, every: bool) -> Translation:
        """Side by side."""
        return joined(parts, every=every)

    def equal_to(self, steps: Steps, values: Sequence[Any]) -> Translation:
        """One look at the document for all scalars."""
        scalars = [value for value in values if not isinstance(value, dict | list)]
        parts = [self._nested(steps, value) for value in values if isinstance(value, dict | list)]
        if scalars:
            parts.append(self._scalars(steps, scalars))
        return Translation(or_(*parts), exact=False, terms=len(values))

    def _scalars(self, steps: Steps, values: Sequence[Any]) -> ColumnElement[bool]:
        tree = self._tree(steps)
        tests = [_equality(tree, value) for value in values]
        found = self._some(tree, steps, or_(*tests))
        if len(values) == 1 and isinstance(values[0], str) and _PLAIN_TEXT.fullmatch(values[0]):
            # far cheaper than to read the document
            return and_(func.instr(self._text, f'"{values[0]}"') > 0, found)
        return found

    def _nested(self, steps: Steps, value: Any) -> ColumnElement[bool]:
        parts = [self._scalars(steps, [one]) for one in _scalars_in(value)][:MAX_PARTS]
        tree = self._tree(steps)
        return and_(self._some(tree, steps, tree.c.type == _TYPE_NAMES[type(value)]), *parts)

    def ordered(self, steps: Steps, operator: Range, value: Any) -> Translation:
        """Strings by their bytes, which is the order of code points; numbers from a little outside of the range."""
        tree = self._tree(steps)
        if isinstance(value, str):
            test = and_(tree.c.type == "text", _ORDERS[operator](tree.c.atom, value))
        elif operator in ("$gt", "$gte"):
            test = and_(tree.c.type.in_(("integer", "real")), tree.c.atom >= below(value))
        else:
            test = and_(tree.c.type.in_(("integer", "real")), tree.c.atom <= above(value))
        return Translation(self._some(tree, steps, test), exact=False)

    def existing(self, steps: Steps) -> Translation:
        """Exact for a first key."""
        if len(steps) == 1 and (root := _root(steps)) != "$":
            return Translation(func.json_type(self._text, root).is_not(None), exact=True)
        tree = self._tree(steps)
        return Translation(self._some(tree, steps, true()), exact=False)

    def sized(self, steps: Steps, size: int) -> Translation:
        """Some array has this length."""
        tree = self._tree(steps)
        test = and_(tree.c.type == "array", func.json_array_length(tree.c.value) == size)
        return Translation(self._some(tree, steps, test), exact=False)

    def _tree(self, steps: Steps) -> Any:
        tree = func.json_tree(self._text, _root(steps))
        return tree.table_valued("type", "atom", "value", "fullkey", name="node")

    @staticmethod
    def _some(tree: Any, steps: Steps, test: ColumnElement[bool]) -> ColumnElement[bool]:
        names = [step for step in steps[1:] if step is not None and _PLAIN_NAME.fullmatch(step)][-MAX_NAMES:]
        conditions = [test]
        if names:
            conditions.append(tree.c.fullkey.op("GLOB", is_comparison=True)(literal("*".join(("", *names, "")))))
        return exists(select(1).select_from(tree).where(*conditions))


_ORDERS: dict[Range, Any] = {
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}


def _root(steps: Steps) -> str:
    """The place of the first key, when SQLite finds it whatever its version; else the whole document."""
    first = steps[0] if steps else None
    return f'$."{first}"' if first is not None and _PLAIN_NAME.fullmatch(first) else "$"


def _equality(tree: Any, value: Any) -> ColumnElement[bool]:
    if value is None:
        return tree.c.type == "null"
    if isinstance(value, bool):
        return tree.c.type == json.dumps(value)
    if isinstance(value, str):
        return and_(tree.c.type == "text", tree.c.atom == value)
    return and_(tree.c.type.in_(("integer", "real")), tree.c.atom.between(below(value), above(value)))


def _scalars_in(value: Any) -> list[Any]:
    members = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return [value]
    return [scalar for member in members for scalar in _scalars_in(member)]
