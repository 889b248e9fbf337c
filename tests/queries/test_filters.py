"""Reading filters: what is refused, where it stands, and what comes out."""

from typing import Any

import pytest

from app.queries.filters import And, Compare, FilterRefused, Mod, Not, Or, Size, parse
from app.queries.refusals import MAX_TERMS

REFUSED = [
    ([], ""),
    (None, ""),
    ("x", ""),
    ({"$and": []}, "/$and"),
    ({"$or": {}}, "/$or"),
    ({"$nor": [1]}, "/$nor/0"),
    ({"$or": [{"a": 1}, {"b": {"$in": 5}}]}, "/$or/1/b/$in"),
    ({"v": {"$gt": 3, "a": 1}}, "/v/a"),
    ({"v": {"$in": 5}}, "/v/$in"),
    ({"v": {"$in": [1, {"$gt": 1}]}}, "/v/$in/1"),
    ({"v": {"$not": {}}}, "/v/$not"),
    ({"v": {"$not": 5}}, "/v/$not"),
    ({"v": {"$type": "nosuch"}}, "/v/$type"),
    ({"v": {"$type": 20}}, "/v/$type"),
    ({"v": {"$type": [1, []]}}, "/v/$type"),
    ({"v": {"$mod": [4]}}, "/v/$mod"),
    ({"v": {"$mod": [2**64, 0]}}, "/v/$mod"),
    ({"v": {"$mod": [4, float("nan")]}}, "/v/$mod"),
    ({"v": {"$size": -1}}, "/v/$size"),
    ({"v": {"$size": 2**31}}, "/v/$size"),
    ({"v": {"$all": 1}}, "/v/$all"),
    ({"v": {"$all": [{"$gt": 1}]}}, "/v/$all/0"),
    ({"v": {"$all": [{"$elemMatch": {"$gt": 1}}, 5]}}, "/v/$all/1"),
    ({"v": {"$elemMatch": [1]}}, "/v/$elemMatch"),
    ({"v": {"$elemMatch": {"$gt": 1, "b": 1}}}, "/v/$elemMatch/b"),
    ({"v": {"$elemMatch": {"$expr": True}}}, "/v/$elemMatch/$expr"),
    ({"v": {"$options": "i"}}, "/v/$options"),
    ({"v": {"$regex": "a", "$options": "g"}}, "/v/$options"),
    ({"v": {"$bitsAllSet": -1}}, "/v/$bitsAllSet"),
    ({"v": {"$bitsAllSet": 1.5}}, "/v/$bitsAllSet"),
    ({"v": {"$bitsAllSet": "AA=="}}, "/v/$bitsAllSet"),
    ({"v": {"$bitsAnyClear": [1, -1]}}, "/v/$bitsAnyClear/1"),
    ({"v": {"$bitsAnyClear": [2**31]}}, "/v/$bitsAnyClear/0"),
    ({"v": 2**63}, "/v"),
    ({"v": {"w": [0, 2**63]}}, "/v/w/1"),
    ({"v": b"x"}, "/v"),
    ({"v": {1: 2}}, "/v"),
    ({"a/b~": {"$nosuch": 1}}, "/a~1b~0/$nosuch"),
    ({"$nosuch": 1}, "/$nosuch"),
    ({"v": {"$and": [{"a": 1}]}}, "/v/$and"),
]


@pytest.mark.parametrize(("filter", "pointer"), REFUSED)
def test_a_wrong_filter_is_refused_with_its_place(filter: Any, pointer: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse(filter)
    assert refused.value.status == 400
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert refused.value.detail


@pytest.mark.parametrize(
    "filter",
    [
        {"$where": "true"},
        {"$text": {"$search": "x"}},
        {"a": {"$near": [0, 0]}},
        {"a": {"$geoWithin": {}}},
        {"a": {"$not": {"$geoIntersects": {}}}},
        {"$jsonSchema": {}},
        {"$or": [{"$where": "1"}]},
        {"$expr": {"$function": {"body": "", "args": [], "lang": "js"}}},
        {"$expr": {"$eq": [{"$accumulator": {}}, 1]}},
    ],
)
def test_what_is_not_supported_is_named_with_a_remedy(filter: Any) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse(filter)
    operator = refused.value.errors[0].pointer.rpartition("/")[2]
    assert refused.value.detail.startswith(f"{operator} is not supported")
    assert ":" in refused.value.detail


def nested(levels: int, wrap: Any) -> Any:
    filter: Any = {"a": 1}
    for _ in range(levels):
        filter = wrap(filter)
    return filter


@pytest.mark.parametrize(
    "wrap",
    [
        lambda filter: {"$and": [filter]},
        lambda filter: {"$nor": [filter]},
        lambda filter: {"a": {"$elemMatch": filter}},
        lambda filter: {"a": {"$not": {"$elemMatch": filter}}},
        lambda value: {"a": {"b": value}},
        lambda value: {"$expr": {"$not": [value]}},
        lambda value: {"$expr": [value]},
    ],
)
def test_deep_filters_are_refused(wrap: Any) -> None:
    parse(nested(1, wrap)) if "$expr" not in str(wrap({})) else None
    for levels in (101, 5_000):
        with pytest.raises(FilterRefused):
            parse(nested(levels, wrap))


@pytest.mark.parametrize(
    "many",
    [
        lambda n: {"a": {"$in": list(range(n))}},
        lambda n: {"a": {"$all": list(range(n))}},
        lambda n: {"$or": [{} for _ in range(n)]},
        lambda n: {f"f{i}": 1 for i in range(n)},
        lambda n: {"a": {"$type": ["int"] * n}},
        lambda n: {"a": {"$bitsAllSet": [1] * n}},
        lambda n: {"$expr": {"$add": [1] * (n - 1)}},
    ],
)
def test_ten_thousand_terms_are_the_most(many: Any) -> None:
    parse(many(MAX_TERMS))
    with pytest.raises(FilterRefused, match="10,000"):
        parse(many(MAX_TERMS + 1))


def test_terms_are_plain_values_that_can_be_walked() -> None:
    term = parse({"a.b": {"$ne": 1, "$size": 2.0}, "$or": [{"c": {"$mod": [4.9, -0.5]}}, {"d": {"$all": []}}]})
    assert term == And(
        (
            And((Not(Compare(("a", "b"), "$eq", 1)), Size(("a", "b"), 2))),
            Or((Mod(("c",), 4, 0), Or(()))),
        )
    )


def test_a_filter_does_not_change_with_the_body_that_it_was_read_from() -> None:
    body: Any = {"a": {"b": [1]}}
    term = parse(body)
    body["a"]["b"].append(2)
    assert term == Compare(("a",), "$eq", {"b": [1]})
