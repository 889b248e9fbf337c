"""Rate limits: exact and shared between all processes for what is worth attacking, approximate per process for the rest.

The exact ones count in a table, or in Valkey when RATE_LIMIT_URL names one. Windows are fixed: a counter starts with the
first hit and lapses a window later.
"""

import hashlib
import math
import time
from dataclasses import dataclass

from flask import Flask, request
from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import BigInteger, String, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core.config import Config
from app.core.db import Model, database, reading, table_of, transaction
from app.core.errors import TooManyRequests

ANY_ROUTE = RateLimitItemPerMinute(6000)


class RateCounter(Model):
    """Hits of one key in its present window."""

    __tablename__ = "rate_counters"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


counters = table_of(RateCounter)


class TableStorage(Storage):
    """Counters in the database, for `limits`: one upsert a hit, exact across processes."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = int(time.time())
        dialect = postgresql if database.dialect == "postgresql" else sqlite
        lapsed = counters.c.expires_at <= now
        statement = dialect.insert(counters).values(key=_digest(key), hits=amount, expires_at=now + math.ceil(expiry))
        upsert = statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "hits": case((lapsed, amount), else_=counters.c.hits + amount),
                "expires_at": case((lapsed, now + math.ceil(expiry)), else_=counters.c.expires_at),
            },
        ).returning(counters.c.hits)
        with transaction(bookkeeping=True) as session:
            hits = session.execute(upsert).scalar_one()
            if hits == 1:  # a window begins: the moment to forget those that ended
                session.execute(delete(counters).where(counters.c.expires_at < now - 3600))
        return hits

    def get(self, key: str) -> int:
        with reading() as session:
            live = counters.c.expires_at > int(time.time())
            return session.scalar(select(counters.c.hits).where(counters.c.key == _digest(key), live)) or 0

    def get_expiry(self, key: str) -> float:
        with reading() as session:
            return session.scalar(select(counters.c.expires_at).where(counters.c.key == _digest(key))) or time.time()

    def clear(self, key: str) -> None:
        with transaction(bookkeeping=True) as session:
            session.execute(delete(counters).where(counters.c.key == _digest(key)))

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with transaction(bookkeeping=True) as session:
            session.execute(delete(counters))
        return None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass
class Limits:
    """The limiters of this process."""

    enabled: bool = True
    exact: FixedWindowRateLimiter | None = None
    rough: FixedWindowRateLimiter | None = None


limiters = Limits()


def hit(rule: str, *key: str) -> None:
    """Count one try of `key` under an exact rule such as `10 per 15 minutes`; raises TooManyRequests beyond it."""
    item = parse(rule)
    if limiters.enabled and limiters.exact and not limiters.exact.hit(item, *key):
        raise _refusal(limiters.exact, item, key)


def forget(rule: str, *key: str) -> None:
    """Start again with no tries counted, as after a right password."""
    if limiters.enabled and limiters.exact:
        limiters.exact.clear(parse(rule), *key)


def _refusal(limiter: FixedWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> TooManyRequests:
    wait = math.ceil(limiter.get_window_stats(item, *key).reset_time - time.time())
    return TooManyRequests(f"Too many tries: the limit is {item}. Wait {max(1, wait)} s.", retry_after=wait)


def address() -> str:
    """The client's address, as far as the trusted proxies say it."""
    return request.remote_addr or "unknown"


def init_app(app: Flask, config: Config) -> None:
    limiters.enabled = config.rate_limits
    shared = storage_from_string(config.rate_limit_url) if config.rate_limit_url else TableStorage()
    limiters.exact = FixedWindowRateLimiter(shared)
    limiters.rough = FixedWindowRateLimiter(MemoryStorage())

    @app.before_request
    def any_route() -> None:
        if limiters.enabled and limiters.rough and not limiters.rough.hit(ANY_ROUTE, address()):
            raise _refusal(limiters.rough, ANY_ROUTE, (address(),))
