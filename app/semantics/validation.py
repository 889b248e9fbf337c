"""Whether a description says what it must, by shapes of our own in SHACL. Pure, and offline: no import is followed.

The shapes stand in `shapes/`; they are not those of MLDCAT-AP 3.1.0 but ask for the same minimum, in words that tell what
to do. Rules that SHACL has no target for are checked here: every subject has a type and a name, every literal is of its
datatype. What does the work stands in `shapes/checking.py`.
"""

from dataclasses import dataclass
from importlib import import_module

VIOLATION = "Violation"


@dataclass(frozen=True, order=True)
class Result:
    """One finding: the node, the property if it is about one, what is wrong and what to do, how grave, and the value."""

    focus_node: str
    path: str | None
    message: str
    severity: str
    value: str | None


@dataclass(frozen=True)
class Report:
    """All findings in order; the description conforms when none of them is a violation."""

    conforms: bool
    results: tuple[Result, ...]


def validate(lines_text: str, about: str) -> Report:
    """Check the description of the thing `about`, as stored lines. Severities are Violation, Warning and Info."""
    checking = import_module("app.semantics.shapes.checking")
    ordered = tuple(sorted(checking.findings(lines_text, about), key=_order))
    return Report(all(result.severity != VIOLATION for result in ordered), ordered)


def _order(result: Result) -> tuple[str, ...]:
    """Grave findings first, then by node and property."""
    gravity = "0" if result.severity == VIOLATION else "1"
    return (gravity, result.severity, result.focus_node, result.path or "", result.message, result.value or "")
