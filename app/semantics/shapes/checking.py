"""Our shapes at work: rdflib and pySHACL, which take most of a second to load and are loaded for the first report."""

import logging
from functools import lru_cache
from pathlib import Path
from threading import Lock

from pyshacl import validate as check_shapes
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS, SH
from rdflib.term import Node

from app.semantics.validation import VIOLATION, Result

SHAPES = Path(__file__).parent
_CHECKING = Lock()  # pySHACL changes rdflib and the graph of the shapes while it works
# rdflib logs each literal that is not of its type, with a traceback; here that is a finding, and stands in the report
logging.getLogger("rdflib.term").setLevel(logging.ERROR)


@lru_cache(maxsize=1)
def shapes() -> Graph:
    """Our shapes, read once."""
    graph = Graph()
    for path in sorted(SHAPES.glob("*.ttl")):
        graph.parse(path, format="turtle")
    return graph


def findings(lines_text: str, about: str) -> set[Result]:
    """What is wrong with a description, as stored lines, of the thing `about`."""
    graph, odd = _well_typed(Graph().parse(data=lines_text, format="nt"))
    return {*odd, *_check_nodes(graph, URIRef(about)), *_check_shapes(graph)}


def _well_typed(graph: Graph) -> tuple[Graph, list[Result]]:
    """The graph with plain texts for literals that are not of their types, which pySHACL cannot compare; and findings."""
    found = []
    for subject, predicate, value in list(graph):
        if isinstance(value, Literal) and value.ill_typed:
            kind = str(value.datatype).rpartition("#")[2]
            message = f"The value is no {kind}: correct it, or write it as a plain text."
            found.append(Result(str(subject), str(predicate), message, VIOLATION, str(value)))
            graph.remove((subject, predicate, value))
            graph.add((subject, predicate, Literal(str(value))))
    return graph, found


def _check_nodes(graph: Graph, about: URIRef) -> list[Result]:
    """The thing itself is described, and every subject has a type and a name."""
    found = []
    if (about, None, None) not in graph:
        message = f"Nothing is said of {about} itself: describe it, not only its parts."
        found.append(Result(str(about), None, message, VIOLATION, None))
    for node in graph.subjects(unique=True):
        if (node, RDF.type, None) not in graph:
            message = f"{node} has no type: add an rdf:type."
            found.append(Result(str(node), str(RDF.type), message, VIOLATION, None))
        if (node, RDFS.label, None) not in graph and (node, DCTERMS.title, None) not in graph:
            message = f"{node} has no name: add an rdfs:label."
            found.append(Result(str(node), str(RDFS.label), message, VIOLATION, None))
    return found


def _check_shapes(graph: Graph) -> list[Result]:
    with _CHECKING:
        _, report, _ = check_shapes(
            graph, shacl_graph=shapes(), inference="none", do_owl_imports=False, advanced=False, js=False
        )
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL did not finish: {report}")
    return [_result(report, node) for node in report.objects(None, SH.result)]


def _result(report: Graph, node: Node) -> Result:
    path, value = report.value(node, SH.resultPath), report.value(node, SH.value)
    return Result(
        focus_node=str(report.value(node, SH.focusNode)),
        path=None if path is None else str(path),
        message=str(report.value(node, SH.resultMessage)),
        severity=str(report.value(node, SH.resultSeverity)).removeprefix(str(SH)),
        value=str(value) if isinstance(value, (Literal, URIRef)) else None,
    )
