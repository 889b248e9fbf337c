"""A bound on how long, and on how many threads at once, an outside system can keep us waiting.

A timeout of the HTTP library bounds each read, not the sum of them: a server that sends one byte a second would never run
into it. Each call therefore runs on one of a few threads of its own, and is given up when its time is over.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from app.core.errors import Unavailable, UpstreamTimeout

T = TypeVar("T")
AT_ONCE = 16


class TimeBox:
    """Runs calls to one system, a few at a time, none longer than `seconds`."""

    def __init__(self, system: str, seconds: float) -> None:
        self._system = system
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def run(self, call: Callable[[], T], give_up: Callable[[], None] = lambda: None) -> T:
        """The result of `call`; raises UpstreamTimeout and calls `give_up` when it takes too long.

        Raises Unavailable at once when the system keeps too many calls waiting already.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable(
                f"{self._system} keeps {AT_ONCE} requests waiting already. Try again shortly.", retry_after=10
            )
        future: Future[T] = Future()
        threading.Thread(target=self._work, args=(call, future), daemon=True, name=self._system).start()
        try:
            return future.result(self._seconds)
        except TimeoutError as error:
            give_up()
            raise UpstreamTimeout(f"{self._system} did not answer within {self._seconds:g} s.") from error

    def _work(self, call: Callable[[], T], future: Future[T]) -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)
        finally:
            self._places.release()
