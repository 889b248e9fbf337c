"""What the translation of filters speaks of: the columns of documents, paths as steps, and conditions with their worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, and_, false, or_, true

ELEMENTS = None  # the step from an array to its elements, which $elemMatch takes
Step = str | None
Steps = tuple[Step, ...]
Range = Literal["$gt", "$gte", "$lt", "$lte"]


@dataclass(frozen=True)
class Documents:
    """Two columns of one table, whose primary key is `seq`.

    `text` is JSON as orjson or `json.dumps` write a parsed value: numbers in the shortest form, no escaped letters, no NUL,
    no half surrogates. `indexed` is the same document as JSONB, never null on PostgreSQL, and not used on SQLite.
    """

    text: ColumnElement[Any]
    indexed: ColumnElement[Any]


@dataclass(frozen=True)
class Translation:
    """A condition that holds for every document that the filter finds, or None when SQL cannot say anything.

    `exact`: it holds for no other document. `terms`: how many comparisons it makes. In the dialect that has jsonpath, `test`
    says the same as a predicate over the document, and `key` what an index finds: all of these documents, and perhaps more.
    """

    condition: ColumnElement[bool] | None
    exact: bool
    terms: int = 1
    test: str | None = None
    key: str | None = None


NOTHING = Translation(None, exact=False)


def joined(parts: Sequence[Translation], *, every: bool) -> Translation:
    """Conditions of which every one must hold, or any."""
    conditions = [part.condition for part in parts if part.condition is not None]
    return Translation(
        and_(true(), *conditions) if every else or_(false(), *conditions),
        exact=all(part.exact for part in parts),
        terms=sum(part.terms for part in parts),
        key=_joined_keys(parts, every=every),
    )


def _joined_keys(parts: Sequence[Translation], *, every: bool) -> str | None:
    keys = [part.key for part in parts if part.key is not None]
    if not keys or (len(keys) < len(parts) and not every):
        return None
    return tree(keys, "&&" if every else "||")


def tree(tests: Sequence[str], sign: str) -> str:
    """Predicates joined as a balanced tree, since PostgreSQL walks it by recursion."""
    if len(tests) == 1:
        return tests[0]
    middle = len(tests) // 2
    return f"({tree(tests[:middle], sign)} {sign} {tree(tests[middle:], sign)})"


class Leaves(Protocol):
    """Conditions over the values at a path, in one dialect; NOTHING for what it cannot say."""

    def joined(self, parts: Sequence[Translation], *, every: bool) -> Translation:
        """As `joined`, in as few conditions as the dialect can say it."""

    def equal_to(self, steps: Steps, values: Sequence[Any]) -> Translation:
        """Some value equals one of these, which are not null."""

    def ordered(self, steps: Steps, operator: Range, value: Any) -> Translation:
        """Some value stands so to this number or string."""

    def existing(self, steps: Steps) -> Translation:
        """There is a value."""

    def sized(self, steps: Steps, size: int) -> Translation:
        """An array has this length."""
