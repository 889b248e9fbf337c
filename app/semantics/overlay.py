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


def _values(term: type[Literal | NamedNode], *predicates: NamedNode) -> Makes:
    """Each value as a term of this kind, under each predicate."""

    def make(me: NamedNode, value: Any) -> Iterator[Triple]:
        for one in value if isinstance(value, list) else [value]:
            yield from (Triple(me, predicate, term(one)) for predicate in predicates)

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
    "description": _values(Literal, DCT.description, SCHEMA.description),
    "alternative_title": _values(Literal, DCT.alternative, SCHEMA.alternateName),
    "keywords": _values(Literal, DCAT.keyword, SCHEMA.keywords),
    "license": _license,
    "algorithm": _algorithm,
    "intended_use": _values(Literal, INTENDED_USE),
    "limitations": _values(Literal, LIMITATIONS),
    "tasks": _values(Literal, TASK),
    "citation": _values(Literal, CITATION),
    "languages": _values(Literal, LANGUAGE),
    "topics": _values(NamedNode, ABOUT),
    "see_also": _values(NamedNode, RDFS.seeAlso),
}
