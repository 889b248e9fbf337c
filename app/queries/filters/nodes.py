"""The terms that a filter is made of, after reading. Values only: they are compared, walked and translated, never run.

`$ne`, `$nin`, `$nor` and `$exists: false` are `Not` of the positive term, since MongoDB negates over the whole document;
`And(())` holds for every document and `Or(())` for none.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from app.queries.expressions.nodes import Expression
from app.queries.values import Kind

Path = tuple[str, ...]  # the parts of a dotted path; () is the value itself, inside $elemMatch over values


@dataclass(frozen=True)
class And:
    """All terms hold."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True)
class Or:
    """At least one term holds."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True)
class Not:
    """The term does not hold."""

    term: "Filter"


@dataclass(frozen=True)
class Compare:
    """Some value at the path stands so to `value` (a plain JSON value), within the kind of `value`."""

    path: Path
    operator: Literal["$eq", "$gt", "$gte", "$lt", "$lte"]
    value: Any


@dataclass(frozen=True)
class Members:
    """Values of a list, for looking up: `keys` as of `values.key`, and the kinds that occur."""

    values: tuple[Any, ...]
    keys: frozenset[Any] = field(compare=False, repr=False)
    kinds: frozenset[Kind] = field(compare=False, repr=False)


@dataclass(frozen=True)
class In:
    """Some value at the path equals one of the members."""

    path: Path
    members: Members


@dataclass(frozen=True)
class All:
    """Each of the members equals some value at the path."""

    path: Path
    members: Members


@dataclass(frozen=True)
class Exists:
    """There is a value at the path."""

    path: Path


@dataclass(frozen=True)
class HasType:
    """Some value at the path has one of these types, by MongoDB's alias; `number` is written out."""

    path: Path
    types: frozenset[str]


@dataclass(frozen=True)
class Size:
    """An array of so many elements is at the path."""

    path: Path
    size: int


@dataclass(frozen=True)
class ElemMatchObject:
    """An array is at the path, and for one of its elements that are objects (or arrays) the filter holds."""

    path: Path
    filter: "Filter"


@dataclass(frozen=True)
class ElemMatchValue:
    """An array is at the path, and for one of its elements the filter, whose paths are (), holds."""

    path: Path
    filter: "Filter"


@dataclass(frozen=True)
class Regex:
    """Some string at the path matches the PCRE2 pattern; `options` are letters of `imsx`, sorted."""

    path: Path
    pattern: str
    options: str
    pointer: str = field(compare=False)


@dataclass(frozen=True)
class Mod:
    """Some number at the path, divided by `divisor` and truncated toward zero, leaves `remainder`."""

    path: Path
    divisor: int
    remainder: int


@dataclass(frozen=True)
class Bits:
    """Some integral number at the path has all or any of the bits of `mask` set or clear (two's complement)."""

    path: Path
    operator: Literal["$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear"]
    mask: int


@dataclass(frozen=True)
class Expr:
    """The aggregation expression is true for the document."""

    expression: Expression


Leaf = Compare | In | All | Exists | HasType | Size | ElemMatchObject | ElemMatchValue | Regex | Mod | Bits
Filter = And | Or | Not | Expr | Leaf
