"""What descriptions say: their form, their terms, and the questions that they answer."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from app.semantics.graph import Described, describe_dataset, describe_model, describe_training
from app.semantics.vocabulary import DCT, IT6, MLS, PREFIXES, PROV, RDF, RDFS, VOCABULARIES, XSD
from app.semantics.writing import lines
from tests.semantics.graph_facts import (
    BASE,
    DATASET,
    DATASET_IRI,
    MODEL_IRI,
    OTHER,
    OTHER_IRI,
    TRAINING_IRI,
    ask,
    dataset,
    model,
    shuffled,
    training,
    unresolved,
)

ALL = [
    (describe_model, model(), MODEL_IRI),
    (describe_model, unresolved(), MODEL_IRI),
    (describe_dataset, dataset(), DATASET_IRI),
    (describe_training, training(), TRAINING_IRI),
]
QUESTION = """
SELECT ?model ?param ?setting WHERE {
  ?run a mls:Run ; mls:hasOutput ?model , ?evaluation ; mls:hasInput ?input .
  ?model a it6:MachineLearningModel ; it6:trainedOn <%s> .
  ?evaluation a mls:ModelEvaluation ; mls:specifiedBy/rdfs:label "r2" ; mls:hasValue ?r2 .
  ?input a mls:HyperParameterSetting ; mls:specifiedBy/rdfs:label ?param ; mls:hasValue ?setting .
  FILTER(?r2 > 0.4)
}"""


def said(described: Described, subject: str, predicate: NamedNode) -> set[Any]:
    return {t.object for t in described.triples if t.subject.value == subject and t.predicate == predicate}


@pytest.mark.parametrize(("describe", "facts", "iri"), ALL)
def test_every_subject_is_the_thing_or_a_part_of_it_with_a_type_and_a_name(describe: Any, facts: Any, iri: str) -> None:
    triples = describe(facts, BASE).triples
    subjects = {triple.subject for triple in triples}
    assert NamedNode(iri) in subjects
    for subject in subjects:
        assert subject.value == iri or subject.value.startswith(f"{iri}#"), subject
        own = {triple.predicate for triple in triples if triple.subject == subject}
        assert RDF.type in own and RDFS.label in own, subject
    assert not any(isinstance(term, BlankNode) for triple in triples for term in triple)


@pytest.mark.parametrize(("describe", "facts", "iri"), ALL)
def test_every_part_that_is_named_is_described_and_reached_from_the_thing(describe: Any, facts: Any, iri: str) -> None:
    triples = describe(facts, BASE).triples
    subjects = {triple.subject.value for triple in triples}
    links = {(t.subject.value, t.object.value) for t in triples if isinstance(t.object, NamedNode)}
    assert {target for _, target in links if target.startswith(f"{iri}#")} <= subjects
    near, seen = {iri}, set()
    while near:
        seen |= near
        near = {b for a, b in links if a in near} | {a for a, b in links if b in near}
        near = {one for one in near if one.startswith(iri)} - seen
    assert seen == subjects


@pytest.mark.parametrize(("describe", "facts", "iri"), ALL)
def test_all_terms_stand_in_the_closed_vocabularies(describe: Any, facts: Any, iri: str) -> None:
    known = {node for vocabulary in VOCABULARIES for node in vocabulary.terms.values()}
    triples = describe(facts, BASE).triples
    assert {triple.predicate for triple in triples} <= known
    assert {triple.object for triple in triples if triple.predicate == RDF.type} <= known


@pytest.mark.parametrize(("describe", "facts", "iri"), ALL)
def test_the_order_of_facts_does_not_matter(describe: Any, facts: Any, iri: str) -> None:
    assert describe(shuffled(facts), BASE) == describe(facts, BASE)
    assert list(describe(facts, BASE).triples) == sorted(describe(facts, BASE).triples, key=str)


def test_a_term_that_does_not_exist_cannot_be_written() -> None:
    with pytest.raises(AttributeError, match="mls:Modell"):
        _ = MLS.Modell
    assert PREFIXES["fair4ml"] == "https://w3id.org/fair4ml#"
    assert PREFIXES["schema"] == "http://schema.org/"
    assert PREFIXES["it6"] == "http://data.europa.eu/it6/"


def test_the_question_of_the_demo_is_answered() -> None:
    triples = [*describe_model(model(), BASE).triples, *describe_dataset(dataset(), BASE).triples]
    assert ask(triples, QUESTION % DATASET_IRI) == [
        (MODEL_IRI, "alpha", "0.5"),
        (MODEL_IRI, "fit_intercept", "true"),
        (MODEL_IRI, "max_iter", "100"),
        (MODEL_IRI, "solver", "auto"),
    ]
    assert ask(triples, QUESTION % OTHER_IRI) == []
    weak = describe_model(model(metrics={"r2": 0.4}), BASE).triples
    assert ask(weak, QUESTION % DATASET_IRI) == []


@pytest.mark.parametrize(
    ("text", "lexical", "datatype"),
    [
        ("12", "12", XSD.integer), ("-1", "-1", XSD.integer), ("0", "0", XSD.integer), ("007", "007", XSD.string),
        ("9" * 18, "9" * 18, XSD.integer), ("9" * 19, "9" * 19, XSD.string), ("+1", "+1", XSD.string),
        ("0.10", "0.10", XSD.double), ("1e-05", "1e-05", XSD.double), ("1.", "1.", XSD.string), ("01.5", "01.5", XSD.string),
        ("True", "true", XSD.boolean), ("false", "false", XSD.boolean), ("TRUE", "TRUE", XSD.string),
        ("nan", "NaN", XSD.double), ("-inf", "-INF", XSD.double), ("inf", "INF", XSD.double), ("", "", XSD.string),
        ("None", "None", XSD.string), (" 1", " 1", XSD.string), ("1\n", "1\n", XSD.string), ("\u0661", "\u0661", XSD.string),
        ("a#b c\nd", "a#b c\nd", XSD.string),
    ],
)  # fmt: skip
def test_a_parameter_has_a_type_only_when_its_text_is_exactly_that(
    text: str, lexical: str, datatype: NamedNode
) -> None:
    described = describe_model(model(params={"p": text}), BASE)
    assert said(described, f"{MODEL_IRI}#param/p", MLS.hasValue) == {Literal(lexical, datatype=datatype)}


@pytest.mark.parametrize(
    ("value", "lexical"),
    [
        (0.5, "0.5"),
        (3, "3.0"),
        ("NaN", "NaN"),
        ("Infinity", "INF"),
        ("-Infinity", "-INF"),
        (1e-9, "1e-09"),
        (1e300, "1e+300"),
    ],
)
def test_metrics_are_doubles_even_when_they_are_no_numbers(value: Any, lexical: str) -> None:
    described = describe_model(model(metrics={"m": value}), BASE)
    for term in (MLS.hasValue, IT6.value):
        assert said(described, f"{MODEL_IRI}#metric/m", term) == {Literal(lexical, datatype=XSD.double)}


@pytest.mark.parametrize(
    ("context", "terms"),
    [
        ("training", "it6:trainedOn fair4ml:trainedOn"),
        ("", "it6:trainedOn fair4ml:trainedOn"),
        ("Train", "it6:trainedOn fair4ml:trainedOn"),
        ("validation", "it6:validatedOn fair4ml:validatedOn"),
        ("eval", "it6:validatedOn fair4ml:evaluatedOn"),
        ("testing", "it6:testedOn fair4ml:testedOn"),
        ("calibration", ""),
    ],
)
def test_the_context_of_a_data_set_decides_how_it_was_used(context: str, terms: str) -> None:
    used = [{"dataset_id": OTHER, "name": "x", "digest": None, "context": context}]
    described = describe_model(model(datasets=used), BASE)
    expected = {PREFIXES[prefix] + name for prefix, _, name in (term.partition(":") for term in terms.split())}
    target = NamedNode(OTHER_IRI)
    found = {t.predicate.value for t in described.triples if t.subject.value == MODEL_IRI and t.object == target}
    assert found == expected
    assert Triple(NamedNode(f"{MODEL_IRI}#run"), PROV.used, target) in described.triples
    assert any("it6:trainedOn" in line for line in described.missing) == ("it6:trainedOn" not in terms)


def test_whoever_may_not_see_a_data_set_can_be_shown_the_lines_that_do_not_name_it() -> None:
    used = [{"dataset_id": OTHER, "name": "x", "digest": "d", "context": "calibration"}]
    one = describe_model(model(datasets=[*model()["datasets"], *used]), BASE)
    without = describe_model(model(), BASE)
    kept = [line for line in lines(one.triples).split("\n") if f"<{OTHER_IRI}>" not in line]
    assert kept == lines(without.triples).split("\n")


def test_an_unresolved_model_invents_nothing_and_says_what_is_missing() -> None:
    described = describe_model(unresolved(), BASE)
    assert any("MLflow has no run abc." in line and "/refresh" in line for line in described.missing)
    types = {
        triple.object.value.rpartition("/")[2].rpartition("#")[2]
        for triple in described.triples
        if triple.predicate == RDF.type
    }
    assert types.isdisjoint({"Run", "Implementation", "File", "ModelEvaluation", "Algorithm", "Modality", "Library"})
    assert said(described, MODEL_IRI, DCT.title) == {Literal("lake depth")}
    assert described.algorithm is None


def test_a_model_that_was_resolved_once_keeps_what_is_known_and_says_that_it_may_be_old() -> None:
    described = describe_model(model(tracking={"state": "unresolved", "reason": "MLflow does not answer."}), BASE)
    assert any("out of date" in line for line in described.missing)
    assert said(described, f"{MODEL_IRI}#metric/r2", MLS.hasValue)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"tags": {"cords.Algorithm": "Ridge regression", "estimator_name": "Lasso"}}, "Ridge regression"),
        ({"tags": {"estimator_name": "Lasso", "estimator_class": "sklearn.linear_model.Lasso"}}, "Lasso"),
        ({"tags": {"cords.Implementation": "sklearn.KNeighborsRegressor"}}, "KNeighborsRegressor"),
        ({"flavors": {"xgboost": {"model_class": "xgboost.sklearn.XGBRegressor"}}}, "XGBRegressor"),
        ({"flavors": {"prophet": {}}}, "Prophet"),
        ({"params": {"model_type": "random forest"}}, "random forest"),
        ({"tags": {}, "params": {}}, None),
    ],
)
def test_the_algorithm_is_what_somebody_wrote_down(given: dict[str, Any], name: str | None) -> None:
    described = describe_model(model(**given), BASE)
    assert described.algorithm == name
    labels = ask(described.triples, "SELECT ?l WHERE { ?r a it6:Run ; mls:realizes/rdfs:label ?l }")
    assert labels == [(name or "Algorithm whose name is not recorded",)]
    assert any("cords.Algorithm" in line for line in described.missing) == (name is None)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001
        datetime(2026, 1, 2, 4, 4, 5, 6, timezone(timedelta(hours=1))),
        "2026-01-02T03:04:05.000006Z",
        "2026-01-02T05:04:05.000006+02:00",
    ],
)
def test_moments_of_any_kind_become_one_spelling(moment: Any) -> None:
    described = describe_model(model(created_at=moment), BASE)
    assert said(described, MODEL_IRI, DCT.created) == {Literal("2026-01-02T03:04:05.000006Z", datatype=XSD.dateTime)}


def test_a_person_is_a_node_of_the_thing_that_points_to_the_user() -> None:
    person = {"user_id": "9" * 64, "first_name": "Sample", "last_name": "User", "orcid": "0000-0002-1825-0097"}
    described = describe_model(model(creator=person), BASE)
    query = "SELECT ?n ?u ?o WHERE { ?m dct:creator ?c . ?c foaf:name ?n ; prov:specializationOf ?u ; owl:sameAs ?o }"
    assert ask(described.triples, query) == [
        ("Sample User", f"{BASE}/id/user/{'9' * 64}", "https://orcid.org/0000-0002-1825-0097")
    ]
    nobody = describe_model(model(creator=None), BASE)
    assert any("dct:creator" in line for line in nobody.missing)


def test_a_data_set_without_words_is_described_by_its_facts() -> None:
    described = describe_dataset(dataset(), BASE)
    assert said(described, DATASET_IRI, DCT.description) == {
        Literal("Data set lakes, digest 8f9eb48c, 442 rows, source of type http.")
    }
    assert said(describe_dataset(dataset(description="Lakes."), BASE), DATASET_IRI, DCT.description) == {
        Literal("Lakes.")
    }


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"profile": None}, "dqv:hasQualityMeasurement"),
        ({"source": None}, "dcat:accessURL"),
        ({"profile": {"num_rows": "x"}}, "num_rows"),
    ],
)
def test_without_source_or_rows_there_is_no_distribution_and_it_is_said(given: dict[str, Any], lacks: str) -> None:
    described = describe_dataset(dataset(**given), BASE)
    assert any(lacks in line for line in described.missing)
    assert any(line.startswith("dcat:distribution") for line in described.missing)
    assert ask(described.triples, "SELECT ?d WHERE { ?d a dcat:Distribution }") == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"properties": {"collection_date": "2025-06-30"}}, Literal("2025-06-30", datatype=XSD.date)),
        (
            {"tags": {"collection_date": "2025-06-30T10:00:00Z"}},
            Literal("2025-06-30T10:00:00.000000Z", datatype=XSD.dateTime),
        ),
        (
            {"properties": {"collection_date": "2025-02-31"}},
            Literal("2026-01-02T03:04:05.000006Z", datatype=XSD.dateTime),
        ),
        ({}, Literal("2026-01-02T03:04:05.000006Z", datatype=XSD.dateTime)),
    ],
)
def test_the_collection_date_is_the_owners_or_the_record(given: dict[str, Any], expected: Literal) -> None:
    assert said(describe_dataset(dataset(**given), BASE), DATASET_IRI, IT6.collectionDate) == {expected}


@pytest.mark.parametrize(
    "schema",
    [
        {"mlflow_colspec": [{"name": "bmi", "type": "double"}]},
        [{"name": "bmi", "type": "double"}],
        {"mlflow_tensorspec": {"features": [{"name": "bmi", "type": "double"}], "targets": None}},
        {"columns": [{"name": "bmi", "type": "double"}, {"name": "bmi", "type": "long"}]},
    ],
)
def test_columns_are_read_in_all_forms_that_mlflow_writes(schema: Any) -> None:
    described = describe_dataset(dataset(schema=schema), BASE)
    query = "SELECT ?n ?t WHERE { ?f a it6:Feature ; dct:title ?n ; dct:type/skos:prefLabel ?t }"
    assert ("bmi", "double") in ask(described.triples, query)
    assert ("bmi", "long") not in ask(described.triples, query)


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], {}, [None], [[]], {"a": None}, {"num_rows": -1}, {"shape": []}, [{"name": 1}]]
)
def test_odd_schemas_profiles_and_sources_are_described_without_an_error(odd: Any) -> None:
    assert lines(describe_dataset(dataset(schema=odd, profile=odd, source=odd), BASE).triples)
    assert lines(describe_model(model(signature={"inputs": odd, "outputs": odd, "params": odd}), BASE).triples)
    assert lines(describe_training(training(fl_session=odd, fl_client=odd), BASE).triples)


def test_wide_tables_are_cut_and_say_so() -> None:
    described = describe_dataset(dataset(schema=[{"name": f"c{n}", "type": "double"} for n in range(3000)]), BASE)
    assert len(ask(described.triples, "SELECT ?f WHERE { ?f a it6:Feature }")) == 500
    assert any("500 of 3000" in line for line in described.missing)


def test_of_other_things_only_the_iri_is_named() -> None:
    text = lines(describe_model(model(), BASE).triples)
    assert DATASET in text
    assert "8f9eb48c" not in text
    assert '"lakes"' not in text.replace(f'<{MODEL_IRI}#registered> <http://schema.org/name> "lakes"', "")
