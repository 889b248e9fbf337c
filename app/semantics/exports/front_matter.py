"""YAML for the front matter of a Markdown page, of values as JSON knows them. Pure.

Every text stands in double quotes on one line, with the escapes that JSON and YAML share, so that no text can end its
line, start a document or become a number. Numbers are written so that readers of YAML 1.1 take them for numbers.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.semantics.exports.text import clean

_BREAKS = re.compile("[\u2028\u2029]")  # ends of a line for YAML, but not for JSON


def front_matter(values: Mapping[str, Any]) -> str:
    """The block with its two borders; keys are ours, plain words. An empty list is left out."""
    return "\n".join(["---", *_entries(values, ""), "---"])


def _entries(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{key}:"
            yield from _entries(value, f"{indent}  ")
        elif isinstance(value, list) and value:
            yield f"{indent}{key}:"
            yield from _items(value, indent)
        elif not isinstance(value, Mapping | list):
            yield f"{indent}{key}: {scalar(value)}"


def _items(values: list[Any], indent: str) -> Iterator[str]:
    for value in values:
        if not isinstance(value, Mapping):
            yield f"{indent}- {scalar(value)}"
            continue
        first, *rest = _entries(value, f"{indent}  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def scalar(value: Any) -> str:
    """One value on one line; NaN and the infinities become texts."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        mantissa, sign, exponent = repr(value).partition("e")
        return f"{mantissa}{'' if '.' in mantissa or not sign else '.0'}{sign}{exponent}"
    text = json.dumps(clean(str(value)), ensure_ascii=False)
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
