"""Which values of a document a dotted path means.

Source: MongoDB manual, "Query an Array" and "Query on Embedded/Nested Documents", for versions up to 8.x: an array on the way
gives what its objects have at the rest of the path, and its element at a number; elements that are arrays are entered by a
number only; an array without objects gives nothing. An empty part at the end of a path (`a.`) is a key of objects, but stands
for the array itself where the path has led to one.
"""

from functools import lru_cache
from typing import Any

from app.queries.budget import Budget
from app.queries.filters.nodes import Path
from app.queries.values import MISSING


def reach(holder: dict[str, Any], path: Path, budget: Budget, *, expand: bool) -> list[Any]:
    """All values that the path means, MISSING among them; `expand` gives the elements of an array at its end, too.

    The same value may come twice. An element that a number names at the end of the path is never expanded.
    """
    if len(path) == 1:
        value = holder.get(path[0], MISSING)
        found = [*value, value] if expand and type(value) is list else [value]
    else:
        walk = _Walk(path, budget, expand=expand)
        walk.through_object(holder, 0)
        found = walk.found
    budget.spend(len(found))
    return found


class _Walk:
    """One walk from a document to the values of a path."""

    __slots__ = ("budget", "expand", "found", "path", "positions", "seen")

    def __init__(self, path: Path, budget: Budget, *, expand: bool) -> None:
        self.path, self.budget, self.expand = path, budget, expand
        self.positions = _positions(path)
        self.found: list[Any] = []
        # with several numbers in it a path may reach one place in very many ways; once is enough
        self.seen: set[tuple[int, int]] | None = set() if sum(n is not None for n in self.positions) > 1 else None

    def through_object(self, value: Any, at: int) -> None:
        path, end = self.path, len(self.path)
        while at < end:
            if type(value) is list and not self._is_spent(at):
                self.through_array(value, at)
                return
            if type(value) is list:
                break
            if type(value) is not dict:
                self.found.append(MISSING)
                return
            value = value.get(path[at], MISSING)
            at += 1
        if self.expand and type(value) is list:
            self.found.extend(value)
        self.found.append(value)

    def through_array(self, array: list[Any], at: int) -> None:
        self.budget.spend(len(array))
        for element in array:
            if type(element) is dict and self._is_new(element, at):
                self.through_object(element, at)
        position = self.positions[at]
        if position is not None and position < len(array):
            self._to_element(array[position], at + 1)

    def _to_element(self, element: Any, at: int) -> None:
        if at == len(self.path):
            self.found.append(element)
        elif type(element) is list and self._is_spent(at):
            self.found += [*element, element]
        elif type(element) is list and self._is_new(element, at):
            self.through_array(element, at)
        elif type(element) is dict and self._is_new(element, at):
            self.through_object(element, at)

    def _is_spent(self, at: int) -> bool:
        """Whether nothing but an empty part is left."""
        return at == len(self.path) - 1 and not self.path[at]

    def _is_new(self, holder: Any, at: int) -> bool:
        """Whether this walk did not stand here before with the same rest of the path."""
        if self.seen is None:
            return True
        place = (id(holder), at)
        new = place not in self.seen
        self.seen.add(place)
        return new


@lru_cache(maxsize=1024)
def _positions(path: Path) -> tuple[int | None, ...]:
    """The parts that can be the position of an element: digits, without zeros in front."""
    return tuple(int(part) if _is_position(part) else None for part in path)


def _is_position(part: str) -> bool:
    return part.isascii() and part.isdigit() and (part[0] != "0" or part == "0") and len(part) < 19
