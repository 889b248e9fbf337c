"""Filters over many documents: how long a page takes at a million, how that compares with a tenth, and reading by uri."""

import random
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any

from tests.bench import cpu, rows, seeding
from tests.bench.questions import Asker
from tests.bench.rows import Row, limit_row
from tests.bench.windows import PATIENCE

FEW, MANY = 100_000, 1_000_000
PAGES = 150
LIMIT = 20
WINDOW = 30  # pages between two looks at who else uses the CPU
TRIES = 4

Filter = dict[str, Any]
KINDS: dict[str, Callable[[random.Random], Filter]] = {
    "equality": lambda draw: {"asset_tags": f"tag-{draw.randrange(1000)}"},
    "$in": lambda draw: {"asset_tags": {"$in": [f"tag-{draw.randrange(1000)}" for _ in range(3)]}},
    "deep equality": lambda draw: {"asset_metadata.task.data.set": f"set-{draw.randrange(5000)}"},
    "$and of three": lambda draw: {
        "$and": [
            {"asset_metadata.type": draw.choice(["image", "text", "audio"])},
            {"asset_tags": f"team-{draw.randrange(5)}"},
            {"asset_metadata.lab": f"lab-{draw.randrange(40)}"},
        ]
    },
}


def fill(database_url: str, count: int) -> str:
    """Write users and this many assets; the token of the user who owns them."""
    return seeding.fill(database_url, 20, assets_count=count)


def measure(url: str, token: str, own: Sequence[int]) -> dict[str, float]:
    """The p95 in ms of a page of each kind of filter, at the service at `url`; `own` are the trees that may use CPU."""
    asker = Asker(url, token)
    draw = random.Random(20261125)
    found = {}
    for name, make in KINDS.items():
        filters = [make(draw) for _ in range(PAGES)]
        _check(asker, filters[0])
        times = _quiet_times(asker, filters, own)
        found[name] = round(quantiles(times, n=20)[-1], 2)
    return found


def _quiet_times(asker: Asker, filters: Sequence[Filter], own: Sequence[int]) -> list[float]:
    """How long each page took, measured again where others used the CPU meanwhile."""
    times: list[float] = []
    for start in range(0, len(filters), WINDOW):
        for _ in range(TRIES):
            cpu.wait_for_quiet(lambda: cpu.read(*own), PATIENCE)
            before = cpu.read(*own)
            some = [asker.timed(f"/assets?limit={LIMIT}", one)[0] for one in filters[start : start + WINDOW]]
            if cpu.foreign(before, cpu.read(*own)) <= cpu.NOISY:
                break
        times += some
    return times


def _check(asker: Asker, wanted: Filter) -> None:
    _, answer = asker.timed(f"/assets?limit={LIMIT}", wanted)
    if not answer["data"]:
        raise SystemExit(f"nothing was found by {wanted}")


def the_rows(few: dict[str, float], many: dict[str, float], ids: Sequence[str]) -> list[Row]:
    """The rows of both sizes: the worst kind counts."""
    ratios = {name: round(many[name] / few[name], 2) for name in KINDS}
    notes = {"p95_ms": many, "p95_ms_at_a_tenth": few, "ratios": ratios, "documents": MANY}
    made = [
        limit_row(
            rows.FILTER, "page of 20 by a filter at 1,000,000 documents, p95", max(many.values()), "ms", 20, **notes
        ),
        limit_row(rows.GROWTH, "the same, against 100,000 documents", max(ratios.values()), "x", 2, **notes),
    ]
    return [row for row in made if row.id in ids]
