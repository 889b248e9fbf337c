"""What is generated, under the shapes that MLDCAT-AP 3.1.0 publishes."""

from typing import Any

import pytest
from pyshacl import validate as check
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF

from app.semantics.graph import describe_dataset, describe_model, describe_training
from app.semantics.writing import lines
from tests.semantics.graph_facts import (
    BASE,
    DATASET,
    DATASET_IRI,
    MODEL_IRI,
    OTHER,
    dataset,
    model,
    official_shapes,
    training,
)

IT6 = "http://data.europa.eu/it6/"
ODD = "a/b #%\n\"'<>\\ü\u2028\U0001f600"
TWO = [
    {"dataset_id": DATASET, "name": "lakes", "digest": "1", "context": "training"},
    {"dataset_id": OTHER, "name": "lakes", "digest": "2", "context": "testing"},
]
MODELS: dict[str, dict[str, Any]] = {
    "scikit-learn": {},
    "two data sets": {"datasets": TWO},
    "numbers that are none": {"metrics": {"a": "NaN", "b": "Infinity", "c": "-Infinity"}, "params": {"x": "nan"}},
    "odd names": {
        "name": ODD, "params": {ODD: ODD, "": ""}, "metrics": {ODD: 1.0, "": 2.0}, "tags": {ODD: ODD},
        "properties": {ODD: {"a": [ODD]}}, "flavors": {ODD: {"x_version": ODD}},
        "run": {"name": ODD, "experiment": ODD, "user": ODD, "status": ODD, "started_at": None, "ended_at": None},
        "signature": {"inputs": [{"name": ODD, "type": ODD}], "outputs": [], "params": [{"name": ODD, "default": 1}]},
    },
    "no signature, nobody, no registry": {"signature": None, "creator": None, "registered": None, "size": None},
    "a run that only began": {"run": {"name": "", "experiment": "", "user": "", "status": "", "started_at": None}},
    "tags of CORDS": {
        "tags": {"cords.Run": "r", "cords.Run.executes": "i", "cords.Implementation": "i", "cords.Algorithm": "x"}
    },
}  # fmt: skip
DATASETS: dict[str, dict[str, Any]] = {
    "as logged": {},
    "without anything": {"digest": None, "source": None, "source_type": None, "profile": None, "schema": None, "creator": None},
    "of arrays": {"profile": {"features_shape": [10, 2], "features_size": 20}, "schema": {"mlflow_tensorspec": {"features": [
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}], "targets": None}}, "source": {"tags": {}}},
    "odd names": {"name": ODD, "schema": [{"name": ODD, "type": ODD}, {"name": ODD}], "source": ODD, "properties": {ODD: ODD}},
}  # fmt: skip


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return official_shapes()


def graph(*descriptions: Any) -> Graph:
    return Graph().parse(data="".join(lines(described.triples) for described in descriptions), format="nt")


def findings(data: Graph, shapes: Graph) -> str:
    conforms, _, text = check(data, shacl_graph=shapes, inference="none")
    return "" if conforms else text


@pytest.mark.parametrize("name", MODELS)
def test_a_resolved_model_with_its_data_sets_conforms(shapes: Graph, name: str) -> None:
    described = describe_model(model(**MODELS[name]), BASE)
    data_sets = [describe_dataset(dataset(dataset_id=one), BASE) for one in (DATASET, OTHER)]
    assert findings(graph(described, *data_sets), shapes) == ""


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_conforms(shapes: Graph, name: str) -> None:
    assert findings(graph(describe_dataset(dataset(**DATASETS[name]), BASE)), shapes) == ""


def test_a_training_conforms(shapes: Graph) -> None:
    assert findings(graph(describe_training(training(), BASE)), shapes) == ""


@pytest.mark.parametrize(
    ("subject", "predicate", "value", "finds"),
    [
        (MODEL_IRI, f"{IT6}trainedOn", None, "trainedOn"),
        (f"{MODEL_IRI}#run", "http://www.w3.org/ns/mls#realizes", None, "realizes"),
        (f"{MODEL_IRI}#param/alpha", str(DCTERMS.title), Literal("twice"), "title"),
        (f"{MODEL_IRI}#file/model", f"{IT6}url", None, "url"),
        (f"{MODEL_IRI}#creator", str(RDF.type), None, "creator"),
        (DATASET_IRI, f"{IT6}collectionDate", None, "collectionDate"),
        (
            f"{DATASET_IRI}#distribution",
            "http://www.w3.org/ns/dqv#hasQualityMeasurement",
            None,
            "hasQualityMeasurement",
        ),
    ],
)
def test_the_official_shapes_see_when_something_is_broken(
    shapes: Graph, subject: str, predicate: str, value: Literal | None, finds: str
) -> None:
    data = graph(describe_model(model(), BASE), describe_dataset(dataset(), BASE))
    about = (URIRef(subject), URIRef(predicate))
    if value is None:
        assert (*about, None) in data
        data.remove((*about, None))
    else:
        data.add((*about, value))
    assert finds in findings(data, shapes)
