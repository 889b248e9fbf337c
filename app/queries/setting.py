"""Changes to documents with the meaning of MongoDB's `$set`: whole fields, or places inside by dotted paths.

Rules of the MongoDB manual, `$set` and "dot notation": a missing place is made, with objects on the way; a number in a path
is an index where it meets an array, which is filled up with nulls; nothing can be set below a value that is neither object
nor array; two paths of which one leads into the other contradict each other.
"""

import copy
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from app.core.errors import FieldError, Invalid

MAX_DEPTH = 100
MAX_INDEX = 10_000  # an array is not filled up beyond this


def apply_set(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `document` with `changes` set; raises Invalid naming the path that cannot be set."""
    paths = {key: _parts(key) for key in changes}
    _check_conflicts(paths)
    result = copy.deepcopy(dict(document))
    for key, parts in paths.items():
        _set(result, key, parts, copy.deepcopy(changes[key]))
    return result


def _parts(key: str) -> list[str]:
    parts = key.split(".")
    if any(not part for part in parts):
        raise refused(key, "has an empty name in its path")
    if any(part.startswith("$") for part in parts):
        raise refused(key, "has a name that begins with $, which is no field")
    if len(parts) > MAX_DEPTH:
        raise refused(key, f"is deeper than {MAX_DEPTH} levels")
    return parts


def _check_conflicts(paths: Mapping[str, list[str]]) -> None:
    known = {tuple(parts) for parts in paths.values()}
    for key, parts in paths.items():
        above = next((parts[:end] for end in range(1, len(parts)) if tuple(parts[:end]) in known), None)
        if above:
            raise refused(key, f"contradicts {'.'.join(above)}, which is set as a whole in the same request")


def _set(document: dict[str, Any], key: str, parts: list[str], value: Any) -> None:
    place: Any = document
    for part, following in pairwise(parts):
        place = _enter(place, key, part, following)
    _put(place, key, parts[-1], value)


def _enter(place: Any, key: str, part: str, following: str) -> Any:
    if isinstance(place, dict):
        inner = place.setdefault(part, {})
    else:
        position = _position(place, key, part)
        inner = place[position] = {} if place[position] is None else place[position]
    if not isinstance(inner, (dict, list)):
        raise refused(key, f"leads into {part}, which is neither an object nor an array; it has no field {following}")
    return inner


def _put(place: Any, key: str, part: str, value: Any) -> None:
    if isinstance(place, dict):
        place[part] = value
    else:
        place[_position(place, key, part)] = value


def _position(array: list[Any], key: str, part: str) -> int:
    if not part.isascii() or not part.isdecimal() or (part != "0" and part.startswith("0")):
        raise refused(key, f"names {part} inside an array; a place in an array is a number")
    position = int(part[:9])
    if position > MAX_INDEX:
        raise refused(key, f"names place {part[:9]} of an array; the largest is {MAX_INDEX}")
    array.extend([None] * (position + 1 - len(array)))
    return position


def refused(key: str, detail: str) -> Invalid:
    """The error for a path that cannot be set."""
    pointer = "/" + key[:200].replace("~", "~0").replace("/", "~1")
    return Invalid(f"{key[:200]} {detail}.", errors=[FieldError(pointer, detail)])
