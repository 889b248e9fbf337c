"""Asking many assets DBs the same filter at once, within one time, and reading what they say with distrust.

Each gets the filter alone: no token and no name of who asks. An assets DB may be slow, lie, or send too much; then the others
still count, and the answer says of each how it went.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.assets_registry import probes
from app.core.errors import DomainError
from app.gateways import http
from app.gateways.http import Answer

WHOLE_SECONDS = 10.0
EACH_SECONDS = 5.0
EACH_BYTES = 1024 * 1024
ALL_BYTES = 8 * 1024 * 1024
THREADS = 8
ANSWERED, FAILED, TIMED_OUT, TRUNCATED = STATES = ("answered", "failed", "timed_out", "truncated")
REASONS = {
    **probes.REASONS,
    "filter_refused": "it does not accept the filter",
    "bad_form": "its answer is no list of assets",
    "more": "it has more than the limit",
    "too_much": "all answers together are larger than is passed on",
    "not_asked": "more assets DBs are registered than are asked at once",
    "unavailable": "this service's own assets DB does not answer now",
}


@dataclass(frozen=True)
class Reply:
    """What one assets DB said: its state, why (one of REASONS) when not answered, and the assets."""

    state: str
    reason: str | None = None
    assets: list[dict[str, Any]] = field(default_factory=list)


def ask(urls: Sequence[str], wanted: Mapping[str, Any], limit: int) -> list[Reply]:
    """What the assets DBs at canonical addresses other than our own find, at most `limit` assets each, in their order."""
    end = time.monotonic() + WHOLE_SECONDS
    body = orjson.dumps(wanted)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="asking")
    try:
        asked = [pool.submit(_fetch, url, body, limit, end) for url in urls]
        wait(asked, timeout=WHOLE_SECONDS)
        return _read_all(asked, limit)
    finally:
        # whoever still waits is cut off by the time of its own request
        pool.shutdown(wait=False, cancel_futures=True)


def _fetch(url: str, body: bytes, limit: int, end: float) -> Answer | Reply:
    left = min(EACH_SECONDS, end - time.monotonic())
    if left <= 0:
        return Reply(TIMED_OUT, "timeout")
    try:
        return http.fetch(
            "POST",
            f"{url}/assets?limit={limit}",
            headers={"Content-Type": "application/json"},
            body=body,
            timeout=left,
            max_bytes=EACH_BYTES,
            rules=probes.RULES,
        )
    except DomainError as error:
        reason = probes.reason_of(error)
        return Reply(TIMED_OUT if reason == "timeout" else FAILED, reason)


def _read_all(asked: Sequence["Future[Answer | Reply]"], limit: int) -> list[Reply]:
    replies: list[Reply] = []
    room = ALL_BYTES
    for one in asked:
        answer = one.result() if one.done() else Reply(TIMED_OUT, "timeout")
        if isinstance(answer, Answer):
            room -= len(answer.body)
            answer = read(answer, limit) if room >= 0 else Reply(TRUNCATED, "too_much")
        replies.append(answer)
    return replies


def read(answer: Answer, limit: int) -> Reply:
    """What an answer says, if it is what an assets DB says."""
    if answer.status == 400:
        return Reply(FAILED, "filter_refused")
    if reason := probes.status_reason(answer):
        return Reply(FAILED, reason)
    found = probes.object_in(answer)
    if found is None:
        return Reply(FAILED, "not_json")
    assets = found.get("data")
    if not isinstance(assets, list) or not all(isinstance(asset, dict) for asset in assets):
        return Reply(FAILED, "bad_form")
    return cut(assets, limit, more='rel="next"' in answer.headers.get("link", ""))


def cut(assets: list[dict[str, Any]], limit: int, *, more: bool = False) -> Reply:
    """At most `limit` of the assets, and whether there are more."""
    if more or len(assets) > limit:
        return Reply(TRUNCATED, "more", assets[:limit])
    return Reply(ANSWERED, None, assets)
