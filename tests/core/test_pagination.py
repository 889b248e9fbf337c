"""Cursor paging over a real table, in both directions and with equal values."""

import base64
from collections.abc import Callable

import orjson
import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.core.db import transaction
from app.core.errors import Invalid
from app.core.limits import counters
from app.core.pagination import Key, Listing, decode, encode, turn


@pytest.fixture
def listing(either_url: str, make_app: Callable[..., Flask]) -> Callable[[bool], Listing]:
    """Twenty-five rows whose `hits` repeat, ordered by hits and then by the unique expires_at."""
    make_app(either_url)
    with transaction() as session:
        rows = [{"key": f"{n:02}", "hits": n % 4, "expires_at": n} for n in range(25)]
        session.execute(insert(counters), rows)

    def make(descending: bool) -> Listing:
        order = (Key(counters.c.hits, "hits", descending), Key(counters.c.expires_at, "expires_at"))
        return Listing(select(counters), order, lambda rows: [{"key": row.key} for row in rows])

    return make


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 7, 25, 30])
def test_pages_together_are_the_whole_list_in_order(
    listing: Callable[[bool], Listing], descending: bool, limit: int
) -> None:
    found, cursor = [], None
    for _ in range(40):
        page = turn(listing(descending), limit, cursor)
        found += [row["key"] for row in page["data"]]
        cursor = page["page"]["next"]
        if cursor is None:
            break
    sign = -1 if descending else 1
    assert found == [f"{n:02}" for n in sorted(range(25), key=lambda n: (sign * (n % 4), n))]


def test_the_last_full_page_has_no_next(listing: Callable[[bool], Listing]) -> None:
    assert turn(listing(False), 25, None)["page"]["next"] is None


def test_the_total_is_counted_only_when_asked_for(listing: Callable[[bool], Listing]) -> None:
    assert "total" not in turn(listing(False), 3, None)["page"]
    assert turn(listing(False), 3, None, total=True)["page"]["total"] == 25


ORDER = (Key(counters.c.hits, "hits"), Key(counters.c.expires_at, "expires_at"))


def as_cursor(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "not base64 !",
        "AAAA",
        as_cursor({}),
        as_cursor([1]),
        as_cursor([1, 2, 3]),
        as_cursor(["\x00", 1]),
        as_cursor(["text", 1]),
        as_cursor([2**63, 1]),
        as_cursor([1, -1]),
        as_cursor([1, 2.5]),
        as_cursor([[1], 1]),
        as_cursor([1, True]),
        "ü",
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        decode(cursor, ORDER)


def test_a_cursor_carries_its_values() -> None:
    assert decode(encode(["näme", 7]), (Key(counters.c.key, "key"), ORDER[1])) == ["näme", 7]
