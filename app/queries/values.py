"""JSON values as MongoDB sees them: their kinds, their types, equality and order.

Source: MongoDB manual, "Comparison/Sort Order" and "BSON Types". Of BSON only what JSON can say is here. Integers of 32 and
64 bits and doubles are one order, compared exactly; a NaN equals itself and stands below all numbers.
"""

import math
from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any, Final

from app.queries.refusals import MAX_DEPTH, Place

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
INT_MIN, INT_MAX = -(2**31), 2**31 - 1


class Missing(Enum):
    """The value of a field that is not there; it is no JSON value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Kind(IntEnum):
    """Classes of values, in MongoDB's order. Values of different kinds are never equal."""

    MISSING = 0
    NULL = 1
    NUMBER = 2
    STRING = 3
    OBJECT = 4
    ARRAY = 5
    BOOL = 6


_KINDS: dict[type, Kind] = {
    Missing: Kind.MISSING,
    type(None): Kind.NULL,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    str: Kind.STRING,
    dict: Kind.OBJECT,
    list: Kind.ARRAY,
    bool: Kind.BOOL,
}


def kind(value: Any) -> Kind:
    """The class of a value as `json.loads` makes them."""
    return _KINDS[type(value)]


def type_name(value: Any) -> str:
    """MongoDB's alias for the type of a value; integers are int within 32 bits, else long."""
    if type(value) is int:
        return "int" if INT_MIN <= value <= INT_MAX else "long"
    return "double" if type(value) is float else kind(value).name.lower()


def is_nan(value: Any) -> bool:
    """Whether this is the number that is none."""
    return type(value) is float and math.isnan(value)


def equal(one: Any, other: Any) -> bool:
    """Same kind, same value; of objects the order of the keys counts."""
    of = kind(one)
    if of is not kind(other):
        return False
    if of is Kind.OBJECT:
        pairs = zip(one.items(), other.items(), strict=False)
        return len(one) == len(other) and all(a == b and equal(x, y) for (a, x), (b, y) in pairs)
    if of is Kind.ARRAY:
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other) or (is_nan(one) and is_nan(other))


def key(value: Any) -> Any:
    """What a value is looked up by in a set: equal values have equal keys, others have others."""
    of = kind(value)
    if of is Kind.OBJECT:
        return (of, tuple((name, key(member)) for name, member in value.items()))
    if of is Kind.ARRAY:
        return (of, tuple(map(key, value)))
    return (of, "NaN" if is_nan(value) else value)


def compare(one: Any, other: Any) -> int:
    """Below zero, zero or above zero, as `one` stands before, with or after `other` in the order of all values."""
    of = kind(one)
    if of is not kind(other):
        return of - kind(other)
    if of is Kind.OBJECT:
        return _compare_objects(one, other)
    if of is Kind.ARRAY:
        return next(filter(None, map(compare, one, other)), len(one) - len(other))
    if of in (Kind.NULL, Kind.MISSING):
        return 0
    return _compare_numbers(one, other) if of is Kind.NUMBER else (one > other) - (one < other)


def _compare_objects(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """Pair by pair: first the kind of the value, then the key, then the value; then the longer one is later."""
    for (a, x), (b, y) in zip(one.items(), other.items(), strict=False):
        difference = kind(x) - kind(y) or (a > b) - (a < b) or compare(x, y)
        if difference:
            return difference
    return len(one) - len(other)


def _compare_numbers(one: float, other: float) -> int:
    if is_nan(one) or is_nan(other):
        return is_nan(other) - is_nan(one)
    return (one > other) - (one < other)


def whole(value: Any) -> int | None:
    """The integer of 64 bits that a number is; None for fractions, NaN, larger numbers, and what is no number."""
    if type(value) is float and not value.is_integer():
        return None
    return truncated(value)


def truncated(value: Any) -> int | None:
    """A number without its fraction, as an integer of 64 bits; None where there is none."""
    if type(value) is not int and not (type(value) is float and math.isfinite(value)):
        return None
    number = int(value)
    return number if LONG_MIN <= number <= LONG_MAX else None


def literal(value: Any, place: Place, depth: int = 0) -> Any:
    """A copy of a value that stands in a filter, of plain dicts and lists; raises FilterRefused for what is not JSON."""
    if depth > MAX_DEPTH:
        raise place.refusal(f"The value is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, Mapping):
        return {_name(name, place): literal(member, place.at(name), depth + 1) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [literal(member, place.at(number), depth + 1) for number, member in enumerate(value)]
    return _scalar(value, place)


def _name(name: Any, place: Place) -> str:
    if type(name) is not str:
        raise place.refusal(f"Keys of objects must be strings, not {type(name).__name__}.")
    return name


def _scalar(value: Any, place: Place) -> Any:
    if type(value) not in _KINDS or value is MISSING:
        raise place.refusal(f"A value of the type {type(value).__name__} is no JSON value.")
    if type(value) is int and not LONG_MIN <= value <= LONG_MAX:
        raise place.refusal("The number does not fit into 64 bits; write it as a string, or with a decimal point.")
    return value
