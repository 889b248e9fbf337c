"""Callers whose credentials were looked up moments ago, so that most requests need no SQL to know who asks.

An entry lives two seconds, and dies at once in every process that was forked from the same parent when any credential or
account changes: the stamp of the last change lies in memory that they share. Other machines notice within the two seconds.
"""

import mmap
import secrets
import time
from dataclasses import dataclass
from datetime import datetime

from app.core import db
from app.core.clock import utcnow
from app.users.callers import Caller

SECONDS = 2.0
MOST_ENTRIES = 10_000
STAMP_BYTES = 16


@dataclass(frozen=True)
class Entry:
    """A caller, until when the credential is valid, and until when we may believe so."""

    caller: Caller
    expires_at: datetime | None
    stamp: bytes
    stale_at: float


_shared = mmap.mmap(-1, STAMP_BYTES)
_entries: dict[str, Entry] = {}


def stamp() -> bytes:
    """Which state of all credentials the database has; read it before the rows."""
    return _shared[:]


def find(digest: str) -> Caller | None:
    """The caller with this credential, if it was looked up just now and nothing has changed since."""
    entry = _entries.get(digest)
    if entry is None or entry.stamp != _shared[:] or entry.stale_at <= time.monotonic():
        return None
    return None if entry.expires_at is not None and entry.expires_at <= utcnow() else entry.caller


def keep(digest: str, caller: Caller, expires_at: datetime | None, seen: bytes) -> None:
    """Remember a caller whose row was read under the stamp `seen`."""
    if len(_entries) >= MOST_ENTRIES:
        _entries.clear()
    _entries[digest] = Entry(caller, expires_at, seen, time.monotonic() + SECONDS)


def forget_all() -> None:
    """Believe nothing that was read before the open transaction is committed."""
    db.after_commit(forget_now)


def forget_now() -> None:
    """Believe nothing that was read until now."""
    # random, since two processes that both count one up would write the same
    _shared[:] = secrets.token_bytes(STAMP_BYTES)
