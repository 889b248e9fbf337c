"""From the JSON of a filter to its terms. Everything is checked here, so that a wrong branch is told before any document is.

Source: MongoDB manual, "Query and Projection Operators".
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.queries.expressions.reading import read as read_expression
from app.queries.filters import operands
from app.queries.filters.nodes import All, ElemMatchObject, ElemMatchValue, Expr, Filter, Not, Or, Path
from app.queries.refusals import MAX_DEPTH, Place

MAX_PATH = 2 * MAX_DEPTH  # parts of a dotted path
PATHLESS = ("$and", "$or", "$nor", "$expr", "$comment")
FIELD: dict[str, Callable[[Path, Any, Place], Filter]] = {
    "$eq": operands.equality,
    "$ne": operands.inequality,
    **{name: operands.comparison(name) for name in ("$gt", "$gte", "$lt", "$lte")},
    "$in": operands.membership,
    "$nin": operands.no_membership,
    "$exists": operands.existence,
    "$type": operands.types,
    "$size": operands.size,
    "$mod": operands.modulo,
    **{name: operands.bits(name) for name in ("$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear")},
}
_PLAIN = "write the condition with comparison operators or $expr"
UNSUPPORTED = {
    **dict.fromkeys(("$where", "$function", "$accumulator"), f"it runs code; {_PLAIN}"),
    "$text": "there is no text index; use $regex",
    **dict.fromkeys(
        ("$near", "$nearSphere", "$geoWithin", "$geoIntersects", "$within", "$geoNear"),
        "there is no geographic index; compare coordinates with $gte and $lte",
    ),
    "$jsonSchema": "use $type, $exists and comparison operators",
}


def parse(body: Any) -> Filter:
    """The terms of a MongoDB filter; raises FilterRefused (400), which names the operator, its place and a remedy."""
    return _document(body, Place(), inner=False)


def _document(body: Any, place: Place, *, inner: bool) -> Filter:
    """A whole filter; an `inner` one stands in an $elemMatch."""
    if not isinstance(body, Mapping):
        raise place.refusal('A filter must be a JSON object such as {"name": "x"}.')
    terms: list[Filter] = []
    for name, value in body.items():
        if not isinstance(name, str):
            raise place.refusal("The keys of a filter must be strings.")
        if name.startswith("$"):
            terms += _pathless(name, value, place.inside(name), inner=inner)
        else:
            terms.append(_field(_path(name, place), value, place.inside(name)))
    return operands.everything(terms)


def _path(name: str, place: Place) -> Path:
    parts = tuple(name.split("."))
    if len(parts) > MAX_PATH:
        raise place.refusal(f"A path has more than {MAX_PATH} parts.")
    return parts


def _pathless(name: str, value: Any, place: Place, *, inner: bool) -> list[Filter]:
    """An operator that stands where a field may stand."""
    if name not in PATHLESS:
        raise _unknown(name, place, "at the place of a field")
    if name == "$comment":
        return []
    if name == "$expr":
        if inner:
            raise place.refusal("$expr is not possible inside $elemMatch; move it to the top of the filter.")
        return [Expr(read_expression(value, place))]
    if not operands.array(value, place):
        raise place.refusal(f"{name} needs at least one filter.")
    terms = [_document(one, place.at(number), inner=inner) for number, one in enumerate(value)]
    if name == "$and":
        return [operands.everything(terms)]
    either = terms[0] if len(terms) == 1 else Or(tuple(terms))
    return [either if name == "$or" else Not(either)]


def _field(path: Path, value: Any, place: Place) -> Filter:
    if not operands.is_expression(value):
        place.count()
        return operands.equality(path, value, place)
    return _operators(path, value, place)


def _operators(path: Path, body: Mapping[str, Any], place: Place) -> Filter:
    """`{$gt: 1, $lt: 5}` behind a field."""
    terms = [_operator(path, name, body, place) for name in body if name != "$options" or "$regex" not in body]
    return operands.everything(terms)


def _operator(path: Path, name: Any, body: Mapping[str, Any], place: Place) -> Filter:
    value = body[name]
    if name not in operands.LISTS:
        place.count()
    if name == "$regex":
        return operands.regex(path, value, body.get("$options", ""), place)
    below = place.inside(name)
    if name == "$options":
        raise below.refusal("$options needs a $regex beside it.")
    if name in _NESTED:
        return _NESTED[name](path, value, below)
    if name not in FIELD:
        raise _unknown(name, below, "behind a field")
    return FIELD[name](path, value, below)


def _negation(path: Path, value: Any, place: Place) -> Filter:
    """`$not`."""
    if not isinstance(value, Mapping) or not value:
        raise place.refusal('$not needs an object of operators such as {"$gt": 5}; use $ne for a value.')
    return Not(_operators(path, value, place))


def _all(path: Path, value: Any, place: Place) -> Filter:
    """`$all`: values, or $elemMatch objects."""
    members = operands.array(value, place)
    if not members:
        return Or(())
    if any(_is_elem_match(member) for member in members):
        return operands.everything([_all_elements(path, one, place.at(n)) for n, one in enumerate(members)])
    for number, member in enumerate(members):
        if operands.is_expression(member):
            raise place.at(number).refusal("$all takes values or $elemMatch only; use $and for conditions.")
    return All(path, operands.listed(members, place))


def _is_elem_match(value: Any) -> bool:
    return operands.is_expression(value) and next(iter(value)) == "$elemMatch"


def _all_elements(path: Path, value: Any, place: Place) -> Filter:
    if not _is_elem_match(value) or len(value) != 1:
        raise place.refusal("$all takes either values or objects of one $elemMatch; do not mix them.")
    return _elem_match(path, value["$elemMatch"], place.inside("$elemMatch"))


def _elem_match(path: Path, value: Any, place: Place) -> Filter:
    """`$elemMatch`: over values when it begins with an operator of fields, else over objects."""
    if not isinstance(value, Mapping):
        raise place.refusal("$elemMatch needs an object of conditions.")
    if operands.is_expression(value) and next(iter(value)) not in PATHLESS:
        return ElemMatchValue(path, _operators((), value, place))
    return ElemMatchObject(path, _document(value, place, inner=True))


_NESTED: dict[str, Callable[[Path, Any, Place], Filter]] = {
    "$not": _negation,
    "$all": _all,
    "$elemMatch": _elem_match,
}


def _unknown(name: Any, place: Place, where: str) -> Exception:
    if name in UNSUPPORTED:
        return place.refusal(f"{name} is not supported: {UNSUPPORTED[name]}.")
    known = ", ".join(PATHLESS if where == "at the place of a field" else [*FIELD, *_NESTED, "$regex"])
    return place.refusal(f"{str(name)[:100]!r} is no operator {where}; there are {known}.")
