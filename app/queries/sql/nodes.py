"""What the translation of filters speaks of: the columns of documents, paths as steps, and conditions with their worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement

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

    `exact`: it holds for no other document. `indexed`: an index finds its rows. `terms`: how many comparisons it makes.
    """

    condition: ColumnElement[bool] | None
    exact: bool
    indexed: bool = False
    terms: int = 1


NOTHING = Translation(None, exact=False)


class Leaves(Protocol):
    """Conditions over the values at a path, in one dialect; NOTHING for what it cannot say."""

    def equal_to(self, steps: Steps, values: Sequence[Any]) -> Translation:
        """Some value equals one of these, which are not null."""

    def ordered(self, steps: Steps, operator: Range, value: Any) -> Translation:
        """Some value stands so to this number or string."""

    def existing(self, steps: Steps) -> Translation:
        """There is a value."""

    def sized(self, steps: Steps, size: int) -> Translation:
        """An array has this length."""
