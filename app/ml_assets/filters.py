"""What people write into list filters, taken apart: `r2>0.4`, `algorithm=Ridge`, `-metrics.r2`. Pure."""

import math
import re
from dataclasses import dataclass

from app.core.errors import FieldError, Invalid

# the comparison is looked for from the right, since names may hold blanks, slashes and signs of their own
_METRIC = re.compile(r"(?P<name>.*[^<>=])(?P<sign>>=|<=|>|<|=)(?P<number>[^<>=]+)", re.DOTALL)
METRIC_SORT = "metrics."


@dataclass(frozen=True)
class Comparison:
    """`name sign number`."""

    name: str
    sign: str
    number: float


@dataclass(frozen=True)
class Order:
    """What a list is sorted by: `created`, `name`, or a metric."""

    by: str
    metric: str | None
    descending: bool


def metric(text: str) -> Comparison:
    """A comparison such as `r2>0.4`; raises Invalid."""
    match = _METRIC.fullmatch(text)
    try:
        number = float(match["number"]) if match else math.nan
    except ValueError:
        number = math.nan
    if match is None or math.isnan(number):
        raise _refusal("metric", "must read like r2>0.4, with one of > >= < <= = and a number")
    return Comparison(match["name"].strip(), match["sign"], number)


def pair(parameter: str, text: str) -> tuple[str, str]:
    """`key=value`; raises Invalid."""
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise _refusal(parameter, "must read like key=value")
    return key, value


def order(text: str, *, metrics: bool) -> Order:
    """`created`, `name` or `metrics.NAME`, perhaps with a leading minus; raises Invalid."""
    by = text.removeprefix("-")
    descending = text.startswith("-")
    if metrics and by.startswith(METRIC_SORT) and by != METRIC_SORT:
        return Order("metric", by.removeprefix(METRIC_SORT), descending)
    if by not in ("created", "name"):
        choices = "created, name or metrics.NAME" if metrics else "created or name"
        raise _refusal("sort", f"must be {choices}, with a leading minus for the reverse")
    return Order(by, None, descending)


def _refusal(parameter: str, detail: str) -> Invalid:
    return Invalid(f"{parameter} {detail}.", errors=[FieldError(f"/{parameter}", detail)])
