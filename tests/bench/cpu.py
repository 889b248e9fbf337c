"""Who used the CPU: our process trees, or others on this machine whose work would spoil a measurement."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
NOISY = 0.35  # cores that others may use during a window
QUIET_SECONDS = 0.25


@dataclass(frozen=True)
class Reading:
    """CPU seconds at one moment: of the whole machine, and of our own processes."""

    at: float
    busy: float
    own: float


def busy_seconds(stat: str) -> float:
    """CPU seconds that were not idle, of all cores since boot, from /proc/stat; what the host stole counts too."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def parent_and_seconds(stat: str) -> tuple[int, float]:
    """Parent and CPU seconds (reaped children included) of a process, from /proc/PID/stat."""
    fields = stat.rsplit(")", 1)[1].split()  # the name before it may contain anything
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def members(roots: Iterable[int], parents: dict[int, int]) -> set[int]:
    """The processes at these roots and below them."""
    found = set(roots) & parents.keys()
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def foreign(before: Reading, after: Reading) -> float:
    """Cores that others used between two readings."""
    used = (after.busy - before.busy) - (after.own - before.own)
    return max(0.0, used / (after.at - before.at))


def tree_seconds(*roots: int) -> float:
    """CPU seconds that the processes at these roots and below have used so far."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = parent_and_seconds(path.read_text())
        except (OSError, IndexError):  # it ended meanwhile
            continue
    tree = members(roots, {pid: parent for pid, (parent, _) in found.items()})
    return sum(found[pid][1] for pid in tree)


def read(*roots: int) -> Reading:
    """A reading in which the trees at `roots`, and this process with all it started, are our own."""
    return Reading(time.monotonic(), busy_seconds(Path("/proc/stat").read_text()), tree_seconds(os.getpid(), *roots))


def wait_for_quiet(look: Callable[[], Reading], patience: float) -> None:
    """Return after a quarter second in which others were quiet, or when patience ends."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        before = look()
        time.sleep(QUIET_SECONDS)
        if foreign(before, look()) <= NOISY:
            return
