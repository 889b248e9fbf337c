"""How much of free JSON is said: descriptions go to everybody who asks, and the thing itself has the rest."""

from collections.abc import Mapping
from typing import Any

from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import compact

MOST = 500  # properties or keywords of one thing
LONGEST = 20_000  # characters of one value
DEEPEST = 50  # levels of one value


def words(value: Any) -> str:
    """A text that says something and is not too long; nothing for anything else."""
    return value if isinstance(value, str) and len(value) <= LONGEST and value.strip() else ""


def sayable(graph: Builder, field: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values, by name, that are short and flat enough for a statement; `field` is where they stand."""
    kept = {}
    for key, value in sorted(given.items())[:MOST]:
        if len(key) <= LONGEST and _fits(value):
            kept[key] = value
        else:
            graph.lack(
                f"schema:additionalProperty: {field} has at {key[:100]!r} more than {LONGEST} characters or {DEEPEST} "
                "levels; make it smaller, or read it in the thing itself."
            )
    lack_above(graph, "schema:additionalProperty", field, len(given))
    return kept


def lack_above(graph: Builder, term: str, field: str, count: int) -> None:
    """Note that not all are said, if there are too many."""
    if count > MOST:
        graph.lack(f"{term}: {MOST} of {count} {field} are said; read the others in the thing itself.")


def _fits(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            return False
        level, depth = [part for one in level for part in _parts(one)], depth + 1
    try:
        return len(value if isinstance(value, str) else compact(value)) <= LONGEST
    except ValueError:  # a whole number of more digits than Python writes
        return False


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []
