"""Our own shapes: what we make conforms, each rule is seen to catch, and nothing is fetched or printed."""

import logging
import threading
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from pyshacl import validate as check
from rdflib import Graph, URIRef
from rdflib.namespace import SH

from app.semantics.graph import describe_dataset, describe_model, describe_training
from app.semantics.shapes.checking import shapes
from app.semantics.validation import Report, validate
from app.semantics.vocabulary import DCAT, DCT, DQV, FL, FOAF, IT6, MLS, PROV, RDF, RDFS, XSD
from app.semantics.writing import lines
from tests.semantics.graph_facts import (
    BASE,
    DATASET_IRI,
    MODEL_IRI,
    TRAINING_IRI,
    dataset,
    model,
    official_shapes,
    training,
    unresolved,
)

pytestmark = pytest.mark.usefixtures("no_connections")
THINGS = {
    MODEL_IRI: describe_model(model(), BASE).triples,
    DATASET_IRI: describe_dataset(dataset(), BASE).triples,
    TRAINING_IRI: describe_training(training(), BASE).triples,
}
TEXT = Literal("a text")
MEASURES = [NamedNode(f"{MODEL_IRI}#measure/{name}") for name in ("r2", "rmse")]
OTHER = NamedNode("http://example.org/other")


def changed(about: str, node: str, term: NamedNode, *values: Any) -> Report:
    """The report of a description in which the values of one property were replaced."""
    subject = NamedNode(about + node)
    kept = [t for t in THINGS[about] if not (t.subject == subject and t.predicate == term)]
    return validate(lines([*kept, *(Triple(subject, term, value) for value in values)]), about)


def number(text: str, kind: NamedNode = XSD.integer) -> Literal:
    return Literal(text, datatype=kind)


@pytest.mark.parametrize("about", THINGS)
def test_what_we_make_conforms_without_a_word(about: str) -> None:
    assert validate(lines(THINGS[about]), about) == Report(True, ())


def test_numbers_that_are_none_and_markup_conform() -> None:
    found = describe_model(model(metrics={"a": "NaN", "b": "Infinity", "c": "-Infinity"}), BASE).triples
    markup = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral")
    more = [Triple(NamedNode(MODEL_IRI), DCT.abstract, Literal("<b>bold</b>", datatype=markup))]
    assert validate(lines([*found, *more]), MODEL_IRI) == Report(True, ())


def test_a_model_that_is_not_resolved_lacks_its_files_and_its_data() -> None:
    report = validate(lines(describe_model(unresolved(), BASE).triples), MODEL_IRI)
    assert not report.conforms
    graves = [result for result in report.results if result.severity == "Violation"]
    assert {result.path for result in graves} == {IT6.hasFile.value, IT6.trainedOn.value}
    assert all(result.focus_node == MODEL_IRI and ": " in result.message for result in graves)


@pytest.mark.parametrize(
    ("about", "node", "term", "values"),
    [
        (MODEL_IRI, "", DCT.identifier, []),
        (MODEL_IRI, "", DCT.identifier, [TEXT, Literal("b")]),
        (MODEL_IRI, "", DCT.title, []),
        (MODEL_IRI, "", DCT.title, [OTHER]),
        (MODEL_IRI, "", DCAT.version, []),
        (MODEL_IRI, "", DCAT.version, [TEXT, Literal("b")]),
        (MODEL_IRI, "", DCT.created, []),
        (MODEL_IRI, "", DCT.created, [TEXT]),
        (MODEL_IRI, "", IT6.hasFile, []),
        (MODEL_IRI, "", IT6.hasFile, [OTHER]),
        (MODEL_IRI, "", IT6.trainedOn, []),
        (MODEL_IRI, "", IT6.trainedOn, [TEXT]),
        (MODEL_IRI, "#run", IT6.hasFlow, []),
        (MODEL_IRI, "#run", IT6.hasFlow, [OTHER]),
        (MODEL_IRI, "#run", MLS.realizes, []),
        (MODEL_IRI, "#run", IT6.hasOutputFileDescription, []),
        (MODEL_IRI, "#run", IT6.hasOutputFilePrediction, []),
        (MODEL_IRI, "#run", MLS.hasOutput, []),
        (MODEL_IRI, "#run", PROV.startedAtTime, [TEXT]),
        (MODEL_IRI, "#run", PROV.startedAtTime, [number("2027-01-01T00:00:00Z", XSD.dateTime)]),
        (MODEL_IRI, "#run", PROV.endedAtTime, [TEXT]),
        (MODEL_IRI, "#metric/r2", MLS.specifiedBy, []),
        (MODEL_IRI, "#metric/r2", MLS.specifiedBy, [OTHER]),
        (MODEL_IRI, "#metric/r2", MLS.specifiedBy, MEASURES),
        (MODEL_IRI, "#metric/r2", MLS.hasValue, []),
        (MODEL_IRI, "#metric/r2", MLS.hasValue, [number("1"), number("2")]),
        (MODEL_IRI, "#metric/r2", MLS.hasValue, [TEXT]),
        (MODEL_IRI, "#metric/r2", DCT.title, []),
        (MODEL_IRI, "#metric/r2", IT6.value, [TEXT, Literal("b")]),
        (MODEL_IRI, "#param/alpha", MLS.specifiedBy, []),
        (MODEL_IRI, "#param/alpha", MLS.hasValue, []),
        (MODEL_IRI, "#param/alpha", MLS.hasValue, [TEXT, Literal("b")]),
        (MODEL_IRI, "#param/alpha", DCT.title, []),
        (MODEL_IRI, "#param/alpha", IT6.value, []),
        (MODEL_IRI, "#file/model", DCT.identifier, []),
        (MODEL_IRI, "#file/model", DCT.title, []),
        (MODEL_IRI, "#file/model", DCT.format, []),
        (MODEL_IRI, "#file/model", IT6.url, []),
        (MODEL_IRI, "#implementation", IT6.uploaded, []),
        (MODEL_IRI, "#implementation", NamedNode("http://www.w3.org/ns/adms#status"), []),
        (MODEL_IRI, "#file/model/MLmodel".replace("l/M", "l%2FM"), DCT.identifier, []),
        (MODEL_IRI, "#flavor/sklearn", DCT.title, []),
        (MODEL_IRI, "#flavor/sklearn", IT6.version, [TEXT, Literal("b")]),
        (MODEL_IRI, "#creator", FOAF.name, []),
        (MODEL_IRI, "#experiment", IT6.hasRun, []),
        (DATASET_IRI, "#row-count", DCT.title, []),
        (DATASET_IRI, "", DCT.title, []),
        (DATASET_IRI, "", DCT.description, []),
        (DATASET_IRI, "", DCT.identifier, []),
        (DATASET_IRI, "", DCAT.version, [TEXT, Literal("b")]),
        (DATASET_IRI, "", IT6.collectionDate, []),
        (DATASET_IRI, "", IT6.collectionDate, [TEXT]),
        (DATASET_IRI, "#distribution", DCAT.accessURL, []),
        (DATASET_IRI, "#distribution", DQV.hasQualityMeasurement, []),
        (DATASET_IRI, "#rows", DQV.value, []),
        (DATASET_IRI, "#rows", DCT.type, []),
        (DATASET_IRI, "#feature/columns/bmi", DCT.title, []),
        (DATASET_IRI, "#feature/columns/bmi", DCT.type, []),
        (TRAINING_IRI, "", DCT.title, []),
        (TRAINING_IRI, "", DCT.identifier, []),
        (TRAINING_IRI, "", FL.offersSession, []),
        (TRAINING_IRI, "", FL.offersSession, [OTHER]),
        (TRAINING_IRI, "#session", FL.numMinClients, [number("-1")]),
        (TRAINING_IRI, "#session", FL.numMinClients, [number("11")]),
        (TRAINING_IRI, "#session", FL.numMinClients, [TEXT]),
        (TRAINING_IRI, "#session", FL.numMaxClients, [number("1")]),
        (TRAINING_IRI, "#session", FL.numMaxClients, [number("x")]),
        (TRAINING_IRI, "#session", FL.participationRatio, [number("1.5", XSD.float)]),
        (TRAINING_IRI, "#session", FL.participationRatio, [number("-0.1", XSD.float)]),
        (TRAINING_IRI, "#session", FL.sessionStartTime, [TEXT]),
        (TRAINING_IRI, "#session", FL.sessionEndTime, [TEXT]),
        (TRAINING_IRI, "#session", FL.sessionEndTime, [number("2025-01-01T00:00:00Z", XSD.dateTime)]),
        (TRAINING_IRI, "#session", FL.hasTraining, [OTHER]),
        (TRAINING_IRI, "#session", FL.usesAggregation, [OTHER]),
        (TRAINING_IRI, "#aggregation", FL.aggregationFrequency, [number("-1")]),
        (TRAINING_IRI, "#communication", FL.secureAggregationEnabled, [TEXT]),
        (TRAINING_IRI, "#security", FL.differentialPrivacyEnabled, [TEXT]),
        (TRAINING_IRI, "#training", FL.trainingRounds, [number("-1")]),
        (TRAINING_IRI, "#training", FL.localEpochs, [TEXT]),
    ],
)  # fmt: skip
def test_each_rule_is_seen_to_catch(about: str, node: str, term: NamedNode, values: list[Any]) -> None:
    report = changed(about, node, term, *values)
    found = [result for result in report.results if result.severity == "Violation"]
    assert not report.conforms
    # of an order of two properties, the finding may stand at either of them
    near = {term.value, *({FL.numMinClients.value, FL.sessionStartTime.value} if term.value.startswith(FL.iri) else ())}
    assert any(result.focus_node == about + node and result.path in near for result in found)
    assert all(": " in result.message and result.message.endswith(".") for result in found)


@pytest.mark.parametrize(
    ("about", "node", "says"),
    [
        (MODEL_IRI, "#creator", "foaf:Agent"),
        (MODEL_IRI, "#run", "it6:Run"),
        (MODEL_IRI, "#metric/r2", "it6:Evaluation"),
        (MODEL_IRI, "#param/alpha", "it6:Parameter"),
        (MODEL_IRI, "#library/mlflow", "it6:Library"),
        (DATASET_IRI, "#feature/columns/bmi", "it6:Feature"),
    ],
)
def test_links_lead_to_what_they_say(about: str, node: str, says: str) -> None:
    report = changed(about, node, RDF.type, OTHER)
    assert any(result.focus_node == about + node and says in result.message for result in report.results)
    assert not report.conforms


@pytest.mark.parametrize("term", [DCT.creator, DCT.license, DCT.description, PROV.wasGeneratedBy])
def test_what_is_only_advice_does_not_break_conformity(term: NamedNode) -> None:
    report = changed(MODEL_IRI, "", term)
    assert report.conforms
    assert [(result.severity, result.path) for result in report.results] == [("Warning", term.value)]


@pytest.mark.parametrize(("term", "says"), [(RDF.type, "has no type"), (RDFS.label, "has no name")])
@pytest.mark.parametrize("node", ["#measure/r2", "#property/licence"])
def test_every_node_needs_a_type_and_a_name(node: str, term: NamedNode, says: str) -> None:
    report = changed(MODEL_IRI, node, term)
    assert not report.conforms
    assert any(result.focus_node == MODEL_IRI + node and says in result.message for result in report.results)


def test_a_description_that_does_not_speak_of_the_thing_does_not_conform() -> None:
    assert "Nothing is said of" in validate("", MODEL_IRI).results[0].message
    assert not validate(lines(THINGS[DATASET_IRI]), MODEL_IRI).conforms


def test_findings_name_the_value_and_come_in_one_order() -> None:
    triples = [t for t in THINGS[MODEL_IRI] if t.predicate not in (DCT.title, MLS.specifiedBy, DCT.license)]
    report = validate(lines([*triples, Triple(NamedNode(f"{MODEL_IRI}#metric/r2"), MLS.hasValue, TEXT)]), MODEL_IRI)
    keys = [(result.severity != "Violation", result.focus_node, result.path or "") for result in report.results]
    assert keys == sorted(keys) and len(keys) > 5
    assert any(result.value == "a text" for result in report.results)
    assert (
        validate(
            lines(reversed([*triples, Triple(NamedNode(f"{MODEL_IRI}#metric/r2"), MLS.hasValue, TEXT)])), MODEL_IRI
        )
        == report
    )


def test_imports_are_not_followed_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    imports = NamedNode("http://www.w3.org/2002/07/owl#imports")
    ontology = NamedNode("http://www.w3.org/2002/07/owl#Ontology")
    me = NamedNode(MODEL_IRI)
    more = [Triple(me, imports, NamedNode("http://127.0.0.1:9/shapes")), Triple(me, RDF.type, ontology)]
    odd = [Triple(me, DCT.extent, number("x", kind)) for kind in (XSD.integer, XSD.dateTime, XSD.boolean, XSD.double)]
    markup = "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral"
    bomb = Triple(me, DCT.abstract, Literal('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', datatype=NamedNode(markup)))
    with caplog.at_level(logging.WARNING):
        report = validate(lines([*THINGS[MODEL_IRI], *more, *odd, bomb]), MODEL_IRI)
    assert [result.value for result in report.results] == [bomb.object.value, *["x"] * 4]
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize("start", ["2026-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "24:00", ""])
@pytest.mark.parametrize("kind", [XSD.dateTime, XSD.integer, XSD.string])
def test_odd_values_are_findings_and_no_errors(start: str, kind: NamedNode) -> None:
    report = changed(TRAINING_IRI, "#session", FL.sessionStartTime, Literal(start, datatype=kind))
    assert report == changed(TRAINING_IRI, "#session", FL.sessionStartTime, Literal(start, datatype=kind))


def test_eight_threads_get_the_same_report() -> None:
    shapes.cache_clear()
    text = lines(describe_model(unresolved(), BASE).triples)
    found: list[Report] = []
    threads = [threading.Thread(target=lambda: found.append(validate(text, MODEL_IRI))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_every_rule_of_ours_tells_what_to_do() -> None:
    graph = shapes()
    rules = set(graph.objects(None, SH.property))
    assert len(rules) > 60
    for rule in rules:
        message = str(graph.value(rule, SH.message))
        assert ": " in message and message.endswith("."), message


@pytest.mark.parametrize(
    "gone", [IT6.hasFile, IT6.trainedOn, DCT.title, DCT.identifier, DCT.created, DCAT.version, IT6.value, IT6.url]
)
def test_what_the_official_shapes_refuse_ours_refuse_too(gone: NamedNode) -> None:
    triples = [*THINGS[MODEL_IRI], *THINGS[DATASET_IRI]]
    official = official_shapes()
    # one node of each kind is enough: its fragment begins with its kind
    victims = {t.subject.value.split("#")[-1].split("/")[0]: t for t in triples if t.predicate == gone}
    for victim in victims.values():
        rest = [triple for triple in triples if triple != victim]
        graph = Graph().parse(data=lines(rest), format="nt")
        assert (URIRef(victim.subject.value), None, None) in graph
        theirs = check(graph, shacl_graph=official, inference="none")[0]
        assert theirs or not validate(lines(rest), MODEL_IRI).conforms, victim
