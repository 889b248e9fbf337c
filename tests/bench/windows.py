"""Measuring several targets against each other: short windows in turn, disturbed ones dropped, medians."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import cpu, wrk

ROUNDS = 5
MOST_ROUNDS = 8  # while windows were dropped
FEWEST_KEPT = 3
PATIENCE = 3.0  # seconds to wait for others to be quiet


@dataclass(frozen=True)
class Target:
    """What is measured: a script of load against a server."""

    name: str
    url: str
    pid: int
    script: Path


@dataclass(frozen=True)
class Window:
    """One measurement of one target."""

    rate: float
    cpu_ms: float
    p50: float
    p99: float
    failures: int
    foreign: float


@dataclass(frozen=True)
class Figures:
    """A target's medians over the windows that others did not disturb."""

    rate: float
    cpu_ms: float
    p50: float
    p99: float
    failures: int
    kept: int
    dropped: int
    disturbed: bool  # so few windows were quiet that the others count too


Measure = Callable[[Target], Window]


def measurer(core: int, own: Sequence[int]) -> Measure:
    """Measures one window of a target with the load on `core`; `own` are the trees whose CPU use is expected."""

    def measure(target: Target) -> Window:
        cpu.wait_for_quiet(lambda: cpu.read(*own), PATIENCE)
        before, used = cpu.read(*own), cpu.tree_seconds(target.pid)
        load = wrk.run(target.url, target.script, core, secrets.token_hex(6))
        spent, after = cpu.tree_seconds(target.pid) - used, cpu.read(*own)
        others = cpu.foreign(before, after)
        cpu_ms = spent * 1000 / max(1, load.requests)
        return Window(load.rate, cpu_ms, load.p50, load.p99, load.failures, others)

    return measure


def interleave(targets: Sequence[Target], measure: Measure) -> dict[str, list[Window]]:
    """All targets in turn, A B C A B C, until each has enough quiet windows or the rounds are used up."""
    windows: dict[str, list[Window]] = {target.name: [] for target in targets}
    for number in range(MOST_ROUNDS):
        missing = [target for target in targets if len(quiet(windows[target.name])) < ROUNDS]
        # a late round measures all again: a target measured alone would be compared across times
        if not missing:
            break
        print(f"round {number + 1}", end=" ", flush=True)
        for target in targets:
            windows[target.name].append(measure(target))
            print(".", end="", flush=True)
        print(flush=True)
    return windows


def quiet(windows: Sequence[Window]) -> list[Window]:
    """The windows that others left alone."""
    return [window for window in windows if window.foreign <= cpu.NOISY]


def figures(windows: Sequence[Window]) -> Figures:
    """Medians over the quiet windows, or over all when too few were quiet."""
    calm = quiet(windows)
    disturbed = len(calm) < FEWEST_KEPT
    used = windows if disturbed else calm
    middle = {name: median(getattr(w, name) for w in used) for name in ("rate", "cpu_ms", "p50", "p99")}
    failures = sum(window.failures for window in windows)
    return Figures(**middle, failures=failures, kept=len(used), dropped=len(windows) - len(used), disturbed=disturbed)
