"""An object on its way into a bucket: at once when it is small, else in parts, two of which travel at a time.

At most three parts are in memory: two that travel, and one that fills. A part that arrived leaves its memory to the next one,
which would else be new from the system, a page at a time.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from app.core.background import step_back
from app.core.errors import DomainError, TooLarge
from app.gateways.object_store.s3.bucket import Bucket
from app.gateways.object_store.values import MAX_PARTS, MAX_SIZE, Part, grown

log = structlog.get_logger()

IN_FLIGHT = 2
ABORT_SECONDS = 10.0  # for parts that travel: one that arrives after the abort would stay


class S3Writer:
    """Writes to `key`; nothing is sent before the first part is full."""

    def __init__(self, bucket: Bucket, key: str, media_type: str, part: int) -> None:
        self.on_part: Callable[[], None] | None = None
        self._bucket, self._key, self._media_type, self._part = bucket, key, media_type, part
        self._buffer = bytearray()
        self._filled = 0  # bytes of it
        self._free: list[bytearray] = []
        self._size = self._sent = 0
        self._upload_id: str | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._travelling: deque[Future[Part]] = deque()
        self._stored: list[Part] = []
        self._failure: DomainError | None = None
        self._ended = False

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes; waits while two parts travel and a third is full."""
        self._must_be_well()
        if self._size + len(data) > MAX_SIZE:
            raise TooLarge(f"An object has at most {MAX_SIZE} bytes.")
        self._size += len(data)
        left = memoryview(data)
        while left:
            if self._filled == grown(self._part, self._sent):  # only now it is known that it is not the last
                self._noting(self._send)
            left = left[self._fill(left) :]
        self._noting(self._gather_done)

    def _fill(self, data: memoryview) -> int:
        """Copy what the part still takes; how much that is."""
        end = min(self._filled + len(data), grown(self._part, self._sent))
        if end > len(self._buffer):
            self._enlarge(end)
        taken = end - self._filled
        self._buffer[self._filled : end] = data[:taken]
        self._filled = end
        return taken

    def _enlarge(self, least: int) -> None:
        """Twice as large each time, so that a small object needs little, and never more than a part."""
        part = grown(self._part, self._sent)
        size = part if self._sent else min(part, max(least, 2 * len(self._buffer)))
        self._buffer.extend(bytes(size - len(self._buffer)))

    def finish(self) -> None:
        """Send what is left, wait for all parts, join them."""
        self._must_be_well()
        self._noting(self._finish)
        self._end()

    def abort(self) -> None:
        """Stop the parts that wait, let those that travel arrive, and give the upload up."""
        if self._ended:
            return
        travelling = [future for future in self._travelling if not future.cancel()]
        wait(travelling, ABORT_SECONDS)
        self._end()
        if self._upload_id is None:
            return
        try:
            self._bucket.abort(self._key, self._upload_id)
        except Exception as error:
            log.warning("an upload could not be aborted; a sweep will", key=self._key, error=str(error))

    def _must_be_well(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._ended:
            raise ValueError("The writer has ended.")

    def _noting(self, act: Callable[[], None]) -> None:
        """An error is told again at each later call: what follows a lost part is of no use."""
        try:
            act()
        except DomainError as error:
            self._failure = error
            raise

    def _finish(self) -> None:
        if self._upload_id is None:
            self._bucket.put(self._key, self._whole(), self._media_type)
            return
        self._send()
        while self._travelling:
            self._gather()
        self._bucket.finish(self._key, self._upload_id, self._stored)

    def _send(self) -> None:
        if self._sent == MAX_PARTS:
            raise TooLarge(f"An object has at most {MAX_PARTS} parts.")
        if self._upload_id is None:
            self._upload_id = self._bucket.start(self._key, self._media_type)
            self._pool = ThreadPoolExecutor(IN_FLIGHT, "object-store", step_back)
        while len(self._travelling) >= IN_FLIGHT:
            self._gather()
        self._sent += 1
        body, self._buffer, self._filled = self._whole(), self._free.pop() if self._free else bytearray(), 0
        assert self._pool is not None
        self._travelling.append(self._pool.submit(self._carry, self._upload_id, self._sent, body))

    def _whole(self) -> bytearray:
        """The buffer without what is not filled; one of an earlier part may be smaller than this part, never larger."""
        del self._buffer[self._filled :]
        return self._buffer

    def _carry(self, upload_id: str, number: int, body: bytearray) -> Part:
        etag = self._bucket.put_part(self._key, upload_id, number, body)
        self._free.append(body)
        return number, etag

    def _gather_done(self) -> None:
        while self._travelling and self._travelling[0].done():
            self._gather()

    def _gather(self) -> None:
        """Wait for the oldest part."""
        self._stored.append(self._travelling.popleft().result())
        if self.on_part:
            self.on_part()

    def _end(self) -> None:
        self._ended = True
        self._buffer = bytearray()
        self._free.clear()
        self._travelling.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
