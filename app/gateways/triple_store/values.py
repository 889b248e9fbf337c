"""What goes into the SPARQL store and what may come out: values, limits and errors of this gateway."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import FieldError, Invalid, Unavailable

MAX_TEXT = 100_000  # characters of a query
MAX_ROWS = 10_000  # solutions or triples of an answer
MAX_BYTES = 1_000_000  # of an answer
SECONDS = 5.0  # of a query's run
AT_ONCE = 4  # queries that run beside each other; the next ones wait
STATE = "urn:quaymaster:state"  # the graph of a server that holds our bookkeeping

REMEDY = "add a LIMIT or more selective patterns"


@dataclass(frozen=True)
class Part:
    """What one thing contributes: N-Triples text by the IRI of its graph; empty when it contributes nothing any more.

    `key` names the thing. Its subjects are IRIs of its own: no other part has triples about them. No blank nodes.
    """

    key: str
    graphs: Mapping[str, str]


class QueryRefused(Invalid):
    """The text is no query that this service answers; 400, as the SPARQL protocol wants for a malformed query."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError("query", detail)])


class QueryTooCostly(Invalid):
    """The query ran into a limit; the message names the limit and the remedy."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError("query", detail)])


class NotLoaded(Unavailable):
    """The store is empty or being filled: its mark is None. Whoever keeps it in step loads it and asks again."""

    def __init__(self) -> None:
        super().__init__("The SPARQL store is still being filled. Try again shortly.", retry_after=2)


def out_of_time() -> QueryTooCostly:
    """The error of a query that ran too long."""
    return QueryTooCostly(f"The query did not end within {SECONDS:g} s: {REMEDY}.")


def out_of_rows() -> QueryTooCostly:
    """The error of an answer with too many rows or triples."""
    return QueryTooCostly(f"The answer has more than {MAX_ROWS:,} rows: {REMEDY}.")


def out_of_bytes() -> QueryTooCostly:
    """The error of an answer that is too large."""
    return QueryTooCostly(f"The answer is larger than {MAX_BYTES:,} bytes: {REMEDY}.")


def out_of_memory() -> QueryTooCostly:
    """The error of a query that needed too much memory."""
    return QueryTooCostly(f"The query needs more memory than one query may take: {REMEDY}.")
