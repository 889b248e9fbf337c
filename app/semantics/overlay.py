"""What people say of a thing beside what is generated: a set of fields, as RDF. Pure.

Terms: DCAT, Dublin Core, schema.org and FAIR4ML 0.1.0.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from app.semantics.graph.shared import web
from app.semantics.vocabulary import DCAT, DCT, FAIR4ML, MLS, RDF, RDFS, SCHEMA

INTENDED_USE = NamedNode(f"{FAIR4ML.iri}intendedUse")
LIMITATIONS = NamedNode(f"{FAIR4ML.iri}modelRisksBiasLimitations")
TASK = NamedNode(f"{FAIR4ML.iri}mlTask")
CITATION = NamedNode(f"{SCHEMA.iri}citation")
LANGUAGE = NamedNode(f"{SCHEMA.iri}inLanguage")
ABOUT = NamedNode(f"{SCHEMA.iri}about")
Makes = Callable[[NamedNode, Any], Iterator[Triple]]


def triples(fields: Mapping[str, Any], about: str) -> list[Triple]:
    """The statements that these fields make of the thing `about`; a field that is not known makes none."""
    me = NamedNode(about)
    return [triple for name, value in fields.items() if name in MAKERS for triple in MAKERS[name](me, value)]


def _words(*predicates: NamedNode) -> Makes:
    def make(me: NamedNode, value: Any) -> Iterator[Triple]:
        for one in value if isinstance(value, list) else [value]:
            yield from (Triple(me, predicate, Literal(one)) for predicate in predicates)

    return make


def _addresses(*predicates: NamedNode) -> Makes:
    def make(me: NamedNode, value: Any) -> Iterator[Triple]:
        for one in value if isinstance(value, list) else [value]:
            yield from (Triple(me, predicate, NamedNode(one)) for predicate in predicates)

    return make


def _license(me: NamedNode, value: str) -> Iterator[Triple]:
    node = NamedNode(f"{me.value}#stated/license")
    yield Triple(me, DCT.license, node)
    yield Triple(me, SCHEMA.license, node)
    yield Triple(node, RDF.type, DCT.LicenseDocument)
    yield Triple(node, RDFS.label, Literal(value))
    yield Triple(node, DCT.identifier, Literal(value))
    if page := web(value):
        yield Triple(node, RDFS.seeAlso, page)


def _algorithm(me: NamedNode, value: str) -> Iterator[Triple]:
    node = NamedNode(f"{me.value}#stated/algorithm")
    yield Triple(node, RDF.type, MLS.Algorithm)
    yield Triple(node, RDFS.label, Literal(value))
    yield Triple(me, DCT.relation, node)


MAKERS: dict[str, Makes] = {
    "description": _words(DCT.description, SCHEMA.description),
    "alternative_title": _words(DCT.alternative, SCHEMA.alternateName),
    "keywords": _words(DCAT.keyword, SCHEMA.keywords),
    "license": _license,
    "algorithm": _algorithm,
    "intended_use": _words(INTENDED_USE),
    "limitations": _words(LIMITATIONS),
    "tasks": _words(TASK),
    "citation": _words(CITATION),
    "languages": _words(LANGUAGE),
    "topics": _addresses(ABOUT),
    "see_also": _addresses(RDFS.seeAlso),
}
