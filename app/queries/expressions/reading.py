"""From the JSON of an aggregation expression to its parts; expressions without fields are computed at once.

Source: MongoDB manual, "Aggregation Operators" and "Variables in Aggregation Expressions".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.queries.expressions.evaluation import ARITIES, evaluate
from app.queries.expressions.nodes import Apply, ArrayOf, Constant, Expression, Field, ObjectOf
from app.queries.refusals import Place
from app.queries.values import MISSING, literal

_DOCUMENT = ("ROOT", "CURRENT")
_CODE = "it runs code; write the condition with other operators"
_UNSUPPORTED = {"$function": _CODE, "$accumulator": _CODE, "$where": _CODE}


def read(value: Any, place: Place) -> Expression:
    """The parts of an expression; raises FilterRefused."""
    place.count()
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, Mapping):
        return _folded(_object(value, place))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return _folded(ArrayOf(tuple(read(one, place.inside(number)) for number, one in enumerate(value))))
    return Constant(literal(value, place))


def _text(text: str, place: Place) -> Expression:
    """A literal, a path `$a.b`, or a variable `$$ROOT.a`."""
    if text.startswith("$$"):
        name, *parts = text[2:].split(".")
        if name == "REMOVE" and not parts:
            return Constant(MISSING)
        if name not in _DOCUMENT:
            raise place.refusal(f"There is no variable {text[:100]!r}; there are $$ROOT, $$CURRENT and $$REMOVE.")
        return _path(parts, text, place)
    return _path(text[1:].split("."), text, place) if text.startswith("$") else Constant(text)


def _path(parts: list[str], text: str, place: Place) -> Field:
    if any(not part or part.startswith("$") or "\0" in part for part in parts) or len(parts) > 200:
        raise place.refusal(f"{text[:100]!r} is no path; write '$field' or '$field.part', or use $literal.")
    return Field(tuple(parts))


def _object(body: Mapping[str, Any], place: Place) -> Expression:
    """An operator, or an object whose members are expressions."""
    names = list(body)
    if any(not isinstance(name, str) for name in names):
        raise place.refusal("Keys of objects must be strings.")
    if names and names[0].startswith("$"):
        if len(names) > 1:
            raise place.refusal(f"An expression has one operator, here are {len(names)}; join them with $and.")
        return _operator(names[0], body[names[0]], place.inside(names[0]))
    for name in names:
        if not name or "." in name or name.startswith("$"):
            raise place.at(name).refusal("Names of fields in an expression have no dot and no $ in front.")
    return ObjectOf(tuple((name, read(one, place.inside(name))) for name, one in body.items()))


def _operator(name: str, value: Any, place: Place) -> Expression:
    if name == "$literal":
        return Constant(literal(value, place))
    if name not in ARITIES:
        reason = _UNSUPPORTED.get(name, f"there are $literal, {', '.join(ARITIES)}")
        raise place.refusal(f"{name[:100]} is not supported in $expr: {reason}.")
    arguments = _arguments(name, value, place)
    least, most = ARITIES[name]
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} or more"
        raise place.refusal(f"{name} takes {wanted} arguments, here are {len(arguments)}.")
    return Apply(name, tuple(read(one, where) for one, where in arguments), place.pointer)


def _arguments(name: str, value: Any, place: Place) -> list[tuple[Any, Place]]:
    if name == "$cond" and isinstance(value, Mapping):
        if value.keys() != {"if", "then", "else"}:
            raise place.refusal("$cond needs the members if, then and else.")
        return [(value[part], place.inside(part)) for part in ("if", "then", "else")]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [(one, place.inside(number)) for number, one in enumerate(value)]
    return [(value, place)]


def _folded(expression: Expression) -> Expression:
    """A constant for what no document can change; so an operator that must fail is told while reading."""
    match expression:
        case Apply(arguments=parts) | ArrayOf(members=parts):
            fixed = all(isinstance(part, Constant) for part in parts)
        case ObjectOf(members=members):
            fixed = all(isinstance(part, Constant) for _, part in members)
        case _:
            return expression
    return Constant(evaluate(expression, {})) if fixed else expression
