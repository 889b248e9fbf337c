"""Digests of a file on its way: a large one is hashed beside the request that brings it, which would else wait for that."""

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.core.background import step_back

INLINE = 256 * 1024  # a small file is not worth a thread
WAITING = 4  # pieces that may wait to be hashed


class Digests:
    """Size, SHA-256 and MD5 of all bytes so far."""

    def __init__(self) -> None:
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self._size = 0
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[None]] = deque()

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes, which must not change any more when they are `bytes`."""
        self._size += len(data)
        if self._size <= INLINE:
            self._hash(data)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "digests", step_back)
        while len(self._waiting) >= WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._hash, bytes(data)))

    def _hash(self, data: bytes | memoryview) -> None:
        self._sha256.update(data)
        self._md5.update(data)

    def values(self) -> dict[str, Any]:
        """By the names of the columns, once all is hashed; no more bytes can follow."""
        while self._waiting:
            self._waiting.popleft().result()
        self.close()
        return {"size": self._size, "sha256": self._sha256.hexdigest(), "md5": self._md5.hexdigest()}

    def close(self) -> None:
        """Let the thread go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
