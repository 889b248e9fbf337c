"""Numbers between JSON texts and databases.

MongoDB compares integers and doubles by their exact values. A JSON text shows a double by its shortest digits; up to 2^53
these stand on the same side of every integer as the double itself, beyond that they need not: 2^62 as a double is written
4.611686018427388e+18, which is 96 more. SQLite reads them as doubles, sometimes the neighbour of the right one.
"""

import sys

EXACT = 2**53


def is_exact(number: float) -> bool:
    """Whether the digits of this number compare with those of others as the numbers do."""
    return abs(number) < EXACT


def spellings(number: float) -> list[str]:
    """All decimal values that stand in a text for this number, which is finite."""
    if is_exact(number):
        return [repr(number)]
    found = {repr(number)}
    if type(number) is int and int(float(number)) == number:
        found.add(repr(float(number)))
    if type(number) is float:
        found.add(repr(int(number)))
    return sorted(found)


def below(number: float) -> float:
    """A double that is a little lower, or -inf; any reading of the number is higher."""
    return number - _margin(number)


def above(number: float) -> float:
    """A double that is a little higher, or inf; any reading of the number is lower."""
    return number + _margin(number)


def _margin(number: float) -> float:
    return abs(number) * 1e-12 + 1e-300


def wider(number: float, *, down: bool) -> int:
    """An integer beside a large number, which none of its digits passes."""
    near = below(number) if down else above(number)
    return int(max(min(near, sys.float_info.max), -sys.float_info.max))
