"""Tags of the CORDS convention, with what went wrong in its first implementation; and all other tags."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.semantics.graph import describe_model
from app.semantics.graph.tags import CLASSES, PROPERTIES
from app.semantics.vocabulary import PREFIXES
from app.semantics.writing import lines
from tests.semantics.graph_facts import BASE, MODEL_IRI, ask, unresolved

INDIVIDUALS = f"""SELECT ?class ?label WHERE {{ ?i a ?class ; rdfs:label ?label
  FILTER(STRSTARTS(STR(?i), "{MODEL_IRI}#cords")) }}"""
VALUES = f"""SELECT ?label ?property ?value WHERE {{ ?i rdfs:label ?label ; ?property ?value
  FILTER(STRSTARTS(STR(?i), "{MODEL_IRI}#cords") && ?property NOT IN (rdf:type, rdfs:label)) }}"""
RUN = {"cords.Run": "run 1", "cords.Run.executes": "impl", "cords.Implementation": "impl", "cords.Software": "mlflow"}


def tagged(tags: dict[str, str]) -> Any:
    return describe_model(unresolved(tags=tags), BASE).triples


def term(short: str) -> str:
    prefix, _, name = short.partition(":")
    return PREFIXES[prefix] + name


def test_a_class_makes_an_individual_and_a_property_links_two_of_them() -> None:
    triples = tagged(RUN)
    expected = {"mls:Run": "run 1", "mls:Implementation": "impl", "mls:Software": "mlflow"}
    assert ask(triples, INDIVIDUALS) == sorted((term(kind), label) for kind, label in expected.items())
    assert ask(triples, VALUES) == [("run 1", term("mls:executes"), f"{MODEL_IRI}#cords/Implementation/impl")]


def test_the_order_of_tags_does_not_matter() -> None:
    texts = {lines(tagged(dict(order))) for order in itertools.permutations(RUN.items())}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("tag", "iri"),
    [
        ("Software", "mls:Software"),
        ("Model", "mls:Model"),
        ("Feature", "mls:Feature"),
        ("Implementation", "mls:Implementation"),
        ("Data", "mls:Data"),
        ("Dataset", "mls:Dataset"),
        ("Contract", "cords:Contract"),
        ("FLCommunications", "fl:FLCommunications"),
        ("Distribution", "dcat:Distribution"),
        ("Activity", "prov:Activity"),
    ],
)
def test_classes_are_found_by_their_exact_names(tag: str, iri: str) -> None:
    assert ask(tagged({f"cords.{tag}": "x"}), INDIVIDUALS) == [(term(iri), "x")]


@pytest.mark.parametrize(
    ("tag", "iri"),
    [
        ("Dataset.title", "dct:title"),
        ("Contract.LicensedBy", "cords:LicensedBy"),
        ("FLSession.numMinClients", "fl:numMinClients"),
        ("Model.hasHyperParameter", "mls:hasHyperParameter"),
        ("Dataset.byteSize", "dcat:byteSize"),
        ("Activity.startedAtTime", "prov:startedAtTime"),
    ],
)
def test_properties_of_all_vocabularies_are_kept_with_their_values(tag: str, iri: str) -> None:
    triples = tagged({f"cords.{tag}": "a#b c\nd"})
    assert ask(triples, VALUES) == [(tag.partition(".")[0], term(iri), "a#b c\nd")]


def test_one_property_on_several_tags_keeps_all_values() -> None:
    tags = {"cords.Model": "m", **{f"cords.Model.hasHyperParameter.{n}": f"p{n}" for n in range(3)}}
    assert [row[2] for row in ask(tagged(tags), VALUES)] == ["p0", "p1", "p2"]


def test_a_value_that_is_its_own_identifier_stays_a_value() -> None:
    tags = {"cords.Contract": "c1", "cords.Contract.hasID": "c1"}
    assert ask(tagged(tags), VALUES) == [("c1", term("cords:hasID"), "c1")]


@pytest.mark.parametrize(
    "key", ["cords.Sofware", "cords.Run.excutes", "cords.", "cords..", "cordsRun", "cords.run", "my.cords.Run"]
)
def test_what_is_unknown_stays_a_keyword(key: str) -> None:
    triples = tagged({key: "a=b#c"})
    assert ask(triples, "SELECT ?k WHERE { ?m dcat:keyword ?k ; schema:keywords ?k }") == [(f"{key}=a=b#c",)]
    assert ask(triples, INDIVIDUALS) == []


def test_classes_and_properties_are_told_apart() -> None:
    assert CLASSES.keys().isdisjoint(PROPERTIES)
    assert {"Run", "Contract", "FLSession"} <= CLASSES.keys()
    assert {"executes", "LicensedBy", "sessionID", "title", "used"} <= PROPERTIES.keys()


NAMES = st.sampled_from([*sorted(CLASSES), "Nothing", ""])
KEYS = st.builds(
    lambda *parts: ".".join(("cords", *parts)), NAMES, st.sampled_from([*sorted(PROPERTIES), "x"])
) | st.builds(lambda name: f"cords.{name}", NAMES)


@given(st.dictionaries(KEYS, st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=6))
def test_tags_of_any_form_are_described_in_any_order(tags: dict[str, str]) -> None:
    assert lines(tagged(tags)) == lines(tagged(dict(reversed(tags.items()))))
