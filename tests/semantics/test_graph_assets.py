"""Assets in DCAT: their form, what is said of them and of their file, and what is missing."""

from typing import Any

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode

from app.semantics.graph import describe_asset
from app.semantics.service.examples import EXAMPLES
from app.semantics.vocabulary import DCAT, DCT, IT6, ODRL, PROV, RDF, RDFS, SCHEMA, VOCABULARIES
from app.semantics.writing import lines, triples
from tests.semantics.asset_cases import ASSETS, DEEP, FILE, INFO
from tests.semantics.graph_facts import ASSET_ID, ASSET_IRI, BASE, ask, asset, shuffled, without_file
from tests.semantics.test_graph import said

each = pytest.mark.parametrize("name", ASSETS)


@each
def test_every_subject_is_the_asset_or_a_part_of_it_with_a_type_and_a_name(name: str) -> None:
    found = describe_asset(ASSETS[name], BASE).triples
    subjects = {triple.subject for triple in found}
    assert NamedNode(ASSET_IRI) in subjects
    for subject in subjects:
        assert subject.value == ASSET_IRI or subject.value.startswith(f"{ASSET_IRI}#"), subject
        assert {RDF.type, RDFS.label} <= {triple.predicate for triple in found if triple.subject == subject}, subject
    assert not any(isinstance(term, BlankNode) for triple in found for term in triple)


@each
def test_every_part_is_described_and_reached_from_the_asset(name: str) -> None:
    found = describe_asset(ASSETS[name], BASE).triples
    links = {(t.subject.value, t.object.value) for t in found if isinstance(t.object, NamedNode)}
    near, seen = {ASSET_IRI}, set()
    while near:
        seen |= near
        near = {b for a, b in links if a in near and b.startswith(f"{ASSET_IRI}#")} - seen
    assert seen == {triple.subject.value for triple in found}


@each
def test_all_terms_stand_in_the_closed_vocabularies(name: str) -> None:
    known = {node for vocabulary in VOCABULARIES for node in vocabulary.terms.values()}
    found = describe_asset(ASSETS[name], BASE).triples
    assert {triple.predicate for triple in found} <= known
    assert {triple.object for triple in found if triple.predicate == RDF.type} <= known


@each
def test_the_order_of_facts_does_not_matter(name: str) -> None:
    one = describe_asset(ASSETS[name], BASE)
    if name != "deep":  # which is too deep to turn it round
        assert describe_asset(shuffled(ASSETS[name]), BASE) == one
    assert triples(lines(one.triples)) == list(one.triples) == sorted(one.triples, key=str)


def test_what_is_known_of_a_file_is_said() -> None:
    query = """SELECT ?title ?size ?type ?url ?algorithm ?sum WHERE {
      ?asset a dcat:Dataset, odrl:Asset ; dcat:keyword "lakes" ; dcat:distribution ?file .
      ?file dct:title ?title ; dcat:byteSize ?size ; dcat:mediaType/owl:sameAs ?type ;
        dcat:downloadURL/schema:url ?url ; spdx:checksum ?node .
      ?node spdx:checksumValue ?sum ; spdx:algorithm/owl:sameAs ?algorithm }"""
    described = describe_asset(asset(), BASE)
    png = "https://www.iana.org/assignments/media-types/image/png"
    sha256, md5 = (f"http://spdx.org/rdf/terms#checksumAlgorithm_{kind}" for kind in ("sha256", "md5"))
    url = f"{BASE}/asset-object/{ASSET_ID}"
    assert ask(described.triples, query) == [("lakes.png", "4711", png, url, sha256, "0f" * 32)]
    other = query.replace("spdx:checksum ?node", "dct:relation ?node")
    assert ask(described.triples, other) == [("lakes.png", "4711", png, url, md5, "ab" * 16)]
    size = ask(described.triples, "SELECT ?v { ?f dqv:hasQualityMeasurement ?m . ?m dqv:value ?v ; dct:type ?t }")
    assert size == [("4711",)]
    assert described.missing == ()


def test_what_is_known_of_the_asset_is_said() -> None:
    described = describe_asset(asset(), BASE)
    expected = {
        DCT.title: {"Lakes/Map"}, DCT.identifier: {ASSET_ID, "Lakes/Map:1.0-initial"}, DCAT.version: {"1.0"},
        IT6.versionLabel: {"initial"}, DCT.description: {"A map of lakes."}, DCAT.keyword: {"image", "lakes"},
        SCHEMA.alternateName: {"best map"},
    }  # fmt: skip
    for term, values in expected.items():
        assert {one.value for one in said(described, ASSET_IRI, term)} == values, term
    properties = ask(
        described.triples, "SELECT ?n ?v { ?x schema:additionalProperty [schema:name ?n; schema:value ?v] }"
    )
    assert properties == [("camera", "none"), ("depth", "12"), ("licence", "CC-BY-4.0"), ("place", '{"x":[1]}')]
    assert ask(described.triples, "SELECT ?l { ?x dct:license/rdfs:label ?l }") == [("CC-BY-4.0",)]
    assert ask(described.triples, "SELECT ?l { ?x prov:atLocation/dct:identifier ?l }") == [("assets-1",)]


def test_the_question_of_the_examples_finds_the_largest_file_first() -> None:
    (query,) = [one.query for one in EXAMPLES if one.name == "files-by-keyword"]
    plain = asset(id="7" * 64, asset_name="small", asset_file_info={"file_name": "s", "file_size": 9})
    others = [asset(id="8" * 64, asset_tags=["lakes"]), without_file(id="9" * 64)]
    found = [triple for facts in (asset(), *others) for triple in describe_asset(facts, BASE).triples]
    assert ask(found, query) == [(ASSET_IRI, "Lakes/Map", "lakes.png", "4711", "SHA-256", "0f" * 32)]
    without_sum = query.replace("?algorithm ?checksum WHERE", "WHERE")
    rows = ask([*found, *describe_asset(plain, BASE).triples], without_sum)
    assert [row[1:] for row in rows] == [("Lakes/Map", "lakes.png", "4711"), ("small", "s", "9")]


def test_an_asset_without_a_file_is_a_resource_and_no_data_set() -> None:
    described = describe_asset(without_file(asset_metadata={}), BASE)
    assert said(described, ASSET_IRI, RDF.type) == {ODRL.Asset, DCAT.Resource, SCHEMA.CreativeWork, PROV.Entity}
    assert said(described, ASSET_IRI, DCT.description) == {
        Literal("Asset Lakes/Map, version 1.0, tag initial, without a file.")
    }
    assert not said(described, ASSET_IRI, IT6.collectionDate)
    assert [line for line in described.missing if "dcat:distribution" in line and "asset_public_url" in line]
    for sign in ({"stored": True}, {"asset_public_url": "ftp://a/b"}, {"asset_file_info": {"format": "png"}}):
        assert DCAT.Dataset in said(describe_asset(without_file(**sign), BASE), ASSET_IRI, RDF.type), sign


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        (without_file(), ["dcat:distribution: no file"]),
        (asset(asset_public_url="", stored=False), ["dcat:accessURL", "dcat:distribution"]),
        (asset(asset_file_info={**INFO, "file_size": None}), ["dqv:hasQualityMeasurement", "dcat:distribution"]),
        (asset(asset_file_info={**INFO, "file_size": -1}), ["dqv:hasQualityMeasurement", "dcat:distribution"]),
        (asset(asset_file_info={**INFO, "file_size": True}), ["dqv:hasQualityMeasurement", "dcat:distribution"]),
        (asset(asset_file_info={**INFO, "file_type": "a picture"}), ["dcat:mediaType"]),
        (asset(asset_file_info={**INFO, "file_name": ""}), ["dct:title of the file"]),
        (asset(asset_file_info={**INFO, "sha256": "0g" * 32, "md5": "short"}), ["spdx:checksum"]),
        (asset(asset_name=" "), ["dct:title: the asset"]),
        (asset(asset_version={"version": "", "tag": "t"}), ["dcat:version"]),
        (asset(creator=None), ["dct:creator"]),
        (asset(created_at=None), ["dct:created"]),
        (asset(asset_metadata={"collection_date": "2025-02-31"}), ["it6:collectionDate"]),
        (asset(asset_metadata={"x": "y" * 20_001}), ["schema:additionalProperty"]),
        (asset(asset_metadata={"x": DEEP}), ["schema:additionalProperty"]),
        (asset(asset_metadata={f"k{n:03}": n for n in range(501)}), ["schema:additionalProperty: 500 of 501"]),
        (asset(asset_tags=[f"t{n}" for n in range(501)]), ["dcat:keyword: 500 of 501"]),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(facts: dict[str, Any], lacks: list[str]) -> None:
    missing = describe_asset(facts, BASE).missing
    assert len(missing) == len(lacks), missing
    for line, start in zip(missing, lacks, strict=True):
        assert line.startswith(start) and line.endswith("."), line


@pytest.mark.parametrize(
    "given", [{"asset_public_url": "", "stored": False}, {"asset_file_info": {"sha256": "0F" * 32}}]
)
def test_what_is_known_of_a_file_is_said_even_without_a_distribution(given: dict[str, Any]) -> None:
    described = describe_asset(asset(**given), BASE)
    assert ask(described.triples, "SELECT ?d { ?d a dcat:Distribution }") == []
    assert not said(described, ASSET_IRI, DCAT.distribution) and not said(described, FILE, DCAT.byteSize)
    query = "SELECT ?s { ?a schema:distribution/spdx:checksum/spdx:checksumValue ?s }"
    assert ask(described.triples, query) == [("0f" * 32,)]


def test_what_has_an_odd_type_is_said_as_a_property() -> None:
    odd = {"file_size": "10", "sha256": ["x"], "md5": 7, "file_type": "", "file_name": None}
    described = describe_asset(asset(asset_file_info=odd), BASE)
    query = "SELECT ?n ?v { ?f a schema:DataDownload ; schema:additionalProperty [schema:name ?n ; schema:value ?v] }"
    assert ask(described.triples, query) == [("file_size", "10"), ("md5", "7"), ("sha256", '["x"]')]


@pytest.mark.parametrize(
    ("given", "label", "page"),
    [
        ("image/png", "image/png", "image/png"),
        ("Text/PLAIN; charset=utf-8", "text/plain", "text/plain"),
        ("image/svg+xml", "image/svg+xml", "image/svg+xml"),
        ("a/b#c^d", "a/b#c^d", "a/b%23c%5Ed"),
        ("application/x-hdf", "application/x-hdf", None),
        ("image", None, None),
        ("a/b/c", None, None),
        ("text/html\nx", None, None),
    ],
)
def test_a_media_type_is_a_node_that_leads_to_the_register(given: str, label: str | None, page: str | None) -> None:
    described = describe_asset(asset(asset_file_info={**INFO, "file_type": given}), BASE)
    labels = ask(described.triples, "SELECT ?l { ?f dcat:mediaType ?m ; dct:format ?m . ?m rdfs:label ?l }")
    pages = ask(described.triples, "SELECT ?p { ?f dcat:mediaType/owl:sameAs ?p }")
    assert labels == ([(label,)] if label else [])
    assert pages == ([(f"https://www.iana.org/assignments/media-types/{page}",)] if page else [])
    assert said(described, FILE, SCHEMA.encodingFormat) == {Literal(given)}


@pytest.mark.parametrize("date", ["2025-06-30", "2025-06-30T10:00:00Z"])
def test_the_collection_date_is_the_owners_or_the_record(date: str) -> None:
    (found,) = said(
        describe_asset(asset(asset_metadata={"collection_date": date}), BASE), ASSET_IRI, IT6.collectionDate
    )
    assert found.value.startswith(date[:10])
    (found,) = said(describe_asset(asset(), BASE), ASSET_IRI, IT6.collectionDate)
    assert found.value == asset()["created_at"]
