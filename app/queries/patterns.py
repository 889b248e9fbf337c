"""Regular expressions of users: PCRE2 as MongoDB sets it up, within bounds of time and memory.

Source: MongoDB manual, "$regex". Text is UTF-8, while classes such as `\\w` know ASCII only, unless the pattern begins with
`(*UCP)`. Other settings at the start of a pattern are refused, since they could lift the limits that are set here.

PCRE2 counts steps anew for every position where a match may start, a step may look at the whole text, and Python waits
meanwhile. So a text is first searched with few steps for each position. Where these do not suffice, there are more, and a
check is called before each position; where these do not suffice for a long text, a check is called before each item of the
pattern. A call costs some microseconds.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pcre2 import _cy as library

from app.queries.refusals import Place

MAX_PATTERN = 32_764  # bytes, as MongoDB
MAX_STEPS = 100_000  # at one position
MEMORY_KIB = 65_536
LETTERS = {"i": "CASELESS", "m": "MULTILINE", "s": "DOTALL", "x": "EXTENDED"}
Exhausted = library.LibraryError  # a search met its limit of steps or memory
Check = Callable[[object], None]

# the two harmless settings of the PCRE2 manual, "Special start-of-pattern items"
_SETTINGS = re.compile(r"(?:\(\*(?:UTF|UCP)\))*")
# what the Python package adds to every pattern, and MongoDB does not: \x and \u as in JavaScript, and Unicode classes
_ALT_BSUX = 0x2
_AUTO_CALLOUT = 0x4
_AT_ONCE = 50_000_000  # characters looked at without a check: about 0.1 s


def check(pattern: str, options: str, place: Place) -> None:
    """Raises FilterRefused, which says what is wrong with a pattern."""
    if "\0" in pattern:
        raise place.refusal("$regex must not contain NUL; write \\x00 for it.")
    if len(pattern.encode("utf-8", "replace")) > MAX_PATTERN:
        raise place.refusal(f"$regex is longer than {MAX_PATTERN:,} bytes; shorten it.")
    if pattern[_settings(pattern) :].startswith("(*"):
        raise place.refusal("$regex must not begin with (*...), but for (*UTF) and (*UCP); leave it out.")
    try:
        _compile(pattern, options, MAX_STEPS)
    except UnicodeEncodeError as error:
        raise place.refusal("$regex contains half of a surrogate pair; write the whole character.") from error
    except library.LibraryError as error:
        raise place.refusal(f"$regex is no PCRE2 pattern: {error.msg.rpartition('; ')[2]}.") from error


def search(pattern: str, options: str, text: str, check: Check) -> bool:
    """Whether the pattern occurs in the text; raises Exhausted, and what `check` raises."""
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()  # half surrogates have no UTF-8
    length = max(len(text), 1)
    tries = [
        (min(_AT_ONCE // length**2, MAX_STEPS), "", 0),
        (min(max(_AT_ONCE // length, 1), MAX_STEPS), "(?C)", 0),
        (MAX_STEPS, "", _AUTO_CALLOUT),
    ]
    for steps, marker, flags in tries:
        try:
            if steps:
                context = library.create_match_context(check if marker or flags else None)
                code = _compile(pattern, options, _rounded(steps), marker, flags)
                return library.match(code, text, len(text), 0, context)[0] is not None
        except Exhausted:
            if steps == MAX_STEPS:
                raise
    raise AssertionError("the last try has all steps")


def _rounded(steps: int) -> int:
    """The next lower power of two, so that few variants of a pattern are compiled."""
    return steps if steps == MAX_STEPS else 1 << (steps.bit_length() - 1)


def _settings(pattern: str) -> int:
    return _SETTINGS.match(pattern).end()  # type: ignore[union-attr]  # it matches the empty text, too


@lru_cache(maxsize=256)
def _compile(pattern: str, options: str, steps: int, marker: str = "", more: int = 0) -> Any:
    """The compiled pattern; a `marker` stands before the first item, where each try to match begins."""
    end = _settings(pattern)
    whole = f"(*LIMIT_MATCH={steps})(*LIMIT_HEAP={MEMORY_KIB}){pattern[:end]}{marker}{pattern[end:]}"
    flags = more + sum(int(library.CompileOption[LETTERS[letter]]) for letter in options)
    # the public `compile` of the package cannot switch these two off
    return library.compile(whole, flags, _ALT_BSUX | int(library.CompileOption.UCP))
