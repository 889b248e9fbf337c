"""What a run says: a table for people, a JSON file for comparison."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import cpu, windows, wrk
from tests.bench.rows import Row
from tests.bench.windows import Figures

PACKAGES = ("quaymaster", "flask", "sqlalchemy", "psycopg", "marshmallow", "apifairy", "orjson", "gunicorn", "mlflow")


def table(rows: Sequence[Row]) -> str:
    """The rows, one a line."""
    lines = [("id", "value", "unit", "goal", "floor", "ok", "what")]
    for row in rows:
        floor = "-" if row.floor is None else f"{row.floor:g}"
        lines.append((row.id, f"{row.value:g}", row.unit, row.goal, floor, "yes" if row.ok else "NO", row.what))
    return columns(lines)


def targets_table(measured: Mapping[str, Figures]) -> str:
    """The targets, one a line."""
    lines = [("target", "req/s", "cpu ms", "p50 ms", "p99 ms", "failed", "windows", "dropped")]
    for name, one in measured.items():
        numbers = (f"{one.rate:.0f}", f"{one.cpu_ms:.2f}", f"{one.p50:.1f}", f"{one.p99:.1f}")
        lines.append((name, *numbers, str(one.failures), f"{one.kept}{'!' * one.disturbed}", str(one.dropped)))
    return columns(lines)


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Cells in columns as wide as their widest."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def write(path: Path, rows: Sequence[Row], measured: Mapping[str, Figures], servers: Mapping[str, str]) -> None:
    """The whole run as JSON."""
    method: dict[str, Any] = {"connections": wrk.CONNECTIONS, "window_seconds": wrk.SECONDS, "rounds": windows.ROUNDS}
    method |= {"noisy_cores": cpu.NOISY, "service": "gunicorn gthread, 1 worker, 4 threads, one core, log to a file"}
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}, **servers}
    result = {
        "rows": [asdict(row) for row in rows],
        "targets": {name: asdict(one) for name, one in measured.items()},
        "method": method,
        "versions": versions,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
