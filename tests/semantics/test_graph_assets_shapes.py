"""Assets under the shapes that MLDCAT-AP 3.1.0 publishes and under our own."""

from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from pyshacl import validate as check
from rdflib import Graph, URIRef
from rdflib import Literal as Text

from app.semantics.graph import describe_asset
from app.semantics.validation import Report, validate
from app.semantics.vocabulary import DCAT, DCT, DQV, IT6, RDF, SCHEMA, SPDX, XSD
from app.semantics.writing import FORMATS, lines, serialise
from tests.semantics.asset_cases import ASSETS
from tests.semantics.graph_facts import ASSET_IRI, BASE, asset, official_shapes, parsed

each = pytest.mark.parametrize("name", ASSETS)
TWICE = [Literal("one"), Literal("two")]


@pytest.fixture(scope="module")
def official() -> Graph:
    return official_shapes()


@each
def test_an_asset_conforms_to_the_shapes_of_mldcat_ap(official: Graph, name: str) -> None:
    conforms, _, text = check(
        parsed(describe_asset(ASSETS[name], BASE).triples), shacl_graph=official, inference="none"
    )
    assert conforms, text


@each
@pytest.mark.usefixtures("no_connections")
def test_an_asset_conforms_to_our_shapes(name: str) -> None:
    report = validate(lines(describe_asset(ASSETS[name], BASE).triples), ASSET_IRI)
    assert report.conforms, report.results
    if name in ("stored", "elsewhere, declared", "type with parameters"):
        assert report == Report(True, ())


@each
def test_each_format_can_be_read_again(name: str) -> None:
    text = lines(describe_asset(ASSETS[name], BASE).triples)
    for form in (FORMATS["turtle"], FORMATS["jsonld"], FORMATS["nquads"]):
        assert serialise(text, form, ASSET_IRI)


@pytest.mark.parametrize(
    ("node", "term", "value", "finds"),
    [
        ("", IT6.collectionDate, None, "collectionDate"),
        ("", DCT.description, None, "description"),
        ("#file", DCAT.accessURL, None, "accessURL"),
        ("#file", DQV.hasQualityMeasurement, None, "hasQualityMeasurement"),
        ("#file", DCAT.byteSize, Text("x"), "byteSize"),
        ("#file", SPDX.checksum, URIRef(f"{ASSET_IRI}#checksum/md5"), "checksum"),
        ("#checksum/sha256", SPDX.algorithm, None, "algorithm"),
        ("#checksum/sha256", SPDX.checksumValue, Text("x"), "checksumValue"),
        ("#media-type/image%2Fpng", RDF.type, None, "mediaType"),
        ("#place/file", RDF.type, None, "downloadURL"),
        ("#size", DCT.type, None, "type"),
    ],
)
def test_the_official_shapes_see_when_something_is_broken(
    official: Graph, node: str, term: NamedNode, value: Any, finds: str
) -> None:
    data = parsed(describe_asset(asset(), BASE).triples)
    about = (URIRef(ASSET_IRI + node), URIRef(term.value))
    assert (*about, None) in data
    if value is None:
        data.remove((*about, None))
    else:
        data.add((*about, value))
    conforms, _, text = check(data, shacl_graph=official, inference="none")
    assert not conforms and finds in text


@pytest.mark.parametrize(
    ("node", "term", "values", "severity"),
    [
        ("", DCT.title, [], "Violation"),
        ("", DCT.description, [], "Violation"),
        ("", DCT.identifier, [], "Violation"),
        ("", DCT.created, [], "Violation"),
        ("", DCT.created, [Literal("today")], "Violation"),
        ("", DCAT.version, TWICE, "Violation"),
        ("", SCHEMA.distribution, [NamedNode(f"{ASSET_IRI}#size")], "Violation"),
        ("", SCHEMA.distribution, [], "Warning"),
        ("", DCT.creator, [], "Warning"),
        ("", DCT.license, [], "Warning"),
        ("#file", DCT.title, TWICE, "Violation"),
        ("#file", DCAT.accessURL, [NamedNode(f"{ASSET_IRI}#size")], "Violation"),
        ("#file", DCAT.downloadURL, [NamedNode(f"{ASSET_IRI}#size")], "Violation"),
        ("#file", DCAT.byteSize, [Literal("4711", datatype=XSD.integer)], "Violation"),
        ("#file", DCAT.byteSize, [], "Warning"),
        ("#file", DCAT.mediaType, [NamedNode("https://example.org/png")], "Violation"),
        ("#file", SPDX.checksum, [NamedNode(f"{ASSET_IRI}#size")], "Violation"),
        (
            "#file",
            SPDX.checksum,
            [NamedNode(f"{ASSET_IRI}#checksum/{kind}") for kind in ("md5", "sha256")],
            "Violation",
        ),
        ("#file", SPDX.checksum, [], "Warning"),
        ("#checksum/md5", SPDX.algorithm, [], "Violation"),
        ("#checksum/md5", SPDX.algorithm, [NamedNode(f"{ASSET_IRI}#size")], "Violation"),
        ("#checksum/md5", SPDX.checksumValue, [], "Violation"),
        ("#checksum/md5", SPDX.checksumValue, [Literal("ab")], "Violation"),
    ],
)
def test_our_shapes_tell_what_is_wrong_and_what_to_do(
    node: str, term: NamedNode, values: list[Any], severity: str
) -> None:
    subject = NamedNode(ASSET_IRI + node)
    kept = [t for t in describe_asset(asset(), BASE).triples if (t.subject, t.predicate) != (subject, term)]
    report = validate(lines([*kept, *(Triple(subject, term, value) for value in values)]), ASSET_IRI)
    found = [one for one in report.results if (one.focus_node, one.path) == (subject.value, term.value)]
    assert found and {one.severity for one in found} == {severity}
    assert report.conforms == (severity == "Warning")
    assert all(": " in one.message and one.message.endswith(".") for one in found)
