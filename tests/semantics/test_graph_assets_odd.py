"""Facts of assets that nobody wants: odd types, names, sizes, and the order of sets."""

import hashlib
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal

from app.semantics.graph import describe_asset
from app.semantics.vocabulary import DCT, SCHEMA
from app.semantics.writing import lines, triples
from tests.conftest import ROOT
from tests.semantics.asset_cases import INFO
from tests.semantics.graph_facts import ASSET_IRI, BASE, as_json, ask, asset, shuffled
from tests.semantics.test_graph import said
from tests.semantics.test_graph_names import JSON, TEXT

PROGRAM = """
import hashlib, json, sys
from app.semantics.graph import describe_asset
from app.semantics.writing import lines
described = describe_asset(json.load(sys.stdin), "https://quay.example")
print(hashlib.sha256(lines(described.triples).encode() + repr(described.missing).encode()).hexdigest())
"""
KEYS = [key for key in asset() if key not in ("id", "created_at", "creator")]


def test_values_at_the_bounds_are_said_and_those_above_are_not() -> None:
    flat = {"text": "x" * 20_000, "list": list(range(1000)), "words": ["NaN", float("nan")], "number": float("inf")}
    above = {"long": "x" * 20_001, "wide": list(range(20_000)), "huge": 10**5000, "key" * 7000: 1}
    described = describe_asset(asset(asset_metadata={**flat, **above}), BASE)
    query = "SELECT ?n { ?a a odrl:Asset ; schema:additionalProperty/schema:name ?n }"
    assert ask(described.triples, query) == [("list",), ("number",), ("text",), ("words",)]
    assert len(described.missing) == len(above)
    assert all(len(line) < 400 for line in described.missing)
    described = describe_asset(asset(asset_metadata={"description": "x" * 20_001}), BASE)
    assert said(described, ASSET_IRI, DCT.description) == {
        Literal("Asset Lakes/Map, version 1.0, tag initial, file lakes.png, type image/png, 4711 bytes.")
    }


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])  # which a busy machine alone can cause
@given(st.data())
def test_facts_of_any_form_are_described_and_read_back(data: st.DataObject) -> None:
    draw: Any = data.draw
    facts = asset(**{key: draw(JSON) for key in draw(st.lists(st.sampled_from(KEYS), max_size=4)) if key != "aliases"})
    facts["asset_metadata"] = draw(st.just(facts["asset_metadata"]) | st.dictionaries(TEXT, JSON, max_size=3))
    measured = {key: draw(JSON) for key in draw(st.lists(st.sampled_from(sorted(INFO)), max_size=3))}
    facts["asset_file_info"] = draw(st.just(facts["asset_file_info"]) | st.just({**INFO, **measured}))
    described = describe_asset(facts, BASE)
    assert triples(lines(described.triples)) == list(described.triples)
    assert all(one.subject.value.startswith(ASSET_IRI) for one in described.triples)


def test_lone_surrogates_become_a_sign_in_texts_and_stay_apart_in_names() -> None:
    described = describe_asset(asset(asset_metadata=dict.fromkeys(map(chr, (0xD800, 0xD801)), "1")), BASE)
    nodes = {one.value for one in said(described, ASSET_IRI, SCHEMA.additionalProperty)}
    assert nodes == {f"{ASSET_IRI}#property/%ED%A0%80", f"{ASSET_IRI}#property/%ED%A0%81"}


@pytest.mark.parametrize("seed", range(3))
def test_the_seed_of_hashes_does_not_matter(seed: int) -> None:
    facts = asset(asset_tags=[f"tag{n}" for n in range(600)], asset_metadata={f"k{n}": n for n in range(600)})
    environ = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=as_json(facts), env=environ, cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    here = describe_asset(shuffled(facts), BASE)
    expected = hashlib.sha256(lines(here.triples).encode() + repr(here.missing).encode()).hexdigest()
    assert done.stdout.strip() == expected
