"""Aggregation expressions computed over a document: no brackets between types, no implicit traversal for operators.

Source: MongoDB manual, "Aggregation Operators". A field that is missing gives MISSING, which stands below null. An operator
that meets a value that it cannot take fails the query, as in MongoDB.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from app.queries.expressions.nodes import Apply, ArrayOf, Constant, Expression, Field, ObjectOf
from app.queries.refusals import FilterRefused
from app.queries.values import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, MISSING, compare, is_nan, type_name, whole

Document = Mapping[str, Any]
_MANY = 10_000


class _Unfit(Exception):
    """An operator cannot take the value."""


def evaluate(expression: Expression, document: Document) -> Any:
    """The value, or MISSING; raises FilterRefused where an operator meets a value that it cannot take."""
    match expression:
        case Constant(value):
            return value
        case Field(path):
            return _follow(document, path)
        case ArrayOf(members):
            values = [evaluate(member, document) for member in members]
            return [None if value is MISSING else value for value in values]
        case ObjectOf(named):
            pairs = [(name, evaluate(member, document)) for name, member in named]
            return {name: value for name, value in pairs if value is not MISSING}
        case Apply():
            return _apply(expression, document)


def truthy(value: Any) -> bool:
    """What counts as true: everything but false, null, zero and missing. Empty strings and arrays are true."""
    return value is not None and value is not MISSING and not (type(value) in (bool, int, float) and value == 0)


def _follow(value: Any, path: tuple[str, ...]) -> Any:
    """Through objects by name; an array on the way gives the array of what its objects have."""
    for position, part in enumerate(path):
        if type(value) is list:
            found = [_follow(one, path[position:]) for one in value if type(one) is dict]
            return [one for one in found if one is not MISSING]
        if type(value) is not dict:
            return MISSING
        value = value.get(part, MISSING)
    return value


def _apply(expression: Apply, document: Document) -> Any:
    operator, arguments = expression.operator, expression.arguments
    if operator in _LAZY:
        return _LAZY[operator](arguments, document)
    values = [evaluate(argument, document) for argument in arguments]
    try:
        return _EAGER[operator](*values)
    except _Unfit as unfit:
        detail = f"{operator} {unfit} A document has another value there; test it first, with $cond and $type."
        raise FilterRefused(expression.pointer, detail) from unfit


def _cond(arguments: tuple[Expression, ...], document: Document) -> Any:
    condition, then, otherwise = arguments
    return evaluate(then if truthy(evaluate(condition, document)) else otherwise, document)


def _if_null(arguments: tuple[Expression, ...], document: Document) -> Any:
    value = MISSING
    for argument in arguments:
        value = evaluate(argument, document)
        if value is not None and value is not MISSING:
            break
    return value


_LAZY: dict[str, Callable[[tuple[Expression, ...], Document], Any]] = {
    "$and": lambda arguments, document: all(truthy(evaluate(one, document)) for one in arguments),
    "$or": lambda arguments, document: any(truthy(evaluate(one, document)) for one in arguments),
    "$cond": _cond,
    "$ifNull": _if_null,
}


def _fit(value: float) -> float:
    """Whole numbers past 64 bits become doubles."""
    if type(value) is int and not LONG_MIN <= value <= LONG_MAX:
        return float(value)
    return value


def _numbers(*values: Any) -> bool:
    """Whether all are numbers; False if one is null or missing; raises _Unfit for what else they may be."""
    for value in values:
        if value is not None and value is not MISSING and type(value) not in (int, float):
            raise _Unfit(f"takes numbers, not {type_name(value)}.")
    return None not in values and MISSING not in values


def _add(*values: Any) -> Any:
    return _fit(sum(values)) if _numbers(*values) else None


def _multiply(*values: Any) -> Any:
    if not _numbers(*values):
        return None
    product: float = 1
    for value in values:
        product = _fit(product * value)
    return product


def _subtract(one: Any, other: Any) -> Any:
    return _fit(one - other) if _numbers(one, other) else None


def _divide(one: Any, other: Any) -> Any:
    if not _numbers(one, other):
        return None
    if other == 0:
        raise _Unfit("cannot divide by zero.")
    return one / other


def _remainder(one: Any, other: Any) -> Any:
    """With the sign of the dividend."""
    if not _numbers(one, other):
        return None
    if other == 0:
        raise _Unfit("cannot divide by zero.")
    if type(one) is int and type(other) is int:
        return int(math.copysign(1, one)) * (abs(one) % abs(other))
    return math.nan if is_nan(one) or math.isinf(one) else math.fmod(one, other)


def _unary(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Over one number; null for null and missing. A double stays a double."""

    def act(value: Any) -> Any:
        if not _numbers(value):
            return None
        if type(value) is float and not math.isfinite(value):
            return abs(value) if function is abs else value
        return _fit(type(value)(function(value)))

    return act


def _element(array: Any, index: Any) -> Any:
    if array is None or array is MISSING or index is None or index is MISSING:
        return None
    if type(array) is not list:
        raise _Unfit(f"takes an array, not {type_name(array)}.")
    position = whole(index)
    if position is None or not INT_MIN <= position <= INT_MAX:
        raise _Unfit("takes a whole number of 32 bits as index.")
    return array[position] if -len(array) <= position < len(array) else MISSING


def _size(array: Any) -> int:
    if type(array) is not list:
        raise _Unfit(f"takes an array, not {type_name(array)}.")
    return len(array)


def _in(value: Any, array: Any) -> bool:
    if type(array) is not list:
        raise _Unfit(f"takes an array as second argument, not {type_name(array)}.")
    return any(compare(value, one) == 0 for one in array)


def _sign(one: Any, other: Any) -> int:
    difference = compare(one, other)
    return (difference > 0) - (difference < 0)


_EAGER: dict[str, Callable[..., Any]] = {
    "$eq": lambda one, other: compare(one, other) == 0,
    "$ne": lambda one, other: compare(one, other) != 0,
    "$gt": lambda one, other: compare(one, other) > 0,
    "$gte": lambda one, other: compare(one, other) >= 0,
    "$lt": lambda one, other: compare(one, other) < 0,
    "$lte": lambda one, other: compare(one, other) <= 0,
    "$cmp": _sign,
    "$not": lambda value: not truthy(value),
    "$add": _add,
    "$subtract": _subtract,
    "$multiply": _multiply,
    "$divide": _divide,
    "$mod": _remainder,
    "$abs": _unary(abs),
    "$ceil": _unary(math.ceil),
    "$floor": _unary(math.floor),
    "$type": type_name,
    "$isArray": lambda value: type(value) is list,
    "$size": _size,
    "$arrayElemAt": _element,
    "$in": _in,
}
ARITIES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$cmp"), (2, 2)),
    **dict.fromkeys(("$subtract", "$divide", "$mod", "$arrayElemAt", "$in"), (2, 2)),
    **dict.fromkeys(("$not", "$abs", "$ceil", "$floor", "$type", "$isArray", "$size"), (1, 1)),
    **dict.fromkeys(("$and", "$or", "$add", "$multiply"), (0, _MANY)),
    "$cond": (3, 3),
    "$ifNull": (2, _MANY),
}
