"""Cursor paging: a view returns a Listing, the decorator slices it, dumps it and says where the next page is.

A cursor holds the values of the order's columns in the last row, so that page thousand costs what page one costs and a
row that comes or goes shifts nothing. `seq`, unique and never changed, ends every order.
"""

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import request
from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields, validate
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select

from app.core.api import Schema, arguments, response
from app.core.db import reading
from app.core.errors import FieldError, Invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
INFINITE = (math.inf, -math.inf)


@dataclass(frozen=True)
class Key:
    """One column of the order. The row carries its value under `label`."""

    column: ColumnElement[Any]
    label: str
    descending: bool = False


@dataclass(frozen=True)
class Listing:
    """A select without order or limit, the keys of its order (the last one unique), and how its rows are shown."""

    select: Select[Any]
    order: tuple[Key, ...]
    show: Callable[[Sequence[Row[Any]]], list[dict[str, Any]]]


class PageArgumentsSchema(Schema):
    """How much of a list, and from where."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MAX_LIMIT),
        metadata={"description": f"Rows a page, at most {MAX_LIMIT}"},
    )
    cursor = fields.String(
        validate=validate.Length(max=1000),
        metadata={"description": "Where the page begins, from the `Link` header of the page before"},
    )
    total = fields.Boolean(load_default=False, metadata={"description": "Count all rows too; costs time on long lists"})


class FilterPageSchema(Schema):
    """How much of what a filter finds, and from where; the filter is the body."""

    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 1000), metadata={"description": "Rows a page"})
    cursor = fields.String(
        validate=validate.Regexp(r"^[0-9]{1,18}$", error="must be taken from the Link header of the page before"),
        metadata={"description": "Where the page begins, from the `Link` header of the page before"},
    )


class PageSchema(Schema):
    """The frame of a page."""

    limit = fields.Integer(required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Cursor of the next page, if any"})
    total = fields.Integer(metadata={"description": "All rows, when asked for by `total=true`"})


@cache
def page_schema(schema: type[MarshmallowSchema]) -> MarshmallowSchema:
    """The schema of a page of such rows."""
    name = schema.__name__.removesuffix("Schema")
    members = {
        "data": fields.List(fields.Nested(schema), required=True),
        "page": fields.Nested(PageSchema, required=True),
    }
    return type(f"{name}PageSchema", (Schema,), members)()


def paginated(schema: type[MarshmallowSchema], filters: type[MarshmallowSchema] | None = None) -> Callable[..., Any]:
    """The view takes its filters and returns a Listing; the client gets a page and `Link: rel="next"`."""
    parents = (filters, PageArgumentsSchema) if filters else (PageArgumentsSchema,)
    # one schema for all arguments, since each refuses what it does not know
    accepted = type("ListArgumentsSchema", parents, {})()

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        @arguments(accepted)
        @response(page_schema(schema))
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            *before, given = args
            page = {name: given.pop(name, None) for name in ("limit", "cursor", "total")}
            listing = view(*before, *([given] if filters else []), **kwargs)
            result = turn(listing, page["limit"], page["cursor"], total=page["total"])
            return result, 200, link(result["page"]["next"])

        return wrapper

    return decorator


def turn(listing: Listing, limit: int, cursor: str | None, *, total: bool = False) -> dict[str, Any]:
    """One page of a listing as `{"data", "page"}`; raises Invalid for a cursor that is not of this list."""
    after = decode(cursor, listing.order) if cursor else []
    query = _page_query(listing.select, listing.order, limit + 1, later=bool(cursor))
    with reading() as session:
        rows = session.execute(query, {f"after_{place}": value for place, value in enumerate(after)}).all()
        page: dict[str, Any] = {"limit": limit, "next": None}
        if len(rows) > limit:
            rows = rows[:limit]
            page["next"] = encode([getattr(rows[-1], key.label) for key in listing.order])
        if total:
            page["total"] = session.scalar(select(func.count()).select_from(listing.select.subquery()))
        return {"data": listing.show(rows), "page": page}


@lru_cache(maxsize=500)  # a list without filters has one select for all its pages; to build anew costs more than to run
def _page_query(query: Select[Any], order: tuple[Key, ...], limit: int, *, later: bool) -> Select[Any]:
    query = query.order_by(*(key.column.desc() if key.descending else key.column for key in order)).limit(limit)
    return query.where(_beyond(order)) if later else query


def _beyond(order: tuple[Key, ...]) -> ColumnElement[bool]:
    """Rows that come after the values `after_0`, ...: (a > x) or (a = x and b > y) or ..."""
    steps = []
    after = [bindparam(f"after_{place}", type_=key.column.type) for place, key in enumerate(order)]
    for depth, key in enumerate(order):
        equal = [k.column == v for k, v in zip(order[:depth], after, strict=False)]
        further = key.column < after[depth] if key.descending else key.column > after[depth]
        steps.append(and_(*equal, further))
    return or_(*steps)


def encode(values: list[Any]) -> str:
    """A cursor for the row with these values."""
    packed = [str(value) if value in INFINITE else value for value in values]  # JSON has no word for infinity
    return base64.urlsafe_b64encode(orjson.dumps(packed)).decode().rstrip("=")


def decode(cursor: str, order: tuple[Key, ...]) -> list[Any]:
    """The values inside a cursor of a list in this order; raises Invalid when it is not one."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    if not isinstance(values, list) or len(values) != len(order) or not all(map(_fits, order, values)):
        detail = "is not a cursor of this list; take it from the Link header of the page before, with the same filters"
        raise Invalid(f"cursor {detail}.", errors=[FieldError("/cursor", detail)])
    return [float(v) if key.column.type.python_type is float else v for key, v in zip(order, values, strict=True)]


def _fits(key: Key, value: Any) -> bool:
    """Whether the database can compare this value with that column at all."""
    if isinstance(value, bool):
        return False
    wanted = key.column.type.python_type
    if wanted is int:
        return isinstance(value, int) and 0 <= value < 2**63
    if wanted is float:
        return isinstance(value, (int, float)) or value in ("inf", "-inf")
    return isinstance(value, str) and "\x00" not in value


def link(cursor: str | None) -> dict[str, str]:
    """The Link header that leads to the page at `cursor`, keeping all other arguments of this request."""
    if cursor is None:
        return {}
    others = [(k, v) for k, v in request.args.items(multi=True) if k != "cursor"]
    return {"Link": f'<{request.path}?{urlencode([*others, ("cursor", cursor)])}>; rel="next"'}
