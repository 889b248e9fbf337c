"""Data sets that models are made with."""

from collections.abc import Mapping
from typing import Any

from pyoxigraph import Literal, NamedNode

from app.semantics.graph import shared
from app.semantics.graph.builder import Builder, Described
from app.semantics.graph.features import describe_features
from app.semantics.graph.literals import compact, moment, scalar, text
from app.semantics.graph.tags import describe_tags
from app.semantics.vocabulary import DCAT, DCT, DQV, IT6, MLS, PROV, SCHEMA, XSD

TYPES = (DCAT.Dataset, MLS.Dataset, SCHEMA.Dataset, PROV.Entity)
ADDRESSES = ("url", "uri", "path", "source_uri")
SHAPES = ("features_shape", "shape")


def describe_dataset(facts: Mapping[str, Any], base: str) -> Described:
    """The description of a data set from the facts that the service shows of it; `base` is PUBLIC_URL."""
    graph = Builder(base, "ml_dataset", facts["dataset_id"])
    rows = count_rows(facts.get("profile"))
    description = facts.get("description") or _sentence(facts, rows)
    shared.identify(graph, {**facts, "description": description}, facts["dataset_id"], TYPES)
    graph.words(graph.me, (DCAT.version, SCHEMA.version), facts.get("version"))
    shared.describe_creator(graph, facts)
    _describe_collection(graph, facts)
    _describe_digest(graph, facts.get("digest"))
    describe_tags(graph, facts.get("tags") or {})
    shared.describe_properties(graph, facts.get("properties") or {}, graph.me)
    features = describe_features(graph, facts.get("schema"), "columns")
    for feature in features:
        graph.add(graph.me, MLS.hasPart, feature)
    measurement = _describe_profile(graph, facts.get("profile"), rows)
    _describe_distribution(graph, facts, measurement, rows, features)
    return graph.done()


def count_rows(profile: Any) -> int | None:
    """The number of rows, from a profile as MLflow writes it."""
    if not isinstance(profile, Mapping):
        return None
    found = profile.get("num_rows")
    if found is None:
        shape = next((profile[key] for key in SHAPES if isinstance(profile.get(key), list) and profile[key]), [None])
        found = shape[0]
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**63 else None


def _sentence(facts: Mapping[str, Any], rows: int | None) -> str:
    """Known facts in words, for a data set that nobody described."""
    parts = [f"Data set {facts['name']}"]
    parts += [f"digest {facts['digest']}"] if facts.get("digest") else []
    parts += ["1 row" if rows == 1 else f"{rows} rows"] if rows is not None else []
    parts += [f"source of type {facts['source_type']}"] if facts.get("source_type") else []
    return ", ".join(parts) + "."


def _describe_collection(graph: Builder, facts: Mapping[str, Any]) -> None:
    """When it was collected, as its owner says; else when it was recorded here."""
    given = next((facts[part]["collection_date"] for part in ("properties", "tags") if _dated(facts.get(part))), None)
    date = moment(given)
    if given is not None and date is None:
        graph.lack(f"it6:collectionDate: {given!r} is no date; write collection_date as 2026-01-31 or as RFC 3339.")
    graph.add(graph.me, IT6.collectionDate, date or moment(facts.get("created_at") or facts.get("timestamp")))


def _dated(part: Any) -> bool:
    return isinstance(part, Mapping) and bool(part.get("collection_date"))


def _describe_digest(graph: Builder, digest: str | None) -> None:
    """MLflow's digest: no checksum that anybody else could compute, so a property and no spdx:Checksum."""
    if not digest:
        return
    node = graph.node("digest", label=f"Digest {digest}", types=(SCHEMA.PropertyValue,))
    graph.add(node, SCHEMA.propertyID, text("digest"))
    graph.add(node, SCHEMA.value, text(digest))
    graph.add(graph.me, SCHEMA.identifier, node)


def _describe_profile(graph: Builder, profile: Any, rows: int | None) -> NamedNode | None:
    """Numbers of the profile as characteristics; the number of rows as a quality measurement, which is given back."""
    for name, value in sorted(profile.items()) if isinstance(profile, Mapping) else ():
        if name == "num_rows" or not isinstance(value, (int, float)) or isinstance(value, bool):
            continue
        node = graph.node("characteristic", name, label=name, types=(MLS.DatasetCharacteristic,))
        graph.add(node, MLS.hasValue, scalar(value))
        graph.add(graph.me, MLS.hasQuality, node)
    if rows is None:
        return None
    quality = graph.node("row-count", label="Number of rows", types=(IT6.DataQuality,))
    graph.add(quality, DCT.title, text("Number of rows"))
    graph.add(quality, DCT.identifier, text("num_rows"))
    types = (DQV.QualityMeasurement, MLS.DatasetCharacteristic)
    measurement = graph.node("rows", label="Number of rows", types=types)
    graph.say(measurement, (DQV.value, MLS.hasValue), scalar(rows))
    graph.add(measurement, DCT.type, quality)
    graph.add(graph.me, MLS.hasQuality, measurement)
    return measurement


def _describe_distribution(
    graph: Builder, facts: Mapping[str, Any], measurement: NamedNode | None, rows: int | None, features: list[NamedNode]
) -> None:
    """Where the data lie; MLDCAT-AP wants their quality measured, so there is none without a number of rows."""
    source = facts.get("source")
    where = shared.place(graph, "source", title=facts["name"], address=_address(source)) if source else None
    graph.add(graph.me, DCT.source, where)
    if where is None:
        graph.lack('dcat:accessURL: the source of the data is not recorded; send it as `source`, such as {"url": ...}.')
    if measurement is None:
        graph.lack(
            'dqv:hasQualityMeasurement: the number of rows is not recorded; send it as `profile`: {"num_rows": ...}.'
        )
    if where is None or measurement is None:
        graph.lack("dcat:distribution: left out, since it needs both an access URL and a quality measurement.")
        return
    node = graph.node("distribution", label=f"{facts['name']} as recorded", types=(DCAT.Distribution,))
    graph.add(node, DCT.title, text(f"{facts['name']} as recorded"))
    graph.add(node, DCAT.accessURL, where)
    graph.add(node, DQV.hasQualityMeasurement, measurement)
    graph.add(node, IT6.numberOfDatapoints, Literal(str(rows), datatype=XSD.nonNegativeInteger))
    for feature in features:
        graph.add(node, IT6.hasFeature, feature)
    graph.add(graph.me, DCAT.distribution, node)


def _address(source: Any) -> str:
    """The address inside a source as MLflow writes it; else the whole of it."""
    if isinstance(source, Mapping):
        found = next((source[key] for key in ADDRESSES if isinstance(source.get(key), str) and source[key]), None)
        return found or compact(source)
    return source if isinstance(source, str) else compact(source)
