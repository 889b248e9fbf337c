"""`$expr`: aggregation expressions, with their own rules for types, missing fields and arrays."""

from typing import Any

import pytest

from app.queries.filters import FilterRefused, parse
from app.queries.matcher import matches

DOCUMENT: Any = {"n": 7, "neg": -7, "f": 2.5, "s": "x", "no": None, "a": [1, 2, 3], "os": [{"k": 1}, 5, {"k": 2}, {}]}


def value_is(expression: Any, wanted: Any) -> bool:
    return matches(parse({"$expr": {"$eq": [expression, {"$literal": wanted}]}}), DOCUMENT)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("$os.k", [1, 2]),
        ("$a.0", []),
        ("$$ROOT.n", 7),
        ("$$CURRENT.f", 2.5),
        ({"$add": ["$n", "$f"]}, 9.5),
        ({"$add": ["$n", None]}, None),
        ({"$add": []}, 0),
        ({"$subtract": ["$n", "$missing"]}, None),
        ({"$multiply": ["$n", 2, "$f"]}, 35),
        ({"$divide": ["$n", 2]}, 3.5),
        ({"$mod": ["$neg", 4]}, -3),
        ({"$mod": ["$f", 2]}, 0.5),
        ({"$abs": "$neg"}, 7),
        ({"$ceil": "$f"}, 3),
        ({"$floor": ["$f"]}, 2),
        ({"$type": {"$floor": "$f"}}, "double"),
        ({"$type": "$missing"}, "missing"),
        ({"$type": [["$n"]]}, "array"),
        ({"$isArray": "$a"}, True),
        ({"$size": "$a"}, 3),
        ({"$arrayElemAt": ["$a", -1]}, 3),
        ({"$type": {"$arrayElemAt": ["$a", 9]}}, "missing"),
        ({"$in": [2, "$a"]}, True),
        ({"$cond": {"if": {"$gt": ["$n", 5]}, "then": "big", "else": "small"}}, "big"),
        ({"$ifNull": ["$no", "$missing", 5]}, 5),
        ({"$cmp": ["$n", "$s"]}, -1),
        ({"$and": []}, True),
        ({"$or": [0, None, "$missing"]}, False),
        ({"x": "$n", "y": "$missing"}, {"x": 7}),
        (["$n", "$missing"], [7, None]),
        ({"$literal": "$n"}, "$n"),
        ({"$add": [2**63 - 1, 1]}, float(2**63)),
    ],
)
def test_an_expression_has_the_value_that_the_manual_says(expression: Any, wanted: Any) -> None:
    assert value_is(expression, wanted)
    assert not value_is(expression, ["another", wanted])


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"$lt": ["$missing", None]}, True),
        ({"$lt": [None, "$neg"]}, True),
        ({"$lt": ["$n", "$s"]}, True),
        ({"$lt": ["$s", "$os"]}, True),
        ({"$lt": ["$a", True]}, True),
        ({"$gt": ["$a", 1000]}, True),
        ({"$eq": ["$a", 1]}, False),
        ("$missing", False),
        ("$s", True),
        (0.0, False),
    ],
)
def test_values_of_all_types_have_one_order(expression: Any, wanted: bool) -> None:
    assert matches(parse({"$expr": expression}), DOCUMENT) is wanted


@pytest.mark.parametrize(
    "expression",
    [
        "$",
        "$a..b",
        "$a.",
        "$a.$b",
        "$$NOW",
        "$$REMOVE.a",
        {"$nosuch": 1},
        {"$eq": [1]},
        {"$eq": 1},
        {"$not": []},
        {"$cond": {"if": 1, "then": 2}},
        {"$gt": [1, 2], "$lt": [1, 2]},
        {"a.b": 1},
        {"a": 1, "$b": 2},
        {"$add": ["$n", {"$divide": [1, 0]}]},
        {"$add": [1, "x"]},
        {"$in": [1, 2]},
    ],
)
def test_a_wrong_expression_is_refused_before_any_document_is_seen(expression: Any) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse({"$or": [{"a": 1}, {"$expr": expression}]})
    assert refused.value.errors[0].pointer.startswith("/$or/1/$expr")


@pytest.mark.parametrize(
    ("expression", "operator"),
    [
        ({"$add": ["$n", "$s"]}, "$add"),
        ({"$abs": "$a"}, "$abs"),
        ({"$divide": ["$n", {"$subtract": ["$n", 7]}]}, "$divide"),
        ({"$mod": ["$n", {"$subtract": ["$n", 7]}]}, "$mod"),
        ({"$size": "$missing"}, "$size"),
        ({"$in": [1, "$n"]}, "$in"),
        ({"$arrayElemAt": ["$n", 0]}, "$arrayElemAt"),
        ({"$arrayElemAt": ["$a", "$f"]}, "$arrayElemAt"),
    ],
)
def test_a_value_that_an_operator_cannot_take_fails_the_query(expression: Any, operator: str) -> None:
    wanted = parse({"$expr": expression})
    with pytest.raises(FilterRefused) as refused:
        matches(wanted, DOCUMENT)
    assert refused.value.detail.startswith(operator)
    assert refused.value.errors[0].pointer == f"/$expr/{operator}"
    assert not matches(parse({"$expr": {"$cond": [{"$isArray": "$s"}, expression, False]}}), DOCUMENT)
