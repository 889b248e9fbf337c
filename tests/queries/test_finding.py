"""Pages through `find`, on both databases: every case of MongoDB's behaviour, bounds, cursors and what may not be seen."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from app.core import db
from app.core.db import database
from app.queries import finding, statements
from app.queries.filters import FilterRefused, parse
from app.queries.finding import Bounds, Found, find
from app.queries.matcher import matches
from app.queries.sql import IN_WINDOWS, WINDOW
from tests.queries.prefixing import prefixed
from tests.queries.random_filters import Maker
from tests.queries.stored import DOCUMENTS, of_set, store
from tests.queries.test_cases import cases, name
from tests.services.running import refuse

FIELD = "asset_metadata"
WITH_NUL = 3  # cases
CASES_AT_ONCE = 60
ALL = Bounds(rows=10**6, milliseconds=60_000)


@pytest.fixture
def url(either_url: str) -> Iterator[str]:
    yield either_url
    database.dispose()


def page(filter: Any, limit: int = 20, after: int | None = None, bounds: Bounds = ALL, number: int = 0) -> Found[Any]:
    return find(
        of_set(number),
        parse(filter),
        DOCUMENTS,
        limit=limit,
        after=after,
        bounds=bounds,
        show=lambda row, document: (row.seq, document),
    )


def seqs(found: Found[Any]) -> list[int]:
    return [seq for seq, _ in found.rows]


def walk(filter: Any, limit: int, bounds: Bounds = ALL) -> tuple[list[int], list[Found[Any]]]:
    """All pages, one after the other."""
    pages = [page(filter, limit, bounds=bounds)]
    while pages[-1].next is not None:
        assert len(pages) < 500
        pages.append(page(filter, limit, pages[-1].next, bounds))
    return [seq for one in pages for seq in seqs(one)], pages


def keep(url: str, documents: list[Any]) -> dict[int, Any]:
    stored = dict(enumerate(documents, 1))
    store(url, [(seq, 0, one) for seq, one in stored.items()])
    return stored


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and batches of a few rows, so that a few documents go every way."""
    steps = {
        "FIRST_SPAN": 64,
        "LAST_SPAN": 70,
        "LAST_BATCH": 5,
        "GLANCE": 20,
        "FURTHER": 4,
        "MAX_WINDOWS": 4,
        "WINDOW": 32,
    }
    for constant, value in steps.items():
        monkeypatch.setattr(finding, constant, value)
    monkeypatch.setattr(statements, "IN_WINDOWS", IN_WINDOWS.replace(str(WINDOW), "32"))
    monkeypatch.setattr(statements, "MAX_HITS", 12)


def numbered_cases() -> list[tuple[int, dict[str, Any]]]:
    given = [one.values[0] for one in cases()]
    if given == [None]:
        refuse("the cases are not there")
    return list(enumerate(given))


def test_every_case_is_found_through_a_page_as_mongodb_finds_it(url: str) -> None:
    found = 0
    runnable = [(number, case) for number, case in numbered_cases() if case["expect"] != "ERR" and can_be_kept(case)]
    for start in range(0, len(runnable), CASES_AT_ONCE):
        some = runnable[start : start + CASES_AT_ONCE]
        rows = [(number, {FIELD: one}) for number, case in some for one in case["docs"]]
        store(url, [(seq, number, one) for seq, (number, one) in enumerate(rows, 1)])
        for number, case in some:
            result = page(prefixed(case["filter"], FIELD), 1000, number=number)
            names = [name(one[FIELD]) for _, one in result.rows]
            assert sorted(names[: case["limit"]]) == sorted(case["expect"]), (number, case["filter"])
            assert result.next is None and result.complete
            found += 1
    assert found > 550


def can_be_kept(case: dict[str, Any]) -> bool:
    """JSONB has no NUL, so the service takes no document with one."""
    return "\\u0000" not in json.dumps(case["docs"])


def test_wrong_cases_are_refused_when_nested_too() -> None:
    wrong = [case for _, case in numbered_cases() if case["expect"] == "ERR"]
    assert len(wrong) > 60
    for case in wrong:
        with pytest.raises(FilterRefused):
            parse(prefixed(case["filter"], FIELD))
    assert sum(not can_be_kept(case) for _, case in numbered_cases()) <= WITH_NUL


def test_prefixed_filters_find_the_nested_documents_that_the_matcher_finds() -> None:
    for case_number, case in numbered_cases():
        if case["expect"] != "ERR":
            wanted = parse(prefixed(case["filter"], FIELD))
            found = [name(one) for one in case["docs"] if matches(wanted, {FIELD: one})]
            assert sorted(found[: case["limit"]]) == sorted(case["expect"]), (case_number, case["filter"])


def test_pages_join_without_gap_or_repeat_whatever_the_bounds(url: str, small_steps: None) -> None:
    maker = Maker(5)
    stored = keep(url, [maker.document(3) for _ in range(100)])
    filters: list[Any] = [maker.filter(1) for _ in range(6)]
    filters += [
        {"a": 1},
        {"a": {"$in": [1, 2]}},
        {"a.b": "ab"},
        {"a": {"$regex": "a"}},
        {"b": {"$ne": 1}},
        {},
        {"a": []},
    ]
    for filter in filters:
        right = [seq for seq, one in stored.items() if matches(parse(filter), one)]
        for limit, bounds in (
            (7, ALL),
            (1000, ALL),
            (7, Bounds(rows=3)),
            (4, Bounds(milliseconds=0)),
            (1, Bounds(rows=1)),
        ):
            found, pages = walk(filter, limit, bounds)
            assert found == right, (filter, limit, bounds)
            assert all(len(one.rows) == limit for one in pages[:-1]) or bounds is not ALL
            assert all(one.complete for one in pages) or bounds is not ALL


def test_the_last_full_page_has_no_next(url: str) -> None:
    keep(url, [{"a": 1}] * 6 + [{"a": 2}] * 2)
    assert page({"a": 1}, 3).next == 3
    assert page({"a": 1}, 3, 3) == Found(page({"a": 1}, 3, 3).rows, None, complete=True)
    assert seqs(page({"a": 1}, 3, 3)) == [4, 5, 6]
    assert page({"a": 2}, 3, 10**30) == page({"a": 2}, 3, 8) == Found([], None, complete=True)
    assert seqs(page({"a": 2}, 3, -(10**30))) == [7, 8]


def test_a_page_is_short_when_too_many_rows_were_looked_at(url: str) -> None:
    keep(url, [{"a": "x"}] * 30 + [{"a": "y"}])
    first = page({"a": {"$regex": "y"}}, bounds=Bounds(rows=10))
    assert first == Found([], 10, complete=False)
    assert seqs(page({"a": {"$regex": "y"}}, after=20, bounds=Bounds(rows=20))) == [31]


def test_a_page_is_short_when_time_is_up_and_still_gets_further(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(url, [{"a": "x"}] * 30)

    def slowly(*_given: Any) -> bool:
        time.sleep(0.02)
        return True

    monkeypatch.setattr(finding, "matches", slowly)
    started = time.monotonic()
    first = page({"a": {"$regex": "x"}}, bounds=Bounds(milliseconds=100))
    assert time.monotonic() - started < 1
    assert 1 <= len(first.rows) <= 6 and first.next == first.rows[-1][0] and not first.complete
    none = page({"a": {"$regex": "x"}}, after=first.next, bounds=Bounds(milliseconds=0))
    assert seqs(none) == [first.next + 1]


def test_what_may_not_be_seen_is_not_matched(url: str) -> None:
    store(url, [(1, 0, {"a": 1}), (2, 1, {"a": "text"}), (3, 0, {"a": 2})])
    bad_for_text = {"$expr": {"$gt": [{"$add": ["$a", 1]}, 2]}}
    assert seqs(page(bad_for_text)) == [3]
    with pytest.raises(FilterRefused):
        page(bad_for_text, number=1)
    assert page({"a": "text"}).rows == []


def test_no_read_is_open_while_documents_are_matched(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(url, [{"a": "x"}] * 200)
    seen = []

    def watching(*given: Any) -> bool:
        seen.append((db._scope.get(), database.reader.pool.checkedout()))  # type: ignore[attr-defined]
        return matches(*given)

    monkeypatch.setattr(finding, "matches", watching)
    assert len(page({"a": {"$regex": "x"}}, 150).rows) == 150
    assert set(seen) == {(None, 0)}


def test_an_index_finds_few_rows_among_many_in_few_statements(postgres_url: str, small_steps: None) -> None:
    keep(postgres_url, [{"a": "rare" if number % 150 == 149 else "common"} for number in range(1_000)])
    said = counted()
    assert seqs(page({"a": "rare"}, 4)) == [150, 300, 450, 600]
    assert len(said) <= 5
    assert sum("@?" in one for one in said) == 2
    assert seqs(page({"a": "rare"}, 4, 600)) == [750, 900]
    assert page({"a": "rare"}, 4, 600).next is None
    assert seqs(page({"a": "common"}, 4)) == [1, 2, 3, 4]


def test_a_page_asks_an_index_for_no_more_windows_than_it_needs(postgres_url: str, small_steps: None) -> None:
    keep(postgres_url, [{"a": "some" if number % 20 == 19 else "most"} for number in range(1_000)])
    said = counted()
    assert seqs(page({"a": "some"}, 2)) == [20, 40]
    assert [one.count("&&") for one in said if "@?" in one] == [1]
    assert walk({"a": "some"}, 2)[0] == list(range(20, 1001, 20))


def test_documents_of_an_index_are_not_lost_when_time_is_up(
    postgres_url: str, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(postgres_url, [{"a": "rare" if number % 70 == 69 else "common"} for number in range(1_000)])
    hits = statements.Source.hits

    def slowly(*given: Any) -> Any:
        time.sleep(0.06)
        return hits(*given)

    monkeypatch.setattr(statements.Source, "hits", slowly)
    assert walk({"a": "rare"}, 4, Bounds(milliseconds=50))[0] == list(range(70, 1001, 70))


def test_a_filter_that_nothing_can_meet_asks_no_database(postgres_url: str) -> None:
    keep(postgres_url, [{"a": 1}])
    said = counted()
    assert page({"$and": [{"a": {"$in": []}}, {"a": {"$regex": "x"}}]}) == Found([], None, complete=True)
    assert said == []


def test_rows_that_come_late_and_are_many_are_all_found(postgres_url: str, small_steps: None) -> None:
    keep(postgres_url, [{"a": "late" if number >= 300 else "early"} for number in range(400)])
    assert walk({"a": "late"}, 30)[0] == list(range(301, 401))


def counted() -> list[str]:
    statements: list[str] = []
    keep_it: Callable[..., None] = lambda _c, _cursor, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(database.reader, "before_cursor_execute", keep_it)
    return statements


def test_exact_conditions_leave_nothing_to_the_matcher(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(postgres_url, [{"a": {"b": text}} for text in ("x", "y", '"; DROP')])
    monkeypatch.setattr(finding, "matches", lambda *_: pytest.fail("SQL said that it is exact"))
    assert seqs(page({"a.b": {"$ne": "x"}})) == [2, 3]
    assert page({"a.b": '"; DROP'}).rows == [(3, json.loads('{"a": {"b": "\\"; DROP"}}'))]
