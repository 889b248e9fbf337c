"""Changes with the meaning of MongoDB's `$set`."""

import pytest

from app.core.errors import Invalid
from app.queries.setting import apply_set

DOCUMENT = {"a": {"b": 1, "c": [1, {"d": 2}]}, "n": None, "s": "x", "list": []}


@pytest.mark.parametrize(
    ("changes", "place", "value"),
    [
        ({"a": 5}, "a", 5),
        ({"a.b": 5}, "a", {"b": 5, "c": [1, {"d": 2}]}),
        ({"a.x.y": 5}, "a", {"b": 1, "c": [1, {"d": 2}], "x": {"y": 5}}),
        ({"a.c.0": 5}, "a", {"b": 1, "c": [5, {"d": 2}]}),
        ({"a.c.1.d": 5}, "a", {"b": 1, "c": [1, {"d": 5}]}),
        ({"a.c.3": 5}, "a", {"b": 1, "c": [1, {"d": 2}, None, 5]}),
        ({"list.1.x": 5}, "list", [None, {"x": 5}]),
        ({"new.0": 5}, "new", {"0": 5}),
        ({"a": {"$odd": 1}}, "a", {"$odd": 1}),
    ],
)
def test_what_is_set_stands_where_mongodb_puts_it(changes: dict, place: str, value: object) -> None:
    assert apply_set(DOCUMENT, changes) == {**DOCUMENT, place: value}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"s.x": 1}, "neither an object nor an array"),
        ({"n.x": 1}, "neither an object nor an array"),
        ({"a.b.x": 1}, "neither an object nor an array"),
        ({"a.c.x": 1}, "a place in an array is a number"),
        ({"a.c.01": 1}, "a place in an array is a number"),
        ({"a.c.\u0661": 1}, "a place in an array is a number"),
        ({"a.c.10001": 1}, "the largest is 10000"),
        ({"a.c.99999999999999999999": 1}, "the largest is 10000"),
        ({"a": 1, "a.b": 2}, "contradicts a"),
        ({"a.b.c.d": 2, "a.b": 1}, "contradicts a.b"),
        ({"": 1}, "empty name"),
        ({"a..b": 1}, "empty name"),
        ({"a.$b": 1}, "begins with \\$"),
        ({"$set": {}}, "begins with \\$"),
        ({".".join("a" * 101): 1}, "deeper than 100"),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(changes: dict, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        apply_set(DOCUMENT, changes)
    assert caught.value.errors[0].pointer.startswith("/")


def test_the_document_itself_and_the_given_values_stay_as_they_are() -> None:
    given = {"a.c": [{"z": 1}]}
    changed = apply_set(DOCUMENT, given)
    changed["a"]["c"][0]["z"] = 2
    assert DOCUMENT["a"]["c"] == [1, {"d": 2}]
    assert given == {"a.c": [{"z": 1}]}
