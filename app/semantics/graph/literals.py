"""Values as typed literals, with one spelling for each."""

import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any

from pyoxigraph import Literal

from app.core.clock import rfc3339
from app.semantics.vocabulary import XSD

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # what fits into 64 bit; "007" is a text
DOUBLE = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")
SPECIAL = {"nan": "NaN", "NaN": "NaN", "inf": "INF", "INF": "INF", "Infinity": "INF"}
SPECIAL |= {"-" + name: "-" + value for name, value in SPECIAL.items() if value == "INF"}
BOOLEAN = {"true": "true", "True": "true", "false": "false", "False": "false"}
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONE = re.compile("[\ud800-\udfff]")


def clean(value: str) -> str:
    """The text without lone surrogates, which no encoding can hold."""
    return LONE.sub("\ufffd", value)


def text(value: Any) -> Literal:
    """A plain string; what is no text is written as JSON with sorted keys."""
    return Literal(clean(value if isinstance(value, str) else compact(value)))


def compact(value: Any) -> str:
    """JSON in one definite spelling."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def parameter(value: Any) -> Literal:
    """A value that came as text: integer, double or boolean when it is exactly that, else a string.

    The words that Python writes for them (`True`, `nan`, `inf`) count; numbers with leading zeros are texts.
    """
    if not isinstance(value, str):
        return scalar(value)
    if INTEGER.fullmatch(value):
        return Literal(value, datatype=XSD.integer)
    if DOUBLE.fullmatch(value) and not re.match("-?0[0-9]", value) and not value.lstrip("-").isdigit():
        return Literal(value, datatype=XSD.double)
    if value in SPECIAL:
        return Literal(SPECIAL[value], datatype=XSD.double)
    return Literal(BOOLEAN[value], datatype=XSD.boolean) if value in BOOLEAN else text(value)


def scalar(value: Any) -> Literal:
    """A value of JSON: booleans and numbers by their types, anything else as text."""
    if isinstance(value, bool):
        return boolean(value)
    if fits(value):
        return integer(value)
    return double(value) if isinstance(value, float) else text(value)


def fits(value: Any) -> bool:
    """Whether it is a whole number of 64 bit."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def boolean(value: bool) -> Literal:
    """xsd:boolean."""
    return Literal("true" if value else "false", datatype=XSD.boolean)


def integer(value: int) -> Literal:
    """xsd:integer."""
    return Literal(str(value), datatype=XSD.integer)


def double(value: float) -> Literal:
    """xsd:double, with XSD's words for the numbers that are none."""
    if math.isfinite(value):
        return Literal(repr(float(value)), datatype=XSD.double)
    return Literal("NaN" if math.isnan(value) else "INF" if value > 0 else "-INF", datatype=XSD.double)


def metric(value: Any) -> Literal:
    """A metric: a number, or one of the words `NaN`, `Infinity`, `-Infinity`."""
    if isinstance(value, str):
        return Literal(SPECIAL[value], datatype=XSD.double) if value in SPECIAL else text(value)
    return double(value) if isinstance(value, float) or fits(value) else text(value)


def moment(value: Any) -> Literal | None:
    """xsd:dateTime from a datetime or a text that is one, in UTC; xsd:date from a day; None when it is neither.

    A datetime without a zone is one in UTC, as the database gives it; a text without a zone stays without.
    """
    if isinstance(value, datetime):
        return Literal(_utc(value if value.tzinfo else value.replace(tzinfo=UTC)), datatype=XSD.dateTime)
    if isinstance(value, date):
        return Literal(value.isoformat(), datatype=XSD.date)
    try:
        return _parsed(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):  # the 31st of February; a moment before the year 1
        return None


def _parsed(value: str) -> Literal | None:
    if DAY.fullmatch(value):
        return Literal(date.fromisoformat(value).isoformat(), datatype=XSD.date)
    if not MOMENT.fullmatch(value):
        return None
    found = datetime.fromisoformat(value)
    return Literal(_utc(found) if found.tzinfo else found.isoformat(), datatype=XSD.dateTime)


def _utc(value: datetime) -> str:
    return rfc3339(value) or ""
