"""What the object store takes and gives, and what each implementation of it can do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CHUNK = 1024 * 1024  # bytes of a piece that `read` yields
PART = 8 * 1024 * 1024  # bytes of a part of an upload, unless so large an object needs larger ones
MIN_PART = 5 * 1024 * 1024  # S3 takes no smaller part, but for the last one
MAX_PARTS = 10_000
MAX_SIZE = 5 * 1024**4  # S3's limit for one object: 5 TiB
GROW_EVERY = 1_000  # parts after which they double, where nobody knows how many will come

Part = tuple[int, str]  # its number, from 1, and the etag that the store gave it


@dataclass(frozen=True)
class Stat:
    """An object: its key, its bytes, and when it was written (UTC)."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Pending:
    """An upload that has begun and was neither finished nor aborted."""

    key: str
    upload_id: str
    started: datetime


def part_size(size: int) -> int:
    """The bytes of each part (but the last) of an object of `size` bytes, so that MAX_PARTS are enough."""
    needed = -(-size // MAX_PARTS)
    return max(PART, -(-needed // CHUNK) * CHUNK)


def grown(least: int, stored: int) -> int:
    """The bytes of the next part after so many when the size is not known: 8 TiB fit in 10,000 parts of 8 MiB and more."""
    return int(least * 2 ** (stored // GROW_EVERY))


class Writer(Protocol):
    """An object on its way into the store; nobody sees it before `finish`. For one thread at a time."""

    on_part: Callable[[], None] | None
    """Called after each stored part of about 8 MiB, on the thread that writes."""

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes; raises Unavailable, also for what went wrong with earlier bytes, and TooLarge past 5 TiB."""

    def finish(self) -> None:
        """Make the object visible, whole and durable; raises Unavailable, and NotFound when it was deleted meanwhile."""

    def abort(self) -> None:
        """Leave nothing behind; may be called at any time and again, and never raises."""


class Store(Protocol):
    """An implementation; the functions of the package say what each does."""

    def check(self) -> None: ...

    def make(self) -> None: ...

    def close(self) -> None: ...

    def begin(self, key: str, media_type: str, part: int) -> Writer: ...

    def put(self, key: str, data: bytes, media_type: str) -> None: ...

    def put_if_absent(self, key: str, data: bytes, media_type: str) -> bool: ...

    def read(self, key: str, start: int, length: int | None) -> Iterator[bytes]: ...

    def stat(self, key: str) -> Stat: ...

    def delete(self, key: str) -> None: ...

    def listing(self, prefix: str) -> Iterator[Stat]: ...

    def pending(self, prefix: str) -> Iterator[Pending]: ...

    def presigned(self, key: str, seconds: int, disposition: str, media_type: str) -> str | None: ...

    def start_parts(self, key: str, media_type: str) -> str: ...

    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str: ...

    def finish_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> None: ...

    def abort_parts(self, key: str, upload_id: str) -> None: ...
