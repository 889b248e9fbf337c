"""Why a filter is not answered, and where in it the reason stands."""

from dataclasses import dataclass, field

from app.core.errors import FieldError, Invalid

MAX_DEPTH = 100  # operators inside operators, and values inside values; as MongoDB's limit for a query tree
MAX_TERMS = 10_000  # conditions, members of lists and expressions of one filter


class FilterRefused(Invalid):
    """The filter is wrong, not supported, or fails on a document; 400, as its clients expect for every such case."""

    status = 400

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(pointer, detail)])


class FilterTooCostly(FilterRefused):
    """The filter ran into a limit of time or work; the message names the remedy."""


@dataclass
class Tally:
    """How many terms of a filter were read so far."""

    terms: int = 0


@dataclass(frozen=True)
class Place:
    """Where in a filter we read: its JSON pointer, how many operators enclose it, and the tally of the whole filter."""

    pointer: str = ""
    depth: int = 0
    tally: Tally = field(default_factory=Tally, compare=False)

    def at(self, *names: object) -> "Place":
        """The place of a member, by keys and positions."""
        steps = "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)
        return Place(self.pointer + steps, self.depth, self.tally)

    def inside(self, *names: object) -> "Place":
        """The place of a member that is one operator deeper; raises FilterRefused beyond MAX_DEPTH."""
        place = self.at(*names)
        if self.depth >= MAX_DEPTH:
            raise place.refusal(f"The filter nests operators deeper than {MAX_DEPTH} levels; flatten it.")
        return Place(place.pointer, self.depth + 1, self.tally)

    def count(self, terms: int = 1) -> None:
        """Terms were read; raises FilterRefused beyond MAX_TERMS."""
        self.tally.terms += terms
        if self.tally.terms > MAX_TERMS:
            raise self.refusal(f"The filter has more than {MAX_TERMS:,} terms; split it into several queries.")

    def refusal(self, detail: str) -> FilterRefused:
        """The error to raise for this place."""
        return FilterRefused(self.pointer, detail)
