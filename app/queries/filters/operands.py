"""Operators over a field, one function each: what stands behind the operator becomes a term, or is refused.

Source: MongoDB manual, "Query and Projection Operators", and the observed behaviour of versions 6.0 to 8.x.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.queries import patterns
from app.queries.filters.nodes import (
    And,
    Bits,
    Compare,
    Exists,
    Filter,
    HasType,
    In,
    Members,
    Mod,
    Not,
    Path,
    Regex,
    Size,
)
from app.queries.refusals import Place
from app.queries.values import INT_MAX, key, kind, literal, truncated, whole

TYPES = {
    **dict(enumerate(("double", "string", "object", "array", "binData", "undefined", "objectId", "bool"), 1)),
    **dict(enumerate(("date", "null", "regex", "dbPointer", "javascript", "symbol", "javascriptWithScope"), 9)),
    **dict(enumerate(("int", "timestamp", "long", "decimal"), 16)),
    -1: "minKey",
    127: "maxKey",
}
NUMBERS = frozenset({"int", "long", "double", "decimal"})
DBREF = {"$ref", "$id"}
# these count their members as terms, not themselves
LISTS = ("$in", "$nin", "$all", "$type", "$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear")


def is_expression(value: Any) -> bool:
    """Whether a value is operators, not a literal: an object whose first key begins with `$`, and no DBRef."""
    if not isinstance(value, Mapping) or not value:
        return False
    return str(next(iter(value))).startswith("$") and not value.keys() >= DBREF


def is_list(value: Any) -> bool:
    """Whether a value is an array."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return type(value) in (int, float)


def equality(path: Path, value: Any, place: Place) -> Filter:
    """`{path: value}` and `$eq`."""
    return Compare(path, "$eq", literal(value, place))


def inequality(path: Path, value: Any, place: Place) -> Filter:
    """`$ne`."""
    return Not(equality(path, value, place))


def comparison(operator: Any) -> Any:
    """`$gt`, `$gte`, `$lt` and `$lte`."""

    def read(path: Path, value: Any, place: Place) -> Filter:
        return Compare(path, operator, literal(value, place))

    return read


def membership(path: Path, value: Any, place: Place) -> Filter:
    """`$in`: literals only."""
    members = array(value, place)
    for number, member in enumerate(members):
        if is_expression(member):
            raise place.at(number).refusal("$in and $nin take values, no operators; use $or for conditions.")
    return In(path, listed(members, place))


def listed(members: Sequence[Any], place: Place) -> Members:
    """The values of a list, prepared for looking them up."""
    values = tuple(literal(member, place.at(number)) for number, member in enumerate(members))
    return Members(values, frozenset(map(key, values)), frozenset(map(kind, values)))


def no_membership(path: Path, value: Any, place: Place) -> Filter:
    """`$nin`."""
    return Not(membership(path, value, place))


def existence(path: Path, value: Any, place: Place) -> Filter:
    """`$exists`: any value is read as true or false; only null, false and zero are false."""
    absent = value is None or value is False or (is_number(value) and value == 0)
    return Not(Exists(path)) if absent else Exists(path)


def types(path: Path, value: Any, place: Place) -> Filter:
    """`$type`: an alias, a code, or an array of them."""
    names = value if is_list(value) else [value]
    if not names:
        raise place.refusal("$type needs at least one type.")
    place.count(len(names))
    return HasType(path, frozenset().union(*(_type(name, place) for name in names)))


def _type(name: Any, place: Place) -> frozenset[str]:
    if name == "number":
        return NUMBERS
    if isinstance(name, str) and name in TYPES.values():
        return frozenset({name})
    if is_number(name) and name in TYPES:
        return frozenset({TYPES[int(name)]})
    raise place.refusal(f"$type does not know {name!r}; give an alias such as 'string' or 'number', or its code.")


def size(path: Path, value: Any, place: Place) -> Filter:
    """`$size`: a whole number that fits into 32 bits."""
    number = whole(value)
    if number is None or not 0 <= number <= INT_MAX:
        raise place.refusal("$size needs a whole number from 0 to 2147483647; for a range test elements by index.")
    return Size(path, number)


def modulo(path: Path, value: Any, place: Place) -> Filter:
    """`$mod`: `[divisor, remainder]`, fractions cut off."""
    numbers = [truncated(number) for number in value] if is_list(value) and len(value) == 2 else []
    if len(numbers) != 2 or None in numbers:
        raise place.refusal("$mod needs an array of two numbers within 64 bits, [divisor, remainder].")
    divisor, remainder = numbers
    if not divisor:
        raise place.refusal("The divisor of $mod must not be 0, also not after its fraction is cut off.")
    return Mod(path, divisor, remainder or 0)


def bits(operator: Any) -> Any:
    """The four bit tests: a mask, or an array of positions. Positions past 63 are the sign."""

    def read(path: Path, value: Any, place: Place) -> Filter:
        if not is_list(value):
            place.count()
            return Bits(path, operator, _natural(value, place))
        place.count(max(len(value), 1))
        positions = {min(_natural(one, place.at(number), INT_MAX), 63) for number, one in enumerate(value)}
        return Bits(path, operator, sum(1 << position for position in positions))

    return read


def _natural(value: Any, place: Place, largest: int | None = None) -> int:
    number = whole(value)
    if number is None or number < 0 or (largest is not None and number > largest):
        raise place.refusal("Bit tests need a whole number from 0, or an array of such positions.")
    return number


def array(value: Any, place: Place) -> Sequence[Any]:
    """The value, which must be an array; its members count as terms."""
    if not is_list(value):
        raise place.refusal(f"{place.pointer.rsplit('/', 1)[-1]} needs an array.")
    place.count(max(len(value), 1))
    return value


def regex(path: Path, pattern: Any, options: Any, place: Place) -> Filter:
    """`$regex` with `$options`: letters of `imsx`, and `u`, which says nothing new."""
    if not isinstance(pattern, str):
        raise place.at("$regex").refusal("$regex needs a string.")
    if not isinstance(options, str) or set(options) - {*patterns.LETTERS, "u"}:
        raise place.at("$options").refusal("$options needs a string of the letters i, m, s, x and u.")
    letters = "".join(sorted(set(options) - {"u"}))
    patterns.check(pattern, letters, place.at("$regex"))
    return Regex(path, pattern, letters, place.at("$regex").pointer)


def everything(terms: list[Filter]) -> Filter:
    """All of the terms."""
    return terms[0] if len(terms) == 1 else And(tuple(terms))
