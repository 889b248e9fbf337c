"""Regular expressions of users: PCRE2 with MongoDB's settings, and an end in time whatever they are."""

import time
from typing import Any

import pytest

from app.queries.filters import FilterRefused, FilterTooCostly, parse
from app.queries.matcher import Budget, matches


def holds(pattern: str, text: Any, options: str = "", budget: Budget | None = None) -> bool:
    return matches(parse({"a": {"$regex": pattern, "$options": options}}), {"a": text}, budget)


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        (r"^\w+$", "café", False),
        (r"(*UCP)^\w+$", "café", True),
        (r"(*UTF)(*UCP)^\w+$", "café", True),
        (r"^\x{e9}$", "é", True),
        (r"^caf.$", "café", True),
        (r"^.$", "\U0001f600", True),
        (r"\p{Greek}", "λ", True),
        (r"a\x00b", "a\0b", True),
        (r"x|^é", "é", True),
        (r"^(a|b)\1$", "bb", True),
        (r"(?<=a)b(?#c)", "ab", True),
        ("é", "\ud800é", True),
        ("a", 5, False),
        ("a", ["b", "a"], True),
    ],
)
def test_patterns_match_as_pcre2_does_for_mongodb(pattern: str, text: Any, wanted: bool) -> None:
    assert holds(pattern, text) is wanted


def test_options_are_letters_in_any_order() -> None:
    assert holds("^B c.d$", "a\nBC\nD", "xmsi")
    assert not holds("^B c.d$", "a\nBC\nD", "xmi")
    assert parse({"a": {"$options": "sxi", "$regex": "b"}}) == parse({"a": {"$regex": "b", "$options": "ixsu"}})


@pytest.mark.parametrize(
    "pattern",
    [
        "(*LIMIT_MATCH=4000000000)a",
        "(*UTF)(*LIMIT_HEAP=1)a",
        "(*NO_START_OPT)a",
        "(*ANY)a",
        "(a",
        "a)(b",
        "*a",
        r"\u0041",
        "a" * 40_000,
        "\ud800",
        "a\0",
    ],
)
def test_wrong_and_meddling_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse({"m.a": {"$not": {"$regex": pattern}}})
    assert refused.value.status == 400
    assert refused.value.errors[0].pointer == "/m.a/$not/$regex"


HOSTILE = [
    (r"^(a+)+$", "a" * 40 + "b"),
    (r"^(a+)+$", "a" * 50_000 + "b"),
    (r"(?:a|aa)+$", "a" * 3_000 + "b"),
    (r"(?=[^b]*+)[ac]d?d", "a" * 200_000 + "xd"),
    (r"foo.*bar", "foo " * 250_000 + "r"),
    (r"^(?:a?){500}a{500}$", "a" * 499),
    (r"(a*)*(b*)*(a*)*c", "ab" * 20_000 + "xxc"),
    (r"(?:(((a)))|(((a))))*(((((c)))))", "a" * 1_000_000 + "bc"),
    (r"(\w+\s?)+:$", "lorem ipsum " * 5_000),
    (r"(?:a|aa){16}[bc]", "a" * 3_000),  # many steps at each of many positions, and never too many at one
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE)
def test_hostile_patterns_end_in_time(pattern: str, text: str) -> None:
    started, refused = time.thread_time(), None
    try:
        assert holds(pattern, text) in (True, False)
    except FilterTooCostly as error:
        refused = error
    assert time.thread_time() - started < 2.5
    assert refused is None or (refused.status == 400 and "anchor the pattern" in refused.detail)


def test_the_hostile_patterns_would_not_end_by_themselves() -> None:
    with pytest.raises(FilterTooCostly):
        holds(*HOSTILE[0])
    with pytest.raises(FilterTooCostly):
        holds(*HOSTILE[3])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d{4}-\d\d", "lorem ipsum " * 50_000 + "2024-01"),
        ("needle", "x" * 1_000_000 + "needle"),
        (r"foo.*bar", "foo" + "r" * 40_000 + "bar"),
        (r"[a-z]+\s[a-z]+;", "lorem ipsum " * 1_000 + "a b;"),
    ],
)
def test_long_texts_are_searched(pattern: str, text: str) -> None:
    assert holds(pattern, text)


def test_the_documents_of_one_request_share_their_seconds() -> None:
    now = iter(range(1_000))
    budget = Budget(seconds=10, clock=lambda: next(now))
    with pytest.raises(FilterTooCostly, match="over 10 s"):
        for _ in range(20):
            assert holds("a", "a", budget=budget)
    assert budget.left <= 0
