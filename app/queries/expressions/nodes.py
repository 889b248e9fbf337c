"""The parts of an aggregation expression, after reading. Values only."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Constant:
    """A plain JSON value, or MISSING."""

    value: Any


@dataclass(frozen=True)
class Field:
    """The value at a path of the document; () is the document itself."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class ArrayOf:
    """An array of what the members give."""

    members: tuple["Expression", ...]


@dataclass(frozen=True)
class ObjectOf:
    """An object of what the members give; those that give nothing are left out."""

    members: tuple[tuple[str, "Expression"], ...]


@dataclass(frozen=True)
class Apply:
    """An operator over its arguments. `pointer` says where in the filter it stands."""

    operator: str
    arguments: tuple["Expression", ...]
    pointer: str = field(compare=False)


Expression = Constant | Field | ArrayOf | ObjectOf | Apply
