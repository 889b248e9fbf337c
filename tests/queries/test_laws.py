"""Laws that hold for every filter and document, and that nothing but a refusal comes of any JSON."""

from typing import Any

import hypothesis
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.queries.filters import FilterRefused, parse
from app.queries.filters.operands import TYPES
from app.queries.filters.reading import FIELD, PATHLESS, UNSUPPORTED
from app.queries.matcher import matches
from app.queries.values import compare, equal, key
from tests.conftest import HEAVY
from tests.queries.random_filters import Maker

COUNT = 5_000 if HEAVY else 300
laws = settings(max_examples=COUNT, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
makers = st.integers(0, 2**32).map(Maker)

numbers = st.integers(-(2**63), 2**63 - 1) | st.floats() | st.integers(-3, 3) | st.sampled_from((2**53, 2.0**53))
scalars = st.none() | st.booleans() | numbers | st.text(max_size=3) | st.sampled_from(sorted(TYPES.values()))
values = st.recursive(scalars, lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=2), some))
operators = [
    *FIELD,
    *PATHLESS,
    *UNSUPPORTED,
    "$not",
    "$all",
    "$elemMatch",
    "$regex",
    "$options",
    "$add",
    "$cond",
    "$in",
]
names = st.sampled_from([*operators, "a", "b", "a.b", "0", "$", "", "a.0", "$$ROOT"])
texts = st.sampled_from(["$a", "$$ROOT.b", "^(a+)+$", "(", "im", "(*UCP)a", "$a..", "string"])
wild = st.recursive(
    scalars | texts, lambda some: st.lists(some, max_size=3) | st.dictionaries(names, some, max_size=3), max_leaves=12
)
documents = st.dictionaries(st.sampled_from(["a", "b", "0", "c"]), values, max_size=3)


def holds(filter: Any, document: Any) -> bool:
    return matches(parse(filter), document)


@laws
@given(makers)
def test_nor_is_the_negation_of_or_and_and_of_its_terms(maker: Maker) -> None:
    (one, document), other = maker.pair(), maker.filter(2)
    neither = holds({"$nor": [one, other]}, document)
    assert neither is not holds({"$or": [one, other]}, document)
    assert neither is holds({"$and": [{"$nor": [one]}, {"$nor": [other]}]}, document)
    assert holds({"$and": [one, other]}, document) is not holds({"$or": [{"$nor": [one]}, {"$nor": [other]}]}, document)


@laws
@given(makers)
def test_not_is_nor_at_one_field(maker: Maker) -> None:
    path, operator, document = maker.path(), maker.operator(1), maker.document(3)
    assert holds({path: {"$not": operator}}, document) is holds({"$nor": [{path: operator}]}, document)
    assert holds({path: {"$not": {"$not": operator}}}, document) is holds({path: operator}, document)


@laws
@given(makers)
def test_lists_are_many_equalities(maker: Maker) -> None:
    path, members, document = maker.path(), [maker.value(2) for _ in range(3)], maker.document(3)
    each = [{path: {"$eq": member}} for member in members]
    assert holds({path: {"$in": members}}, document) is holds({"$or": each}, document)
    assert holds({path: {"$nin": members}}, document) is holds({"$nor": each}, document)
    assert holds({path: {"$all": members}}, document) is holds({"$and": each}, document)


@laws
@given(makers)
def test_ranges_with_equality_are_the_two_together(maker: Maker) -> None:
    path, value, document = maker.path(), maker.value(2), maker.document(3)
    for strict, loose in (("$gt", "$gte"), ("$lt", "$lte")):
        either = {"$or": [{path: {strict: value}}, {path: {"$eq": value}}]}
        assert holds({path: {loose: value}}, document) is holds(either, document)


@laws
@given(makers)
def test_existence_is_what_has_a_type(maker: Maker) -> None:
    path, document = maker.path(), maker.document(3)
    typed = {path: {"$type": ["number", "string", "object", "array", "bool", "null"]}}
    assert holds({path: {"$exists": True}}, document) is holds(typed, document)


@laws
@given(values, values, values)
def test_the_order_of_values_is_one_order(one: Any, two: Any, three: Any) -> None:
    assert (compare(one, two) == 0) is equal(one, two) is (key(one) == key(two))
    assert compare(one, one) == 0
    assert (compare(one, two) > 0) is (compare(two, one) < 0)
    low, middle, high = sorted((one, two, three), key=_ordered)
    assert compare(low, middle) <= 0 and compare(middle, high) <= 0 and compare(low, high) <= 0


class _ordered:  # noqa: N801 - a key for sorted, which asks `<` only
    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_ordered") -> bool:
        return compare(self.value, other.value) < 0


@laws
@given(values, documents)
def test_a_value_is_found_by_itself(value: Any, document: Any) -> None:
    assert holds({"v": {"$eq": value}}, {**document, "v": value})
    assert holds({"v": {"$in": [value]}}, {"v": value}) if not _looks_like_operators(value) else True


def _looks_like_operators(value: Any) -> bool:
    return isinstance(value, dict) and next(iter(value), "").startswith("$")


@laws
@given(st.dictionaries(names, wild, max_size=3) | wild, documents)
def test_nothing_but_a_refusal_comes_of_any_json(filter: Any, document: Any) -> None:
    refused = None
    try:
        assert matches(parse(filter), document) is matches(parse(filter), document)
    except Invalid as error:
        refused = error
    assert refused is None or (isinstance(refused, FilterRefused) and refused.status == 400 and refused.errors)
