"""Conditions over JSONB as lax jsonpath, which a GIN index (jsonb_path_ops) answers where values are compared for equality.

Source: PostgreSQL manual, "The SQL/JSON Path Language" and "jsonb Indexing". In lax mode a name steps into the objects of
an array, one level deep, as MongoDB's paths do, and a filter looks at the elements of an array. Strings are compared by
code points. Keys and values are written as JSON strings, which jsonpath reads, and the whole path is a bound parameter.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from sqlalchemy import Boolean, ColumnElement, func, literal
from sqlalchemy.dialects.postgresql import JSONPATH

from app.queries.sql.nodes import ELEMENTS, NOTHING, Documents, Range, Steps, Translation, joined, tree
from app.queries.sql.numbers import is_exact, spellings, wider

MAX_FORMS = 8  # readings of a path with numbers in it, each a position or a key
MAX_PARTS = 16  # of a nested value that are looked for
_SIGNS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


class PostgreSQL:
    """Conditions over `indexed`."""

    def __init__(self, documents: Documents, *, walking: bool) -> None:
        self._indexed = documents.indexed
        self._walking = walking

    def joined(self, parts: Sequence[Translation], *, every: bool) -> Translation:
        """In one path where it can be: the document is read once."""
        if len(parts) == 1:
            return parts[0]
        plain = [part for part in parts if part.test is None]
        tests = [part.test for part in parts if part.test is not None]
        if len(tests) < 2 or (plain and not every):
            return joined(parts, every=every)
        worth = joined([part for part in parts if part.test is not None], every=every)
        one = self._said(tree(tests, "&&" if every else "||"), worth)
        return joined([one, *plain], every=True) if plain else one

    def equal_to(self, steps: Steps, values: Sequence[Any]) -> Translation:
        """Scalars together in one path; a nested value by the scalars in it."""
        scalars = [value for value in values if not isinstance(value, dict | list)]
        nested = [self._nested(steps, value) for value in values if isinstance(value, dict | list)]
        parts = ([self._scalars(steps, scalars)] if scalars else []) + nested
        if any(part.condition is None for part in parts):
            return NOTHING
        return replace(self.joined(parts, every=False), terms=len(values))

    def _scalars(self, steps: Steps, values: Sequence[Any]) -> Translation:
        tests = [f"@ == {text}" for value in values for text in _constants(value)]
        exact = all(type(value) not in (int, float) or is_exact(value) for value in values)
        found = self._found(steps, f' ? (@.type() != "array" && {tree(tests, "||")})', exact=exact)
        return replace(found, key=found.test)

    def _nested(self, steps: Steps, value: Any) -> Translation:
        """Each scalar of it stands somewhere at its own path; the order of keys and elements is not asked for."""
        found = [self._scalars((*steps, ELEMENTS, *rest), [one]) for rest, one in _scalars_in(value)][:MAX_PARTS]
        said = [part for part in found if part.condition is not None]
        return replace(self.joined(said, every=True) if said else self.existing(steps), exact=False)

    def ordered(self, steps: Steps, operator: Range, value: Any) -> Translation:
        """Of large numbers a wider range, since their digits may stand on another side."""
        sign, exact = _SIGNS[operator], isinstance(value, str) or is_exact(value)
        if not exact:
            value = wider(value, down=operator in ("$gt", "$gte"))
        return self._found(steps, f' ? (@.type() != "array" && @ {sign} {_constant(value)})', exact=exact)

    def existing(self, steps: Steps) -> Translation:
        """Any value, null too."""
        return self._found(steps, "", exact=ELEMENTS not in steps)

    def sized(self, steps: Steps, size: int) -> Translation:
        """What is no array has the size 1 in lax mode."""
        return self._found(steps, f".size() ? (@ == {size})", exact=size != 1)

    def _found(self, steps: Steps, test: str, *, exact: bool) -> Translation:
        forms = _paths(steps)
        if not forms:
            return NOTHING
        exact = exact and len(forms) == 1 and ELEMENTS not in steps
        worth = Translation(None, exact=exact)
        return self._said(tree([f"exists({path}{test})" for path in forms], "||"), worth)

    def _said(self, test: str, worth: Translation) -> Translation:
        """A predicate over the document, as a condition."""
        return replace(worth, condition=self._has(f"lax $ ? ({test})"), test=test)

    def _has(self, path: str) -> ColumnElement[bool]:
        wanted = literal(path, JSONPATH())
        if self._walking:  # the function behind the operator, for which the planner knows no index
            return func.jsonb_path_exists_opr(self._indexed, wanted, type_=Boolean())
        return self._indexed.op("@?", is_comparison=True)(wanted)


def _paths(steps: Steps) -> list[str]:
    """All readings of a path; none when they are too many. The document itself is no array."""
    choices = [_step(step, first=number == 0) for number, step in enumerate(steps)]
    count = 1
    for choice in choices:
        count *= len(choice)
    return ["@" + "".join(parts) for parts in product(*choices)] if count <= MAX_FORMS else []


def _step(step: str | None, *, first: bool) -> tuple[str, ...]:
    if step is None:
        return ("[*]",)
    key = "." + _constant(step)
    is_position = step.isascii() and step.isdigit() and len(step) < 10
    return (key, f"[{int(step)}]") if is_position and not first else (key,)


def _constants(value: Any) -> list[str]:
    return spellings(value) if type(value) in (int, float) else [_constant(value)]


def _constant(value: Any) -> str:
    """A scalar as jsonpath reads it: ASCII, with the escapes of JSON."""
    return repr(value) if type(value) in (int, float) else json.dumps(value)


def _scalars_in(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """The scalars in a nested value, with the steps to them."""
    members: Iterable[tuple[str | None, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = ((ELEMENTS, member) for member in value)
    else:
        yield steps, value
    for step, member in members:
        yield from _scalars_in(member, (*steps, step))
