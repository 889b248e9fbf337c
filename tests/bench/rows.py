"""The rows of the table: what is compared with what, and what must come of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.statements import Count
from tests.bench.windows import Figures


@dataclass(frozen=True)
class Ratio:
    """Requests per second of a target of ours, as a multiple of another's."""

    id: str
    what: str
    ours: str
    against: str
    goal: float


RATIOS = (
    Ratio("P1", "read one model with a token", "get", "F2", 0.65),
    Ratio("P1b", "read one asset by its uri", "asset", "FA", 0.65),
    Ratio("P2", "read a page of 20 models", "page", "F3", 0.60),
    Ratio("P3", "register a model, against the same rows in raw SQL", "create", "F4", 0.65),
    Ratio("P3b", "register a model, against a bare insert and commit", "create", "F5", 0.30),
    Ratio("P4a", "read one model, against MLflow's registry", "get", "mlflow get", 6),
    Ratio("P4b", "read a page of 20, against MLflow's registry", "page", "mlflow page", 10),
    Ratio("P4c", "register a model, against MLflow's registry", "create", "mlflow create", 2),
)
START, STATEMENTS = "P18", "P19"
QUESTION, DESCRIPTION, FRESH, RUNAWAY = "P13", "P14", "P13b", "P13c"
UPLOAD, MEMORY, REDIRECT, PIPED, BESIDE = "P6", "P7", "P8a", "P8b", "P9"
TRANSFERS = (UPLOAD, MEMORY, REDIRECT, PIPED, BESIDE)
FILTER, GROWTH = "P10", "P11"
FILTERS = (FILTER, GROWTH)
QUESTIONS = (QUESTION, FRESH, RUNAWAY, DESCRIPTION)
IDS = (*(ratio.id for ratio in RATIOS), *TRANSFERS, *FILTERS, *QUESTIONS, START, STATEMENTS)
START_GOAL, STATEMENTS_GOAL = 4.0, 3


@dataclass(frozen=True)
class Row:
    """One line of the table and of var/bench.json."""

    id: str
    what: str
    value: float
    unit: str
    floor: float | None
    goal: str
    ok: bool
    notes: dict[str, Any] = field(default_factory=dict)


def wanted(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids to measure, all by default; ends with the known ones when one is unknown. `P3` means P3b too."""
    found = tuple(known for known in IDS if not ids or known in ids or known.rstrip("abc") in ids)
    unknown = [one for one in ids if not any(one in (known, known.rstrip("abc")) for known in IDS)]
    if unknown:
        raise SystemExit(f"scripts/bench knows no {', '.join(unknown)}; it knows {', '.join(IDS)}")
    return found


def ratio_row(ratio: Ratio, measured: dict[str, Figures]) -> Row:
    """The row of a ratio; any failed answer on either side spoils it."""
    ours, other = measured[ratio.ours], measured[ratio.against]
    value = ours.rate / other.rate
    failures = ours.failures + other.failures
    notes: dict[str, Any] = {"ours_per_second": round(ours.rate, 1), "cpu_ms": round(ours.cpu_ms, 3)}
    notes |= {"floor_cpu_ms": round(other.cpu_ms, 3), "failures": failures}
    if ours.disturbed or other.disturbed:
        notes["disturbed"] = "too few windows were quiet: others used this machine"
    unit = f"x {ratio.against}"
    ok = value >= ratio.goal and not failures
    return Row(ratio.id, ratio.what, round(value, 3), unit, round(other.rate, 1), f">= {ratio.goal}", ok, notes)


def limit_row(id_: str, what: str, value: float, unit: str, limit: float, **notes: Any) -> Row:
    """The row of a figure that must not be above a limit."""
    return Row(id_, what, round(value, 2), unit, None, f"<= {limit:g}", value <= limit, notes)


def least_row(id_: str, what: str, value: float, unit: str, least: float, **notes: Any) -> Row:
    """The row of a figure that must not be below a limit."""
    return Row(id_, what, round(value, 3), unit, None, f">= {least:g}", value >= least, notes)


def start_row(seconds: float) -> Row:
    """The row of the time to start."""
    ok = seconds <= START_GOAL
    return Row(START, "start to ready on an empty folder", round(seconds, 2), "s", None, f"<= {START_GOAL}", ok)


def statements_row(counts: Sequence[Count]) -> Row:
    """The row of SQL statements: the worst list, and none may take more for more rows."""
    most = max(count.many for count in counts)
    ok = most <= STATEMENTS_GOAL and all(count.few == count.many for count in counts)
    notes = {"lists": [asdict(count) for count in counts]}
    return Row(STATEMENTS, "SQL statements of a list request", most, "most", None, f"<= {STATEMENTS_GOAL}", ok, notes)
