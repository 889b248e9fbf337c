"""What filters become in SQL: never too little, and where it says to be exact, nothing else; on both databases."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from mgqpy import Query
from sqlalchemy import select

from app.core.db import database
from app.queries.filters import FilterRefused, parse
from app.queries.matcher import matches
from app.queries.sql import translate
from tests.conftest import HEAVY
from tests.queries.random_filters import Maker
from tests.queries.stored import DOCUMENTS, pushed, store, things

KEPT = 50
PAIRS = 50_000 if HEAVY else 3_000
ROUNDS = 5
# where mgqpy and our matcher differ, and the case or the line of the MongoDB manual that says who is right: none is known
EXPLAINED: dict[tuple[str, str], str] = {}
NUMBERS = (
    *(0, -0.0, 1, 1.0, -1, 5, 5.0, 0.1, 0.1 + 0.2, 0.3, 1.5, -2.5, 1e-7, 5e-324, -5e-324, 2.2250738585072014e-308),
    *(
        2**53 - 1,
        2**53,
        float(2**53),
        2**53 + 1,
        2**53 + 2,
        float(2**53 + 2),
        2**62,
        float(2**62),
        2**62 + 1,
        2**62 - 1,
    ),
    *(2**62 + 96, 2**63 - 1, -(2**63), float(2**63), -float(2**63), 2**63 - 1024, float(2**63 - 1024), 1e16, 10**16),
    *(
        1e22,
        1e23,
        1.7976931348623157e308,
        -1.7976931348623157e308,
        123456789012345678,
        123456789012345680,
        1.2345678901234568e17,
    ),
    *(4.35, 0.1234567890123456, 9.109383701528e-31, 6.02214076e23, 1e100, 1e-100),
)
TEXTS = (
    *(
        "",
        "a",
        "A",
        "é",
        "e\u0301",
        "z",
        "~",
        "\u00ff",
        "\uffff",
        "\U0001f600",
        "\ud7ff",
        "\ue000",
        "a b",
        "10",
        "9",
        " ",
    ),
    *(
        '"',
        "'",
        '"x"',
        "\\",
        "\\\\",
        "\\u0041",
        "a\\",
        "%",
        "_",
        "$",
        "$a",
        "--",
        "'; DROP TABLE things; --",
        "{",
        "}",
        "[0]",
    ),
    *(
        "@",
        "$.a ? (@ == 1)",
        '" || true || "',
        "\n",
        "\t",
        "\x1f",
        "\x7f",
        "*",
        "?",
        "lax",
        "%s",
        ":a",
        "\u2028",
        "null",
    ),
)
KEYS = (*(key for key in TEXTS if key and not key.startswith("$")), "0", "1", "a-b", "ключ", "a*b", "x[0]")


@pytest.fixture
def url(either_url: str) -> Iterator[str]:
    yield either_url
    database.dispose()


def check(filters: list[Any], stored: dict[int, Any]) -> tuple[int, int, int]:
    """How many filters SQL said something of, how many exactly, and how many pairs it ruled out."""
    said = exactly = ruled_out = 0
    parsed = [parse(one) for one in filters]
    for filter, wanted, (found, exact) in zip(filters, parsed, pushed(parsed), strict=True):
        right = {seq for seq, one in stored.items() if matches(wanted, one)}
        if found is None:
            assert not exact
            continue
        lost = right - found
        assert not lost, (json.dumps(filter), [json.dumps(stored[seq]) for seq in lost])
        too_many = found - right
        assert not (exact and too_many), (json.dumps(filter), [json.dumps(stored[seq]) for seq in too_many])
        said, exactly, ruled_out = said + 1, exactly + exact, ruled_out + len(stored) - len(found)
    return said, exactly, ruled_out


def keep(url: str, documents: list[Any]) -> dict[int, Any]:
    stored = dict(enumerate(documents, 1))
    store(url, [(seq, 0, one) for seq, one in stored.items()])
    return stored


def test_random_filters_lose_nothing_that_the_matcher_and_mgqpy_find(url: str) -> None:
    maker = Maker(11)
    stored = keep(url, [maker.document(4) for _ in range(KEPT)])
    total = PAIRS // KEPT * ROUNDS
    filters = [maker.filter(2) for _ in range(total)]
    for filter in filters:
        wanted = parse(filter)
        for one in stored.values():
            text = (json.dumps(filter), json.dumps(one))
            assert Query(filter).test(one) == matches(wanted, one) or text in EXPLAINED, text
    said, exactly, ruled_out = check(filters, stored)
    assert said > total // 3 and ruled_out > said * KEPT // 2
    assert exactly > total // 20 if database.dialect == "postgresql" else exactly


def test_filters_lose_nothing_of_names_and_values_that_are_hostile(url: str) -> None:
    documents: list[Any] = [{"a": text} for text in TEXTS]
    documents += [{key: text} for key, text in zip(KEYS, TEXTS, strict=False)]
    documents += [{"a": {key: [1, "a"]}} for key in KEYS] + [{"a": [{key: {"b": "a"}}, key]} for key in KEYS]
    stored = keep(url, documents)
    filters: list[Any] = [{"a": text} for text in TEXTS]
    filters += [{"a": {operator: text}} for operator in ("$gt", "$lte", "$ne") for text in TEXTS]
    filters += [{"a": {"$in": list(TEXTS)}}, {"a": {"$nin": list(TEXTS)}}, {"a": {"$all": ["a", '"']}}]
    filters += [{key: text} for key, text in zip(KEYS, TEXTS, strict=False)]
    filters += [{f"a.{key}": value} for key in KEYS for value in (1, "a", {"$exists": True}, {"$exists": False})]
    filters += [{f"a.{key}.b": "a"} for key in KEYS] + [{"a": {key: {"b": "a"}}} for key in KEYS]
    filters += [{"a": {"$elemMatch": {key: {"b": "a"}}}} for key in KEYS]
    said, _, ruled_out = check(filters, stored)
    assert said > len(filters) // 2 and ruled_out > len(filters)
    with database.engine.connect() as connection:
        assert len(connection.execute(select(things.c.seq)).all()) == len(documents)


def test_no_number_is_lost_however_it_is_written(url: str) -> None:
    stored = keep(
        url, [{"a": number} for number in NUMBERS] + [{"a": [{"b": number}, True, "1"]} for number in NUMBERS]
    )
    operators = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
    filters: list[Any] = [{path: {one: number}} for path, one, number in product(("a", "a.b"), operators, NUMBERS)]
    filters += [{"a": {"$in": list(NUMBERS)}}, {"a": [{"b": 2**62}, True, "1"]}, {"a": {"b": float(2**62)}}]
    said, _, _ = check(filters, stored)
    assert said >= len(filters) * 2 // 3


def test_arrays_in_arrays_and_numbers_in_paths_lose_nothing(url: str) -> None:
    shapes: list[Any] = [
        1,
        [1],
        [[1]],
        [[[1]]],
        [1, [2]],
        {"0": 1},
        [{"0": 1}],
        [{"0": [1]}],
        [[{"0": 1}]],
        {"0": {"0": 1}},
    ]
    shapes += [
        [],
        {},
        [[]],
        [{}],
        {"b": 1},
        [{"b": 1}],
        [[{"b": 1}]],
        {"b": [1]},
        {"b": [[1]]},
        [{"b": [{"b": 1}]}],
        None,
        [None],
    ]
    stored = keep(url, [{"a": shape} for shape in shapes] + [{"0": shape} for shape in shapes] + [{"": shapes[3]}, {}])
    paths = (
        "a",
        "0",
        "a.0",
        "a.b",
        "a.0.0",
        "a.0.b",
        "a.b.0",
        "a.b.b",
        "a.",
        "a..b",
        "",
        "a.00",
        "a.99999999999",
        "a.0.0.0.0.0",
    )
    conditions: list[Any] = [*shapes, {"$exists": True}, {"$exists": False}, {"$size": 0}, {"$size": 1}, {"$size": 2}]
    conditions += [
        {"$ne": 1},
        {"$gt": 0},
        {"$all": [1, [1]]},
        {"$elemMatch": {"$eq": 1}},
        {"$elemMatch": {"$elemMatch": {"$gt": 0}}},
    ]
    conditions += [
        {"$elemMatch": {"b": 1}},
        {"$elemMatch": {"0": 1}},
        {"$elemMatch": {"$not": {"$eq": 1}}},
        {"$elemMatch": {"": 1}},
    ]
    check([{path: condition} for path, condition in product(paths, conditions)], stored)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_said_of_a_filter(dialect: str) -> None:
    def said(filter: Any) -> tuple[bool, bool]:
        translation = translate(parse(filter), DOCUMENTS, dialect)
        return translation.condition is not None, translation.exact

    postgres = dialect == "postgresql"
    assert said({}) == (True, True)
    assert said({"a": 1}) == (True, postgres)
    assert said({"a": None}) == (False, False)
    assert said({"a": {"$in": [1, None]}}) == (False, False)
    assert said({"a": {"$in": []}}) == (True, True)
    assert said({"a": {"$ne": 1}}) == (postgres, postgres)
    assert said({"a.0": {"$ne": 1}}) == (False, False)
    assert said({"a": {"$exists": False}}) == (True, True)
    assert said({"$and": [{"a": 1}, {"b": {"$regex": "x"}}]}) == (True, False)
    assert said({"$or": [{"a": 1}, {"b": {"$regex": "x"}}]}) == (False, False)
    assert said({"a": "\0"}) == said({"a": "\ud800"}) == said({"a.\0": 1}) == (False, False)
    assert said({"a": float("nan")}) == said({"a": {"$lt": float("inf")}}) == (False, False)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_only_equality_with_all_branches_is_found_by_an_index(dialect: str) -> None:
    def indexed(filter: Any) -> bool:
        return translate(parse(filter), DOCUMENTS, dialect).key is not None

    postgres = dialect == "postgresql"
    assert indexed({"a": 1, "b": {"$gt": 1}}) is postgres
    assert indexed({"$or": [{"a": 1}, {"b.0": {"c": 1}}]}) is postgres
    assert not indexed({"$or": [{"a": 1}, {"b": {"$gt": 1}}]})
    assert not indexed({"a": {"$ne": 1}}) and not indexed({"a": {}}) and not indexed({})


def test_filters_of_the_largest_size_are_no_trouble_for_a_database(url: str) -> None:
    stored = keep(url, [{"a": number} for number in range(3)])
    filters: list[Any] = [
        {"$or": [{"a": number} for number in range(4_900)]},
        {"$and": [{"a": {"$gte": -number}} for number in range(4_900)]},
        {"a": {"$in": list(range(4_900))}},
        {"a": {"$in": list(range(99))}},
        {"a": {"$all": list(range(4_900))}},
        {"$or": [{f"a{number}.0.0.0.0": number} for number in range(50)]},
        {".".join(["a"] * 200): 1},
        {"a": {str(number): number for number in range(2_000)}},
    ]
    for operator in ("$and", "$or", "$nor"):
        deep: Any = {"a": 1}
        for _ in range(90):
            deep = {operator: [deep, {"a": 1}]}
        filters.append(deep)
    nested: Any = 1
    for _ in range(45):
        nested = {"a": [nested]}
    filters.append({"a": nested})
    check(filters, stored)
    for _ in range(200):
        deep = {"$and": [deep]}
    with pytest.raises(FilterRefused):
        parse(deep)
