"""The formats of answers: names, rows of an answer, and graphs turned from one format into another. Pure functions."""

import re
from collections.abc import Callable

import orjson
from pyoxigraph import QueryResultsFormat, RdfFormat, Triple

from app.core.errors import NotAcceptable

TABLES = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}
_NAME_END = re.compile(r"[\w.\-]*")


def formats_of(form: str) -> tuple[str, ...]:
    """The media types in which a form of query can be answered, the usual one first."""
    return tuple(TABLES) if form in ("SELECT", "ASK") else tuple(GRAPHS)


def check_format(form: str, media_type: str) -> None:
    """Raise NotAcceptable when the form of query has no answer in this media type."""
    if media_type not in formats_of(form):
        known = ", ".join(formats_of(form))
        raise NotAcceptable(f"{form} is not answered as {media_type}: ask for one of {known}.")


def check_element_name(triple: Triple) -> Triple:
    """The triple; raises NotAcceptable when RDF/XML has no way to write its predicate."""
    predicate = triple.predicate.value
    ending = _NAME_END.match(predicate[::-1])  # RDF/XML writes the end of a predicate as the name of an element
    if ending is None or not any(letter.isalpha() or letter == "_" for letter in ending[0]):
        raise NotAcceptable(f"RDF/XML cannot write the predicate <{predicate}>: ask for text/turtle.")
    return triple


def rows(media_type: str, answer: bytes) -> int:
    """How many solutions an answer to SELECT holds; an answer to ASK holds none."""
    return _COUNTS[media_type](answer)


def _json_rows(answer: bytes) -> int:
    return len(orjson.loads(answer).get("results", {}).get("bindings", ()))


def _xml_rows(answer: bytes) -> int:
    # a < in a value is escaped, so that this can only be the element
    return len(re.findall(rb"<result\s*/?>", answer))


def _csv_rows(answer: bytes) -> int:
    return max(0, re.sub(rb'"[^"]*"', b"", answer).count(b"\n") - 1)  # what is quoted may hold line ends


def _tsv_rows(answer: bytes) -> int:
    return max(0, answer.count(b"\n") - 1)  # line ends in values are escaped


_COUNTS: dict[str, Callable[[bytes], int]] = {
    "application/sparql-results+json": _json_rows,
    "application/sparql-results+xml": _xml_rows,
    "text/csv": _csv_rows,
    "text/tab-separated-values": _tsv_rows,
}
