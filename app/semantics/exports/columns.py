"""The columns that a data set or a model's signature names, read from the forms that MLflow writes.

Forms: a list of column specs, `{"mlflow_colspec": [...]}` and `{"mlflow_tensorspec": {"features", "targets"}}`, whose
parts are JSON inside strings. What has another form names no columns.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.semantics.exports.text import clean, line


@dataclass(frozen=True)
class Column:
    """One column or tensor; `name` is None where MLflow knows it by its position only.

    `element` is MLflow's name of the type of one value (`double`, `float32`, ...), `shape` the axes of an array with -1
    for those of unknown length and None for a single value, `spelling` the whole type in words.
    """

    name: str | None
    position: int
    element: str
    shape: tuple[int, ...] | None
    required: bool
    spelling: str
    part: str | None = None  # `features` or `targets`, for tensors without a name

    @property
    def label(self) -> str:
        """A name to show, never empty."""
        return line(self.name or "") or self.part or f"column {self.position}"


def columns(schema: Any) -> list[Column]:
    """The columns in their order; none when the schema has no form that MLflow writes."""
    found = []
    for position, (spec, part) in enumerate(_specs(_embedded(schema)), 1):
        name = spec.get("name")
        text = None if name is None or name == "" else str(name)
        element, shape, spelling = _type(spec)
        found.append(Column(text, position, element, shape, spec.get("required") is not False, spelling, part))
    return found


def _embedded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _specs(schema: Any) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Each spec, with the part that it belongs to."""
    if isinstance(schema, Mapping):
        tensors = _embedded(schema.get("mlflow_tensorspec"))
        if isinstance(tensors, Mapping):
            for part in ("features", "targets"):
                yield from _listed(tensors.get(part), part)
            return
        schema = schema.get("mlflow_colspec")
    yield from _listed(schema, None)


def _listed(specs: Any, part: str | None) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    specs = _embedded(specs)
    if isinstance(specs, list):
        yield from ((spec, part) for spec in specs if isinstance(spec, Mapping))


def _type(spec: Mapping[str, Any]) -> tuple[str, tuple[int, ...] | None, str]:
    """Element type, shape, and the type in words."""
    tensor = spec.get("tensor-spec")
    if isinstance(tensor, Mapping):
        return _tensor(tensor)
    depth, inner = 0, spec
    while inner.get("type") == "array" and isinstance(inner.get("items"), Mapping):
        depth, inner = depth + 1, inner["items"]
    element = _word(inner.get("type"))
    spelling = "array of " * depth + (element or "unknown")
    return element, ((-1,) * depth if depth else None), spelling


def _tensor(tensor: Mapping[str, Any]) -> tuple[str, tuple[int, ...] | None, str]:
    element, shape = _word(tensor.get("dtype")), tensor.get("shape")
    if not isinstance(shape, list) or not all(type(axis) is int and axis >= -1 for axis in shape):
        return element, None, f"tensor of {element or 'unknown'}"
    return element, tuple(shape), f"tensor of {element or 'unknown'} ({', '.join(map(str, shape))})"


def _word(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""
