"""Names of any kind in descriptions, and one digest whatever the seed of Python's hashes."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from app.semantics.graph import describe_dataset, describe_model, describe_training
from app.semantics.graph.builder import Builder, encode
from app.semantics.vocabulary import MLS, RDF, RDFS
from app.semantics.writing import lines, triples
from tests.conftest import ROOT
from tests.semantics.graph_facts import BASE, MODEL_IRI, as_json, dataset, model, training

SEEDS = 50
PROGRAM = """
import hashlib, json, sys
from app.semantics.graph import describe_model
described = describe_model(json.load(sys.stdin), "https://quay.example")
print(hashlib.sha256("".join(f"{triple} .\\n" for triple in described.triples).encode()).hexdigest())
"""
ANY = st.text(st.characters(), max_size=12)  # lone surrogates too
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(ANY, ANY)
def test_two_names_never_meet(one: str, other: str) -> None:
    graph = Builder(BASE, "ml_model", "1")
    assert (graph.fragment("param", one) == graph.fragment("param", other)) == (one == other)
    assert unquote_to_bytes(encode(one)).decode("utf-8", "surrogatepass") == one


@example(["a/b"], ["a", "b"])
@example([""], [])
@example(["a#b", "%2F"], ["a#b", "/"])
@given(st.lists(ANY, max_size=3), st.lists(ANY, max_size=3))
def test_two_paths_never_meet(one: list[str], other: list[str]) -> None:
    graph = Builder(BASE, "ml_model", "1")
    assert (graph.fragment("x", *one) == graph.fragment("x", *other)) == (one == other)


@settings(max_examples=60)
@given(st.dictionaries(TEXT, TEXT, max_size=5), st.dictionaries(TEXT, st.floats(), max_size=4))
def test_every_parameter_and_metric_survives_by_its_name(params: dict[str, str], metrics: dict[str, float]) -> None:
    described = describe_model(model(params=params, metrics=metrics), BASE)
    back = triples(lines(described.triples))
    assert set(back) == set(described.triples)
    for kind, names in ((MLS.HyperParameterSetting, params), (MLS.ModelEvaluation, metrics)):
        nodes = {triple.subject for triple in back if triple.predicate == RDF.type and triple.object == kind}
        labels = [t.object.value for t in back if t.subject in nodes and t.predicate == RDFS.label]
        assert sorted(labels) == sorted(names)


@settings(max_examples=80)
@given(st.data())
def test_facts_of_any_form_are_described_and_read_back(data: st.DataObject) -> None:
    draw: Any = data.draw
    odd = {key: draw(JSON) for key in ("schema", "profile", "source")}
    names = st.dictionaries(TEXT, TEXT, max_size=3)
    properties = st.dictionaries(TEXT, JSON, max_size=3)
    parts = {key: draw(properties) for key in ("fl_session", "fl_aggregation", "fl_training")}
    found = [
        describe_dataset(dataset(**odd, tags=draw(names), properties=draw(properties)), BASE),
        describe_training(training(**parts, fl_client=draw(JSON)), BASE),
        describe_model(model(flavors=draw(properties), signature={"inputs": draw(JSON), "params": draw(JSON)}), BASE),
    ]
    for described in found:
        assert triples(lines(described.triples)) == list(described.triples)


def test_lone_surrogates_become_a_sign_in_texts_and_stay_apart_in_names() -> None:
    described = describe_model(model(params=dict.fromkeys(map(chr, (0xD800, 0xD801)), "1")), BASE)
    nodes = {t.subject for t in described.triples if t.predicate == RDF.type and t.object == MLS.HyperParameterSetting}
    assert nodes == {NamedNode(f"{MODEL_IRI}#param/%ED%A0%80"), NamedNode(f"{MODEL_IRI}#param/%ED%A0%81")}
    assert lines(described.triples).encode()


def test_fifty_seeds_of_hashes_give_one_digest() -> None:
    facts = model(tags={f"key{n}": "v" for n in range(9)} | {"cords.Run": "r", "cords.Run.executes": "i"})

    def digest(seed: int) -> str:
        environ = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(
            command, input=as_json(facts), env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(digest, range(SEEDS)))
    assert found == {hashlib.sha256(lines(describe_model(facts, BASE).triples).encode()).hexdigest()}
