"""How registered assets DBs are: when somebody asks, and all of them from time to time."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import datetime, timedelta

from app.assets_registry import probes
from app.assets_registry.probes import Health
from app.assets_registry.service import rows
from app.core import limits
from app.core.clock import utcnow
from app.entities.service import Caller

CACHED = timedelta(seconds=10)
LEAVING = "30 per minute"  # requests that make this service connect to what users named
SWEPT_AT_ONCE = 8
SWEPT = 500  # addresses in one sweep
SWEEP_SECONDS = 50.0


def count(caller: Caller | None, address: str) -> None:
    """Count a request that makes this service connect elsewhere; raises TooManyRequests."""
    limits.hit(LEAVING, "assets_registry", "address", address)
    if caller is not None:
        limits.hit(LEAVING, "assets_registry", "user", caller.id)


def look(caller: Caller | None, url: str, address: str) -> Health:
    """Ask an assets DB now, for a caller; raises TooManyRequests."""
    if not probes.is_own(url):
        count(caller, address)
    return probes.probe_in_request(url)


def check_health(caller: Caller | None, registry_id: str, *, address: str) -> str:
    """How an assets DB is, as found now or in the last ten seconds; raises NotFound, TooManyRequests."""
    row = rows.find(caller, registry_id)
    if _is_fresh(row.checked_at):
        return str(row.health)
    health = look(caller, row.public_url, address)
    rows.note(row.seq, row.public_url, health)
    return health.state


def _is_fresh(checked_at: datetime | None) -> bool:
    # after a clock was set back, what seems to come from the future is not fresh either
    return checked_at is not None and timedelta(0) <= utcnow() - checked_at < CACHED


def sweep() -> int:
    """Ask all entries, those first that were asked longest ago, as far as the time reaches; how many were asked.

    An address that several entries have is asked once.
    """
    entries: dict[str, list[int]] = {}
    for row in rows.oldest_checked(SWEPT):
        entries.setdefault(row.public_url, []).append(row.seq)
    pool = ThreadPoolExecutor(SWEPT_AT_ONCE, thread_name_prefix="sweeping")
    try:
        asked = {pool.submit(probes.probe, url): url for url in entries}
        return _note_as_found(asked, entries)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _note_as_found(asked: Mapping["Future[Health]", str], entries: Mapping[str, list[int]]) -> int:
    noted = 0
    with suppress(TimeoutError):  # the rest is first next time
        for done in as_completed(asked, timeout=SWEEP_SECONDS):
            for seq in entries[asked[done]]:
                rows.note(seq, asked[done], done.result())
                noted += 1
    return noted
