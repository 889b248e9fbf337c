"""Federated trainings in CORDS's vocabulary."""

from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from app.semantics.graph import describe_training
from app.semantics.vocabulary import FL, XSD
from tests.semantics.graph_facts import BASE, TRAINING_IRI, ask, training

PATH = """SELECT ?method ?protocol ?crypt ?rounds ?client WHERE {
  ?service a fl:FLService ; fl:offersSession ?session .
  ?session fl:usesAggregation/fl:aggregationAlgorithm ?method ; fl:usesCommunication/fl:communicationProtocol ?protocol ;
    fl:hasSecurity/fl:encryptionMethod ?crypt ; fl:hasTraining/fl:trainingRounds ?rounds ;
    fl:hasParticipant/fl:participantID ?client . }"""


def session_says(described: Any, name: str, literal: Literal) -> bool:
    return Triple(NamedNode(f"{TRAINING_IRI}#session"), FL[name], literal) in described.triples


def test_all_parts_hang_together() -> None:
    described = describe_training(training(), BASE)
    assert ask(described.triples, PATH) == [("FedAvg", "gRPC", "AES-256", "10", "https://example.org/client")]
    assert described.missing == ()
    assert described.algorithm == "FedAvg"


@pytest.mark.parametrize(
    ("name", "lexical", "datatype"),
    [
        ("sessionID", "session-1", XSD.string),
        ("numMinClients", "2", XSD.integer),
        ("participationRatio", "0.5", XSD.float),
        ("sessionStartTime", "2026-01-01T00:00:00.000000Z", XSD.dateTime),
    ],
)
def test_values_have_the_types_of_the_vocabulary(name: str, lexical: str, datatype: NamedNode) -> None:
    described = describe_training(training(), BASE)
    assert session_says(described, name, Literal(lexical, datatype=datatype))


@pytest.mark.parametrize(
    ("key", "value", "name", "text"),
    [
        ("num_min_clients", "two", "numMinClients", "two"),
        ("num_min_clients", 2.5, "numMinClients", "2.5"),
        ("num_min_clients", True, "numMinClients", "true"),
        ("session_start_time", "yesterday", "sessionStartTime", "yesterday"),
        ("session_start_time", "2026-01-01", "sessionStartTime", "2026-01-01"),
        ("participation_ratio", "half", "participationRatio", "half"),
        ("session_id", ["a"], "sessionID", '["a"]'),
    ],
)
def test_a_value_of_the_wrong_type_stays_a_text_and_is_said(key: str, value: Any, name: str, text: str) -> None:
    described = describe_training(training(fl_session={key: value}), BASE)
    assert session_says(described, name, Literal(text))
    assert any(f"fl:{name}" in line and f"fl_session.{key}" in line for line in described.missing)


def test_what_its_makers_add_is_kept() -> None:
    described = describe_training(training(fl_security={"encryption_method": "AES", "key bits": 256}), BASE)
    query = (
        "SELECT ?n ?v WHERE { ?s a fl:FLSecurity ; schema:additionalProperty ?p . ?p schema:name ?n ; schema:value ?v }"
    )
    assert ask(described.triples, query) == [("key bits", "256")]


@pytest.mark.parametrize(
    ("clients", "names"),
    [
        ("one", ["one"]),
        (["b", "a"], ["a", "b"]),
        ({"id": "x", "gpu": True}, ["x"]),
        ([{"name": "n"}, 5], ["5", "n"]),
        (None, []),
        ([], []),
    ],
)
def test_clients_of_any_form_are_participants(clients: Any, names: list[str]) -> None:
    described = describe_training(training(fl_client=clients), BASE)
    assert [
        row[0] for row in ask(described.triples, "SELECT ?n WHERE { ?c a fl:FLParticipant ; rdfs:label ?n }")
    ] == names
    assert any("fl:FLParticipant" in line for line in described.missing) == (not names)


@pytest.mark.parametrize("part", ["fl_session", "fl_aggregation", "fl_communication", "fl_security", "fl_training"])
def test_a_part_that_is_not_recorded_is_missing(part: str) -> None:
    described = describe_training(training(**{part: None}), BASE)
    assert any(f"send {part}." in line for line in described.missing)
