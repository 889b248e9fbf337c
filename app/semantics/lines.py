"""Descriptions as they are stored: lines of N-Triples, and which other things of ours a line names. Pure.

Stored lines have a mark in place of the thing's own IRI, which stands in them about twice a line: so they are half as long,
and survive a change of the service's address. N-Triples never hold that mark, since control characters are escaped there.
"""

import re
from collections.abc import Iterator, Mapping

OWN, HERE = "\x01", "\x02"  # the thing itself; the address of this service
# people are no things: every answer names them to whoever sees the thing
_THING = re.compile(r"<\x02/id/(?!user/)[a-z_]{1,32}/([0-9a-f]{64})(?=[#>])")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def stored(text: str, about: str, base: str) -> str:
    """Lines about the thing `about` in the form that is kept."""
    return text.replace(f"<{about}", f"<{OWN}").replace(f"<{base}/id/", f"<{HERE}/id/")


def whole(text: str, about: str, base: str) -> str:
    """Kept lines as N-Triples."""
    return text.replace(OWN, about).replace(HERE, base)


def each(text: str) -> Iterator[str]:
    """The lines, each with its newline; other separators of lines, such as U+2028, may stand in a literal."""
    return (f"{line}\n" for line in text.split("\n") if line)


def merged(*texts: str) -> str:
    """All lines of these texts, each once, sorted."""
    return "".join(sorted({line for text in texts for line in each(text)}))


def named_in(text: str) -> set[str]:
    """The ids of the other things that kept lines name by their IRIs; what stands in a literal is text."""
    return set(_THING.findall(_LITERAL.sub('""', text))) if HERE in text else set()


def by_reach(text: str, own: int, reach: Mapping[str, int]) -> dict[int, str]:
    """Kept lines by how far they may be shown: as far as the thing itself and everything that they name.

    `own` says it of the thing and `reach` of each other one; what it does not know may be shown to nobody, 0.
    """
    if HERE not in text:
        return {own: text}
    parts: dict[int, list[str]] = {}
    for line in each(text):
        far = min([own, *(reach.get(thing, 0) for thing in named_in(line))])
        parts.setdefault(far, []).append(line)
    return {far: "".join(lines) for far, lines in parts.items()}
