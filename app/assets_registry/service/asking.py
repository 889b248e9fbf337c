"""Asking all healthy assets DBs that a caller may see the same filter, our own among them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from app.assets_registry import document, fanout, probes
from app.assets_registry.fanout import ANSWERED, FAILED, Reply
from app.assets_registry.probes import HEALTHY
from app.assets_registry.service import health, rows
from app.assets_registry.service.rows import registered
from app.core.db import reading
from app.core.errors import DomainError, Unavailable
from app.entities.service import Caller
from app.queries import filters
from app.queries.filters import FilterRefused

MOST = 50  # assets DBs that are asked at once
LISTED = 1000
QueryOwn = Callable[[Caller | None, Mapping[str, Any], int], list[dict[str, Any]]]
_settings: dict[str, QueryOwn] = {}


def configure(query_own: QueryOwn) -> None:
    """Take what asks this service's own assets DB: a caller, a filter and a limit to documents."""
    _settings["query_own"] = query_own


def ask_all(caller: Caller, wanted: Mapping[str, Any], limit: int, *, address: str) -> dict[str, Any]:
    """What each assets DB finds, at most `limit` assets each, and how each answered.

    Raises FilterRefused, TooManyRequests, and Unavailable when too many are waiting for assets DBs already.
    """
    _check(wanted)
    sources = _sources(caller)
    urls = {row.public_url for row in sources[:MOST] if not probes.is_own(row.public_url)}
    if urls:
        health.count(caller, address)
    replies = {**_of_others(sorted(urls), wanted, limit), **_of_own(caller, sources, wanted, limit)}
    found = [(row, replies.get(row.public_url, Reply(FAILED, "not_asked"))) for row in sources]
    return {
        "data": [{document.ID: row.registry_id, "asset": asset} for row, reply in found for asset in reply.assets],
        "sources": [_show(row, reply) for row, reply in found],
        "partial": any(reply.state != ANSWERED for _, reply in found),
    }


def _check(wanted: Mapping[str, Any]) -> None:
    try:
        filters.parse(wanted)
    except FilterRefused as error:
        raise FilterRefused(f"/filter{error.errors[0].pointer}", error.detail) from error


def _sources(caller: Caller) -> Sequence[Row[Any]]:
    query = rows.select_entries(caller).where(registered.c.state == HEALTHY).order_by(registered.c.seq).limit(LISTED)
    with reading() as session:
        return session.execute(query).all()


def _of_others(urls: Sequence[str], wanted: Mapping[str, Any], limit: int) -> dict[str, Reply]:
    if not urls:
        return {}
    with probes.slot() as got:
        if not got:
            raise Unavailable("Too many requests wait for assets DBs already. Try again shortly.", retry_after=5)
        return dict(zip(urls, fanout.ask(urls, wanted, limit), strict=True))


def _of_own(caller: Caller, sources: Sequence[Row[Any]], wanted: Mapping[str, Any], limit: int) -> dict[str, Reply]:
    own = {row.public_url for row in sources if probes.is_own(row.public_url)}
    if not own:
        return {}
    try:
        reply = fanout.cut(_settings["query_own"](caller, wanted, limit + 1), limit)
    except DomainError as error:
        reply = Reply(FAILED, "filter_refused" if isinstance(error, FilterRefused) else "unavailable")
    return dict.fromkeys(own, reply)


def _show(row: Row[Any], reply: Reply) -> dict[str, Any]:
    named = {document.ID: row.registry_id, "name": row.title}
    return {**named, "state": reply.state, "count": len(reply.assets), "reason": reply.reason}
