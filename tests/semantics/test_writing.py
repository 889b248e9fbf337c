"""Descriptions as text: one spelling, and five formats that other libraries read to the same graph."""

import json
import time
import warnings
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse
from rdflib.compare import isomorphic

from app.core.errors import Invalid
from app.semantics.graph import describe_dataset, describe_model, describe_training
from app.semantics.writing import FORMATS, lines, serialise, triples
from tests.semantics.graph_facts import BASE, MODEL_IRI, dataset, model, training

NAMES = {"jsonld": "json-ld", "turtle": "turtle", "ntriples": "nt", "nquads": "nquads", "rdfxml": "xml"}
ABOUT = MODEL_IRI
DESCRIBED = [describe_model(model(), BASE), describe_dataset(dataset(), BASE), describe_training(training(), BASE)]
ME, SAYS = NamedNode(ABOUT), NamedNode("http://purl.org/dc/terms/title")
ODD = "a\"b\\c\n\td\re\u2028\u0085é\U0001f600 <dct:title> ' ]]> &amp;"


def of(*values: Any) -> str:
    return lines(Triple(ME, SAYS, value) for value in values)


def read_again(body: bytes, name: str) -> rdflib.Graph:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib warns of itself
        if name != "nquads":
            return rdflib.Graph().parse(data=body, format=NAMES[name])
        quads = list(rdflib.Dataset().parse(data=body, format="nquads").quads())
    graph = rdflib.Graph()
    for subject, predicate, value, name_of_graph in quads:
        assert str(name_of_graph) == ABOUT
        graph.add((subject, predicate, value))
    return graph


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("described", DESCRIBED, ids=["model", "dataset", "training"])
def test_every_format_reads_back_to_the_same_graph(name: str, described: Any) -> None:
    text = lines(described.triples)
    expected = rdflib.Graph().parse(data=text, format="nt")
    assert len(expected) == len(described.triples)
    assert isomorphic(read_again(serialise(text, FORMATS[name], ABOUT), name), expected)


@pytest.mark.parametrize("name", FORMATS)
def test_odd_texts_and_iris_survive_every_format(name: str) -> None:
    iris = [NamedNode("dct:title"), NamedNode("urn:x:y"), NamedNode(f"{ABOUT}#a/%2F%0A'(),;")]
    values = [Literal(ODD), Literal("", language="en-gb"), Literal("1", datatype=SAYS), *iris]
    text = of(*values)
    expected = rdflib.Graph().parse(data=text, format="nt")
    assert isomorphic(read_again(serialise(text, FORMATS[name], ABOUT), name), expected)


@settings(max_examples=150)
@given(
    st.sampled_from(list(FORMATS)), st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=3)
)
def test_any_text_survives_or_is_refused_by_name(name: str, values: list[str]) -> None:
    text = of(*map(Literal, values))
    try:
        body = serialise(text, FORMATS[name], ABOUT)
    except Invalid as error:
        assert name == "rdfxml" and "control characters" in error.detail  # noqa: PT017
        return
    form = {"jsonld": RdfFormat.JSON_LD, "turtle": RdfFormat.TURTLE, "ntriples": RdfFormat.N_TRIPLES}
    form |= {"nquads": RdfFormat.N_QUADS, "rdfxml": RdfFormat.RDF_XML}
    assert {quad.object.value for quad in parse(body, form[name])} == set(values)


def test_lines_are_unique_sorted_and_end_with_a_newline() -> None:
    found = list(DESCRIBED[0].triples)
    text = lines(reversed(found + found))
    assert text == "".join(f"{line}\n" for line in sorted(text.split("\n")[:-1]))
    assert text.count(" .\n") == len(found) == len(set(text.split("\n")[:-1]))
    assert lines(triples(text)) == text
    assert lines([]) == ""


def test_lines_have_no_characters_that_a_database_refuses() -> None:
    text = of(Literal("a\x00b\x1f\x7f\r\n"))
    assert text.count("\n") == 1
    assert all(character == "\n" or character >= " " for character in text)
    assert triples(text)[0].object == Literal("a\x00b\x1f\x7f\r\n")


def test_a_blank_node_has_no_definite_line() -> None:
    with pytest.raises(ValueError, match="blank node"):
        lines([Triple(BlankNode("x"), SAYS, Literal("y"))])
    with pytest.raises(ValueError, match="blank node"):
        lines([Triple(ME, SAYS, BlankNode("x"))])


def test_nquads_are_the_lines_in_the_graph_of_the_thing() -> None:
    text = lines(DESCRIBED[0].triples)
    body = serialise(text, FORMATS["nquads"], ABOUT).decode()
    assert body.replace(f" <{ABOUT}> .\n", " .\n") == text
    assert {quad.graph_name for quad in parse(body, RdfFormat.N_QUADS)} == {ME}


def test_json_ld_brings_its_context_along_and_uses_its_prefixes() -> None:
    body = json.loads(serialise(lines(DESCRIBED[0].triples), FORMATS["jsonld"], ABOUT))
    assert all(isinstance(iri, str) for iri in body["@context"].values())
    node = next(node for node in body["@graph"] if node["@id"] == ABOUT)
    assert node["dct:title"] == [{"@value": "lake depth"}]
    assert node["dct:created"] == [{"@value": "2026-01-02T03:04:05.000006Z", "@type": "xsd:dateTime"}]
    assert "it6:MachineLearningModel" in node["@type"]
    assert not any(key.startswith("http") for key in node)


@pytest.mark.parametrize("iri", ["http://example.org/1st", "http://example.org/", "urn:x", "http://example.org/a%20b"])
def test_rdf_xml_refuses_predicates_that_it_cannot_write(iri: str) -> None:
    text = lines([Triple(ME, NamedNode(iri), Literal("x"))])
    with pytest.raises(Invalid, match="RDF/XML cannot write") as raised:
        serialise(text, FORMATS["rdfxml"], ABOUT)
    assert iri in raised.value.detail
    for name in ("turtle", "jsonld", "ntriples", "nquads"):
        assert len(read_again(serialise(text, FORMATS[name], ABOUT), name)) == 1


def test_rdf_xml_refuses_texts_that_xml_cannot_hold() -> None:
    with pytest.raises(Invalid, match="control characters"):
        serialise(of(Literal("a\x01b")), FORMATS["rdfxml"], ABOUT)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="text/turtle"):
        serialise("", "text/html", ABOUT)


def test_describing_and_writing_a_model_is_quick() -> None:
    def once() -> float:
        start = time.process_time()
        serialise(lines(describe_model(model(), BASE).triples), FORMATS["turtle"], ABOUT)
        return time.process_time() - start

    assert min(once() for _ in range(20)) < 0.010
