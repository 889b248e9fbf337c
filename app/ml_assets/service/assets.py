"""What models, data sets and trainings have in common: terms, filters, merging changes, and the acts of their lives."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, delete, exists, func, insert, or_, select

from app.core.db import reading, table_of, transaction
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.ml_assets import filters
from app.ml_assets.models import Term
from app.users import service as users

KEPT = 500  # statements that are kept, since to build one costs more than to run it
terms = table_of(Term)
Show = Callable[[Sequence[Row[Any]]], list[dict[str, Any]]]
SIGNS: dict[str, Callable[[Any, float], ColumnElement[bool]]] = {
    ">": lambda column, number: column > number,
    ">=": lambda column, number: column >= number,
    "<": lambda column, number: column < number,
    "<=": lambda column, number: column <= number,
    "=": lambda column, number: column == number,
}


def select_assets(
    caller: Caller | None, kind: str, table: Table, *more: ColumnElement[Any], deleted: bool = False
) -> Select[Any]:
    """Rows of a kind that the caller may see, each with its entity, its creator, and `more` columns."""
    query = entities.select_visible(caller, kind, deleted=deleted)
    return _with_own_columns(query, table, more)


@lru_cache(maxsize=KEPT)
def _with_own_columns(query: Select[Any], table: Table, more: tuple[ColumnElement[Any], ...]) -> Select[Any]:
    columns = [column for column in table.c if column.name != "seq"]
    return query.join(table, table.c.seq == entities.columns.seq).add_columns(*columns, *more)


@lru_cache(maxsize=KEPT)
def _one_of(query: Select[Any]) -> Select[Any]:
    return query.where(entities.columns.id == bindparam("asset_id"))


def find(caller: Caller | None, kind: str, table: Table, asset_id: str, *more: ColumnElement[Any]) -> Row[Any]:
    """The row of one asset; raises NotFound."""
    with reading() as session:
        query = _one_of(select_assets(caller, kind, table, *more))
        row = session.execute(query, {"asset_id": asset_id}).first()
    if row is None:
        raise entities.not_found(asset_id, kind)
    return row


def listing(
    caller: Caller,
    kind: str,
    table: Table,
    show: Show,
    given: dict[str, Any],
    *conditions: ColumnElement[bool],
    more: tuple[ColumnElement[Any], ...] = (),
) -> Listing:
    """The list of a kind under the filters that all kinds know, and further conditions; `more` are further columns."""
    query = select_assets(caller, kind, table, *more, deleted=given["deleted"])
    if narrower := [*conditions, *_by_name(table, given), *_by_tags(given)]:
        query = query.where(*narrower)
    if given.get("creator"):
        query = query.where(users.people.c.id == (caller.id if given["creator"] == "me" else given["creator"]))
    order = filters.order(given["sort"], metrics=kind == "ml_model")
    if order.metric is not None:
        query = query.join(terms, _term("metric", order.metric) & terms.c.number.is_not(None))
        query = query.add_columns(terms.c.number.label("sort_number"))
        return Listing(query, (Key(terms.c.number, "sort_number", order.descending), _last(order)), show)
    if order.by == "name":
        return Listing(query, (Key(table.c.name, "name", order.descending), _last(order)), show)
    return Listing(query, (_last(order),), show)


def _last(order: filters.Order) -> Key:
    return Key(entities.columns.seq, "seq", order.descending and order.by == "created")


def _by_name(table: Table, given: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    name, words = given.get("name"), given.get("q")
    if name and name.endswith("*"):
        conditions.append(table.c.name.startswith(name[:-1], autoescape=True))
    elif name:
        conditions.append(table.c.name == name)
    if words:
        either = (
            func.lower(column).contains(words.lower(), autoescape=True)
            for column in (table.c.name, table.c.description)
        )
        conditions.append(or_(*either))
    return conditions


def _by_tags(given: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions = []
    for tag in given.get("tag", ()):
        key, sign, value = tag.partition("=")
        wanted = _term("tag", key)
        conditions.append(_exists(wanted & (terms.c.text == value[:250]) if sign else wanted))
    return conditions


def by_metrics(given: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Conditions of the filter `metric`."""
    found = [filters.metric(text) for text in given.get("metric", ())]
    return [_exists(_term("metric", one.name) & SIGNS[one.sign](terms.c.number, one.number)) for one in found]


def by_params(given: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Conditions of the filter `param`."""
    found = [filters.pair("param", text) for text in given.get("param", ())]
    return [_exists(_term("param", key) & (terms.c.text == value[:250])) for key, value in found]


def _term(kind: str, key: str) -> ColumnElement[bool]:
    return (terms.c.kind == kind) & (terms.c.key == key[:250]) & (terms.c.asset_seq == entities.columns.seq)


def _exists(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(1).where(condition).correlate(entities.table))


def write_terms(seq: int, rows: list[dict[str, Any]], *, fresh: bool = False) -> None:
    """Set the terms of an asset; a `fresh` one has none yet."""
    with transaction() as session:
        if not fresh:
            session.execute(delete(terms).where(terms.c.asset_seq == seq))
        if rows:
            session.execute(insert(terms), [{"asset_seq": seq, **row} for row in rows])


def merged(target: Any, patch: Any) -> Any:
    """`target` changed by a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def common(row: Any) -> dict[str, Any]:
    """What every answer says of an asset."""
    return {
        "name": row.name,
        "description": row.description,
        "tags": row.tags,
        "properties": row.properties,
        "timestamp": row.created_at,
        **entities.show(row),
    }


def note(act: str, caller: Caller, row: Any, title: str) -> None:
    """Write down that the caller did `act` to an asset that stays what it is."""
    ledger.record(Activity(f"ml_assets.{act}", f"{act.capitalize()} {title}"), caller, used=[row.seq])
