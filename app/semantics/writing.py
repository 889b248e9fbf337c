"""Descriptions as text: the lines that are stored, and the formats that are served. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from app.core.errors import Invalid
from app.semantics.vocabulary import PREFIXES, RDF, XSD

FORMATS = {
    "jsonld": "application/ld+json",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "nquads": "application/n-quads",
    "rdfxml": "application/rdf+xml",
}
LOCAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
XML_NAME = re.compile(r"[^\W\d][\w.-]*\Z")  # what may follow a namespace in XML
# names of RDF that mean something else as elements of RDF/XML: RDF 1.1 XML Syntax, section 6.2.2 and 6.2.5
RESERVED = {"RDF", "Description", "ID", "about", "nodeID", "resource", "parseType", "datatype", "li"}
XML_RESERVED = {f"{RDF.iri}{name}" for name in RESERVED | {"bagID", "aboutEach", "aboutEachPrefix"}}
XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def lines(triples: Iterable[Triple]) -> str:
    """Canonical N-Triples: each triple once, one spelling, sorted by code point, a newline after each.

    This is what the database keeps and what digests are made of. Control characters are escaped, so any database can
    hold it. Raises ValueError on blank nodes, which have no definite name.
    """
    found = set()
    for triple in triples:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            raise ValueError(f"{triple} has a blank node; give it an IRI")  # noqa: TRY004
        found.add(f"{triple} .\n")
    return "".join(sorted(found))


def triples(lines_text: str) -> list[Triple]:
    """The triples of stored lines, in their order."""
    return [quad.triple for quad in parse(lines_text, RdfFormat.N_TRIPLES)]


def serialise(lines_text: str, media_type: str, about: str) -> bytes:
    """Stored lines in one of FORMATS, UTF-8; `about` is the graph of N-Quads.

    Raises Invalid for what RDF/XML has no way to write, and for a media type that is none of FORMATS.
    """
    writer = _WRITERS.get(media_type)
    if writer is None:
        raise Invalid(f"{media_type} is none of the formats: ask for {', '.join(FORMATS.values())}.")
    return writer(lines_text, about)


def _ntriples(lines_text: str, _about: str) -> bytes:
    return lines_text.encode()


def _nquads(lines_text: str, about: str) -> bytes:
    graph = f" {NamedNode(about)} ."
    return "".join(f"{line[:-2]}{graph}\n" for line in lines_text.split("\n") if line).encode()


def _turtle(lines_text: str, _about: str) -> bytes:
    return _serialised(triples(lines_text), RdfFormat.TURTLE)


def _serialised(found: list[Triple], form: RdfFormat) -> bytes:
    written = serialize(found, format=form, prefixes=PREFIXES)
    return written if written is not None else b""


def _rdfxml(lines_text: str, _about: str) -> bytes:
    found = triples(lines_text)
    for triple in found:
        _check_xml(triple)
    written = _serialised(found, RdfFormat.RDF_XML)
    return written.replace(b"\r", b"&#13;")  # else readers of XML would make a newline of it


def _check_xml(triple: Triple) -> None:
    predicate = triple.predicate.value
    if predicate in XML_RESERVED:
        raise Invalid(
            f"RDF/XML cannot write the predicate {predicate}, since it is a word of its syntax. Ask for Turtle."
        )
    if not _splits(predicate):
        raise Invalid(f"RDF/XML cannot write the predicate {predicate}, since it ends in no XML name. Ask for Turtle.")
    if isinstance(triple.object, Literal) and XML_FORBIDDEN.search(triple.object.value):
        raise Invalid(
            f"RDF/XML cannot write the value of {predicate}, since it has control characters. Ask for Turtle."
        )


@lru_cache(maxsize=1024)
def _splits(predicate: str) -> bool:
    """Whether a predicate can be cut into a namespace and a name, as the elements of XML need."""
    cut = max(predicate.rfind("#"), predicate.rfind("/")) + 1
    return bool(XML_NAME.fullmatch(predicate[cut:]))


def _jsonld(lines_text: str, _about: str) -> bytes:
    """One object for each subject, with an inline context of the prefixes only; nothing is fetched to read it."""
    found = triples(lines_text)
    prefixes = {} if _LOOKS_SHORT.search(lines_text) else PREFIXES
    nodes: dict[str, dict[str, Any]] = {}
    for triple in found:
        subject = _iri(triple.subject)
        node = nodes.setdefault(subject, {"@id": subject})
        if triple.predicate == RDF.type and isinstance(triple.object, NamedNode):
            node.setdefault("@type", []).append(_short(_iri(triple.object), prefixes))
        else:
            node.setdefault(_short(triple.predicate.value, prefixes), []).append(_value(triple.object, prefixes))
    return orjson.dumps({"@context": prefixes, "@graph": list(nodes.values())}, option=orjson.OPT_INDENT_2)


def _iri(term: Any) -> str:
    return str(term.value)


def _value(term: Any, prefixes: dict[str, str]) -> Any:
    if isinstance(term, NamedNode):
        return {"@id": term.value}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype == XSD.string:
        return {"@value": term.value}
    return {"@value": term.value, "@type": _short(term.datatype.value, prefixes)}


def _short(iri: str, prefixes: dict[str, str]) -> str:
    return _shortened(iri) if prefixes else iri


@lru_cache(maxsize=4096)
def _shortened(iri: str) -> str:
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    prefix = _BY_IRI.get(iri[:cut])
    return f"{prefix}:{iri[cut:]}" if prefix and LOCAL_NAME.fullmatch(iri[cut:]) else iri


_LOOKS_SHORT = re.compile(f"<(?:{'|'.join(PREFIXES)}):")  # an IRI that a reader would take for a short one
_BY_IRI = {iri: prefix for prefix, iri in PREFIXES.items()}
_WRITERS = {
    FORMATS["jsonld"]: _jsonld,
    FORMATS["turtle"]: _turtle,
    FORMATS["ntriples"]: _ntriples,
    FORMATS["nquads"]: _nquads,
    FORMATS["rdfxml"]: _rdfxml,
}
