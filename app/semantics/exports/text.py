"""Foreign text made harmless: without what no document can carry, and escaped for Markdown."""

import re
from collections.abc import Iterable, Sequence

# controls but tab and line feed, halves of surrogate pairs, and what is no character at all
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_SPECIAL = re.compile(r"([\\`*_\[\]|~!#$])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LINE_START = re.compile(r"^([-+=])|^(\d{1,9})([.)])")


def clean(text: str) -> str:
    """The text with one replacement character for each character that cannot stand in JSON, YAML and XML alike."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(clean(text).split())


def inline(text: str) -> str:
    """The text as Markdown that shows it letter by letter, on one line: no markup, no HTML, no cell border."""
    escaped = _SPECIAL.sub(r"\\\1", line(text))
    return escaped.translate(_ENTITIES)


def prose(text: str) -> str:
    """The text as paragraphs of Markdown; no line of it becomes a heading, a list, a table, code or HTML."""
    paragraphs = re.split(r"\n\s*\n", clean(text).strip())
    return "\n\n".join("\n".join(_guarded(one) for one in paragraph.splitlines()) for paragraph in paragraphs)


def _guarded(text: str) -> str:
    return _LINE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", inline(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def link(text: str, address: str) -> str:
    """A link with foreign text and an address of ours."""
    return f"[{inline(text)}]({address})"
