"""What filters mean, where clients are often surprised, and that matching ends in time."""

import math
import time
from typing import Any

import pytest

from app.queries import budget as budgets
from app.queries.filters import FilterTooCostly, parse
from app.queries.matcher import matches


def holds(filter: Any, document: Any) -> bool:
    return matches(parse(filter), document)


MEANINGS = [
    ({"tags": ["x"]}, {"tags": ["x"]}, True),
    ({"tags": ["x"]}, {"tags": ["x", "y"]}, False),
    ({"tags": "x"}, {"tags": ["y", "x"]}, True),
    ({"m": {"b": 2, "a": 1}}, {"m": {"a": 1, "b": 2}}, False),
    ({"m": {"a": 1, "b": 2}}, {"m": {"a": 1, "b": 2}}, True),
    ({"m.n": 5}, {"m": {"n": 5.0}}, True),
    ({"m.n": 5}, {"m": {"n": "5"}}, False),
    ({"m.n": 1}, {"m": {"n": True}}, False),
    ({"n": 2**53 + 1}, {"n": float(2**53)}, False),
    ({"x": {"$ne": 1}}, {}, True),
    ({"x": {"$nin": []}}, {"x": 1}, True),
    ({"x": {"$in": []}}, {"x": 1}, False),
    ({"a.b": None}, {"a": [1]}, False),
    ({"a.b": None}, {"a": []}, False),
    ({"a.b": {"$ne": None}}, {"a": []}, True),
    ({"a.b": None}, {"a": [{"c": 1}]}, True),
    ({"a": {"$elemMatch": {"b": None}}}, {"a": [[]]}, True),
    ({"a": {"$elemMatch": {"0": 5}}}, {"a": [[5]]}, True),
    ({"a": {"$all": [[1, 2]]}}, {"a": [1, 2]}, True),
    ({"a": {"$all": [[1, 2]]}}, {"a": [[1, 2]]}, True),
    ({"v": {"a": 1, "$gt": 3}}, {"v": {"a": 1, "$gt": 3}}, True),
    ({"v": {"$ref": "x", "$id": 1}}, {"v": {"$ref": "x", "$id": 1}}, True),
    ({"a.0": 1}, {"a": [[1, 2]]}, False),
    ({"a.0": [1, 2]}, {"a": [[1, 2]]}, True),
    ({"a.0.0": 1}, {"a": [[[1]]]}, False),
    ({"a.0.b": 1}, {"a": [[{"b": 1}]]}, True),
    ({"a.00": 1}, {"a": [1]}, False),
    ({"a.0": 1}, {"a": {"0": 1}}, True),
    ({"a": {"$gt": 1, "$lt": 2}}, {"a": [1, 2, 3]}, True),
    ({"a": {"$elemMatch": {"$gt": 1, "$lt": 2}}}, {"a": [1, 2, 3]}, False),
    ({"n": math.nan}, {"n": math.nan}, True),
    ({"n": {"$lt": 5}}, {"n": math.nan}, False),
    ({"n": {"$gte": math.nan}}, {"n": math.nan}, True),
    ({"n": {"$gte": math.nan}}, {"n": 5}, False),
    ({"n": {"$in": [math.nan]}}, {"n": math.nan}, True),
    ({"o": {"$lt": {"a": "z"}}}, {"o": {"b": 1}}, True),
    ({"o": {"$gt": {"a": 1}}}, {"o": {"a": 1, "b": 1}}, True),
    ({"a": {"$gt": [1, "a"]}}, {"a": [[1, {}]]}, True),
    ({"a": {"$gt": [True]}}, {"a": [[{}]]}, False),
    ({"s": {"$gt": "\ue000"}}, {"s": "\U00010000"}, True),
    ({"n": {"$type": "long"}}, {"n": 2**31}, True),
    ({"n": {"$type": "int"}}, {"n": 2**31 - 1}, True),
    ({"n": {"$type": "int"}}, {"n": 5.0}, False),
    ({"n": {"$type": [1, "null"]}}, {"n": 5.0}, True),
    ({"n": {"$type": "number"}}, {"n": ["x", 1]}, True),
    ({"n": {"$type": "null"}}, {}, False),
    ({"n": {"$mod": [5, -2]}}, {"n": -7.9}, True),
    ({"n": {"$mod": [-5, 2]}}, {"n": 7}, True),
    ({"n": {"$mod": [5, 0]}}, {"n": True}, False),
    ({"n": {"$bitsAllSet": 6}}, {"n": 7}, True),
    ({"n": {"$bitsAllSet": 6}}, {"n": 5}, False),
    ({"n": {"$bitsAnySet": [1, 2]}}, {"n": 5}, True),
    ({"n": {"$bitsAllClear": [1, 3]}}, {"n": 5}, True),
    ({"n": {"$bitsAllClear": [1, 2]}}, {"n": 5}, False),
    ({"n": {"$bitsAnyClear": 5}}, {"n": 4}, True),
    ({"n": {"$bitsAnyClear": 5}}, {"n": 5}, False),
    ({"n": {"$bitsAllSet": [200]}}, {"n": -1}, True),
    ({"n": {"$bitsAnySet": [63, 200]}}, {"n": 2**62}, False),
    ({"n": {"$bitsAllSet": 6}}, {"n": 6.0}, True),
    ({"n": {"$bitsAllSet": 6}}, {"n": 6.5}, False),
    ({"n": {"$bitsAllClear": 8}}, {"n": "6"}, False),
    ({"n": {"$bitsAllSet": []}}, {"n": 0}, True),
    ({"n": {"$bitsAnySet": 0}}, {"n": 7}, False),
    ({"n": {"$bitsAllSet": 6}}, {"n": ["x", 7]}, True),
    ({"$comment": "why", "a": 1}, {"a": 1}, True),
    ({}, {"a": 1}, True),
]


@pytest.mark.parametrize(("filter", "document", "wanted"), MEANINGS)
def test_a_filter_means_what_mongodb_means(filter: Any, document: Any, wanted: bool) -> None:
    assert holds(filter, document) is wanted
    assert holds({"$nor": [filter]}, document) is not wanted


def test_a_path_of_numbers_ends_in_time_where_it_may_go_many_ways() -> None:
    document: Any = 1
    for _ in range(40):
        document = {"0": [document]}
    started = time.thread_time()
    assert not holds({".".join(["0"] * 60): 2}, document)
    assert time.thread_time() - started < 1


def lists_on_arrays(size: int) -> float:
    """The CPU time of looking for so many members in so many elements."""
    numbers = list(range(size))
    started = time.thread_time()
    assert holds({"a": {"$all": numbers}}, {"a": numbers[::-1]})
    assert not holds({"a": {"$in": numbers}}, {"a": [f"{number}" for number in numbers]})
    assert not holds({"a": {"$in": numbers}}, {"a": [-1 - number for number in numbers]})
    assert holds({"a": {"$all": [[n] for n in numbers]}}, {"a": [[n] for n in numbers]})
    return time.thread_time() - started


def test_long_lists_on_long_arrays_are_looked_up() -> None:
    short = sum(lists_on_arrays(999) for _ in range(5)) / 5
    assert lists_on_arrays(9_999) < 60 * short  # some ten times as much; comparing each with each is a hundred times


@pytest.mark.parametrize("size", [30_000, 120_000])
def test_the_time_of_a_match_grows_with_the_document_only(size: int) -> None:
    document = {"a": [{"b": n, "c": [n, str(n)]} for n in range(size)]}
    wanted = parse({"a.b": -1, "a.c": "x", "a": {"$elemMatch": {"b": {"$lt": 0}}}, "a.c.0": {"$gt": size}})
    nor = parse({"$or": [{"a.b": -1}, {"a.c": "x"}, {"a": {"$elemMatch": {"b": {"$lt": 0}}}}]})
    started = time.thread_time()
    assert not matches(wanted, document)
    assert not matches(nor, document)
    assert time.thread_time() - started < 40e-6 * size


def test_many_conditions_on_a_long_array_are_refused_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MAX_TESTS", 100_000)
    wanted = parse({"$or": [{"a": {"$gt": n}} for n in range(1_000, 2_000)]})
    assert not matches(wanted, {"a": list(range(90))})
    with pytest.raises(FilterTooCostly) as refused:
        matches(wanted, {"a": list(range(900))})
    assert refused.value.status == 400
    assert "$in or $all" in refused.value.detail


def test_filters_of_the_greatest_depth_are_matched() -> None:
    filter: Any = {"a": 1}
    for _ in range(98):
        filter = {"$and": [filter]}
    assert holds(filter, {"a": 1})
    filter, document = {"$eq": 1}, 1
    for _ in range(97):
        filter, document = {"$elemMatch": filter}, [document]
    assert holds({"a": {"$elemMatch": filter}}, {"a": [document]})
