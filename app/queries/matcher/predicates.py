"""Whether one value fulfils one condition. MISSING is a value here: null, and what holds for null by equality, match it.

Source: MongoDB manual, "Query and Projection Operators" and "Query for Null or Missing Fields".
"""

from collections.abc import Callable
from typing import Any

from app.queries.budget import Budget
from app.queries.filters.nodes import All, Bits, Compare, Exists, HasType, In, Mod, Regex, Size
from app.queries.values import MISSING, compare, equal, is_nan, key, kind, truncated, type_name, whole

_TO_NULL = ("$eq", "$gte", "$lte")
_ORDERS: dict[str, Callable[[int], bool]] = {
    "$gt": lambda difference: difference > 0,
    "$gte": lambda difference: difference >= 0,
    "$lt": lambda difference: difference < 0,
    "$lte": lambda difference: difference <= 0,
}


def compares(term: Compare, value: Any, _budget: Budget) -> bool:
    """Within one kind only; a NaN has no order, it equals itself."""
    wanted = term.value
    if value is MISSING:
        return wanted is None and term.operator in _TO_NULL
    if kind(value) is not kind(wanted):
        return False
    if wanted is None:
        return term.operator in _TO_NULL
    if term.operator == "$eq":
        return equal(value, wanted)
    if is_nan(value) or is_nan(wanted):
        return term.operator in _TO_NULL and is_nan(value) and is_nan(wanted)
    return _ORDERS[term.operator](compare(value, wanted))


def is_in(term: In, value: Any, _budget: Budget) -> bool:
    """By one look-up, however many members there are."""
    value = None if value is MISSING else value
    return kind(value) in term.members.kinds and key(value) in term.members.keys


def are_all_among(term: All, values: list[Any]) -> bool:
    """Whether each member is one of the values."""
    given = {
        key(one) for one in (None if value is MISSING else value for value in values) if kind(one) in term.members.kinds
    }
    return term.members.keys <= given


def exists(_term: Exists, value: Any, _budget: Budget) -> bool:
    """Anything that is there, null too."""
    return value is not MISSING


def has_type(term: HasType, value: Any, _budget: Budget) -> bool:
    """By MongoDB's alias; what is missing has no type."""
    return value is not MISSING and type_name(value) in term.types


def has_size(term: Size, value: Any, _budget: Budget) -> bool:
    """Only arrays have one."""
    return type(value) is list and len(value) == term.size


def matches_pattern(term: Regex, value: Any, budget: Budget) -> bool:
    """Only strings can."""
    return type(value) is str and budget.search(term.pattern, term.options, value, term.pointer)


def leaves_remainder(term: Mod, value: Any, _budget: Budget) -> bool:
    """The remainder has the sign of the dividend, whose fraction is cut off."""
    dividend = truncated(value)
    if dividend is None:
        return False
    rest = abs(dividend) % abs(term.divisor)
    return (rest if dividend >= 0 else -rest) == term.remainder


def has_bits(term: Bits, value: Any, _budget: Budget) -> bool:
    """Only whole numbers of 64 bits have bits; negative ones in two's complement."""
    number = whole(value)
    if number is None:
        return False
    present = number & term.mask
    if term.operator.endswith("Clear"):
        present = ~number & term.mask
    return present == term.mask if "All" in term.operator else present != 0


PREDICATES: dict[type, Callable[[Any, Any, Budget], bool]] = {
    Compare: compares,
    In: is_in,
    Exists: exists,
    HasType: has_type,
    Size: has_size,
    Regex: matches_pattern,
    Mod: leaves_remainder,
    Bits: has_bits,
}
