"""The lexical grammar of SPARQL 1.1, read in all the ways in which parsers read it. Pure functions.

Three things are read differently by different parsers, all of them correct enough to run queries:

- `\\u0053` outside of strings and IRIs is a character of the query for some (SPARQL 1.1, section 19.2), an error for others.
- `<` opens an IRI wherever one can be matched for parsers that split the text into tokens first; parsers without that step
  (Oxigraph's) take it for less-than where an operator stands: `FILTER(1<2)SERVICE#>` hides a word from the former only.
- `ex:a.b.c` is one name by the grammar; Oxigraph ends it at the second dot.

`certain` gives the usual reading, `hidden` what all the others add to it, `resolved` the text without its escapes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_NAME = 2_000  # characters of a prefixed name
_LETTER = r"[^\W\d_]"  # wider than the letters of the grammar, so that nothing is split that a parser might join
_NAME = rf"{_LETTER}[\w\-.·]{{0,255}}+"  # bounded, so that a text without colons is read in linear time
_TOKEN = re.compile(
    r"""
    (?P<space>[\s\x00]+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
  | (?P<string>"{3}(?:"{0,2}(?:[^"\\]|\\.))*"{3}|'{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
      |"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?)
  | (?P<label>_:[\w\-.·]+)
  | (?P<name>(?:NAME)?:(?:(?!\.)(?:[\w\-.:·]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])+)?)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>(?:LETTER|_)\w*)
  | (?P<quote>["'])
  | (?P<mark>.)
    """.replace("NAME", _NAME).replace("LETTER", _LETTER),
    re.VERBOSE | re.DOTALL,
)
_TELLING_DOT = re.compile(r"\.(?=[\w\-]{0,40}service)", re.IGNORECASE)  # where it matters whether a name ends there
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class Token(NamedTuple):
    """One token: its kind, text and place."""

    kind: str
    text: str
    start: int
    end: int


class Unreadable(ValueError):
    """A string or an escape has no end or no meaning."""


def resolved(text: str) -> str:
    """The text with its codepoint escapes replaced, everywhere; raises Unreadable for what is no codepoint."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        if number > 0x10FFFF:
            raise Unreadable(f"{match[0]} is no character")
        return chr(number)

    return _ESCAPE.sub(character, text)


def significant(text: str, start: int) -> Token | None:
    """The first token from `start` on that is neither space nor comment; None at the end of the text."""
    while match := _TOKEN.match(text, start):
        if match.lastgroup not in ("space", "comment"):
            return _token(match)
        start = match.end()
    return None


def certain(text: str) -> Iterator[Token]:
    """The tokens of the usual reading; raises Unreadable at a string that has no end."""
    start = 0
    while token := significant(text, start):
        if token.kind == "quote":
            raise Unreadable(f"the string that opens at character {token.start + 1} has no end")
        yield token
        start = token.end


def hidden(text: str, usual: Sequence[Token]) -> Iterator[Token]:
    """The tokens that only other readings have: where some `<` is less-than, or a name ends at one of its dots.

    `usual` are the tokens of the usual reading. Each place is visited once, whatever leads there.
    """
    seen = {token.start for token in usual}
    ahead = [place for token in usual for place in _forks(token)]
    while ahead:
        place = ahead.pop()
        token = significant(text, place) if place not in seen else None
        if token is None or token.start in seen:
            continue
        seen.add(token.start)
        if token.kind == "quote":  # no parser gets past it
            continue
        yield token
        ahead.append(token.end)
        ahead += _forks(token)


def _forks(token: Token) -> list[int]:
    """Where else the text could go on than at the end of the token."""
    if token.kind == "iri":
        return [token.start + 1]
    if token.kind in ("name", "label") and "." in token.text:
        return [token.start + dot.end() for dot in _TELLING_DOT.finditer(token.text)]
    return []


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match[0]
    if kind in ("name", "label") and text.endswith("."):  # dots at the end are no part of a name, unless escaped
        shorter = text.rstrip(".")
        text = shorter + "." if shorter.endswith("\\") else shorter
    if kind in ("name", "label") and len(text) > MAX_NAME:
        raise Unreadable(f"the name at character {match.start() + 1} is longer than {MAX_NAME:,} characters")
    return Token(kind, text, match.start(), match.start() + len(text))
