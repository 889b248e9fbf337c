"""What one request may spend on matching: seconds in regular expressions, and tests of values for one document."""

import time
from collections.abc import Callable

from app.queries import patterns
from app.queries.refusals import FilterTooCostly

SECONDS = 1.0  # of the processor, for all regular expressions of one request
MAX_TESTS = 2_000_000  # values looked at for one document; some seconds at most
_REMEDY = "anchor the pattern, or make it more specific"


class Budget:
    """Made once for each request, used by one thread."""

    __slots__ = ("_clock", "_seconds", "_tests", "left")

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.thread_time) -> None:
        self.left = seconds
        self._seconds = seconds
        self._clock = clock
        self._tests = MAX_TESTS

    def begin(self) -> None:
        """The next document comes."""
        self._tests = MAX_TESTS

    def spend(self, tests: int) -> None:
        """Values are looked at; raises FilterTooCostly when they are too many for one document."""
        self._tests -= tests
        if self._tests < 0:
            raise FilterTooCostly(
                "",
                f"The filter needs over {MAX_TESTS:,} tests for one document, which has long arrays: "
                "use fewer conditions on them, or one $in or $all.",
            )

    def search(self, pattern: str, options: str, text: str, pointer: str) -> bool:
        """Whether the pattern occurs in the text; raises FilterTooCostly when that cannot be told in time."""
        started = self._clock()

        def check(_block: object = None) -> None:
            if self._clock() - started > self.left:
                raise FilterTooCostly(pointer, f"Regular expressions took over {self._seconds:g} s here: {_REMEDY}.")

        check()
        try:
            return patterns.search(pattern, options, text, check)
        except patterns.Exhausted as error:
            shown = f"$regex {pattern[:100]!r} gave up on a text ({error})"
            raise FilterTooCostly(pointer, f"{shown}: {_REMEDY}.") from error
        finally:
            self.left -= self._clock() - started
