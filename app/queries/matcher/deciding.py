"""Whether a filter holds for a document."""

from collections.abc import Callable, Mapping
from typing import Any

from app.queries.budget import Budget
from app.queries.expressions.evaluation import evaluate, truthy
from app.queries.filters.nodes import All, And, ElemMatchObject, ElemMatchValue, Expr, Filter, Not, Or, Size
from app.queries.matcher.paths import reach
from app.queries.matcher.predicates import PREDICATES, are_all_among


def matches(filter: Filter, document: Mapping[str, Any], budget: Budget | None = None) -> bool:
    """Whether MongoDB 6.0 to 8.x would find the document, a value of plain dicts and lists, by this filter.

    Regular expressions share the seconds of `budget`, one per request; without one each call has its own. Raises
    FilterTooCostly when they do not suffice, and FilterRefused where $expr meets a value that its operator cannot take.
    """
    budget = budget or Budget()
    budget.begin()
    return _holds(filter, document, budget)


def _holds(term: Filter, document: Any, budget: Budget) -> bool:
    decide = _TERMS.get(type(term), _leaf)
    return decide(term, document, budget)


def _and(term: And, document: Any, budget: Budget) -> bool:
    return all(_holds(one, document, budget) for one in term.terms)


def _or(term: Or, document: Any, budget: Budget) -> bool:
    return any(_holds(one, document, budget) for one in term.terms)


def _not(term: Not, document: Any, budget: Budget) -> bool:
    return not _holds(term.term, document, budget)


def _expr(term: Expr, document: Any, budget: Budget) -> bool:
    return truthy(evaluate(term.expression, document))


def _leaf(term: Any, document: Any, budget: Budget) -> bool:
    test = PREDICATES[type(term)]
    if not term.path:  # inside $elemMatch over values: the value itself, and its elements are not entered
        return test(term, document, budget)
    values = reach(document, term.path, budget, expand=type(term) is not Size)
    return any(test(term, value, budget) for value in values)


def _all(term: All, document: Any, budget: Budget) -> bool:
    return are_all_among(term, reach(document, term.path, budget, expand=True) if term.path else [document])


def _elem_match_object(term: ElemMatchObject, document: Any, budget: Budget) -> bool:
    return any(
        _holds(term.filter, element if type(element) is dict else _numbered(element), budget)
        for array in _arrays(term, document, budget)
        for element in array
        if type(element) in (dict, list)
    )


def _elem_match_value(term: ElemMatchValue, document: Any, budget: Budget) -> bool:
    return any(_holds(term.filter, element, budget) for array in _arrays(term, document, budget) for element in array)


def _arrays(term: ElemMatchObject | ElemMatchValue, document: Any, budget: Budget) -> list[list[Any]]:
    values = reach(document, term.path, budget, expand=False) if term.path else [document]
    arrays = [value for value in values if type(value) is list]
    budget.spend(sum(map(len, arrays)))
    return arrays


def _numbered(array: list[Any]) -> dict[str, Any]:
    """An array as $elemMatch sees one inside an array: an object with positions as keys."""
    return {str(position): element for position, element in enumerate(array)}


_TERMS: dict[type, Callable[[Any, Any, Budget], bool]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Expr: _expr,
    All: _all,
    ElemMatchObject: _elem_match_object,
    ElemMatchValue: _elem_match_value,
}
