"""Assets of an assets DB: the asset is a data set when it has a file, and the file is its distribution.

DCAT calls a data set what can be had in some representation, so that an asset without any file is a dcat:Resource, of
which the shapes of MLDCAT-AP 3.1.0 want nothing. The mapping of the file stands in `files`.
"""

from collections.abc import Mapping
from typing import Any

from app.semantics.graph import shared
from app.semantics.graph.bounds import MOST, lack_above, sayable, words
from app.semantics.graph.builder import Builder, Described
from app.semantics.graph.files import File, describe_file, read_file
from app.semantics.graph.literals import moment, text
from app.semantics.vocabulary import DCAT, DCT, IT6, ODRL, PROV, SCHEMA

TYPES = (ODRL.Asset, PROV.Entity)  # the first tells assets from other data sets
WITH_FILE = (DCAT.Dataset, SCHEMA.Dataset)
WITHOUT_FILE = (DCAT.Resource, SCHEMA.CreativeWork)


def describe_asset(facts: Mapping[str, Any], base: str) -> Described:
    """The description of an asset from the facts that the service shows of it; `base` is PUBLIC_URL."""
    graph = Builder(base, "asset", facts["id"])
    metadata, file = _mapping(facts.get("asset_metadata")), _file(facts)
    name, asset_id = _title(graph, facts), words(facts.get("asset_id")) or facts["id"]
    description = words(metadata.get("description"))
    own = {"name": name, "description": description or _sentence(facts, name, file)}
    types = (*TYPES, *(WITH_FILE if file else WITHOUT_FILE))
    shared.identify(graph, {**own, "created_at": facts.get("created_at")}, asset_id, types)
    _describe_names(graph, facts)
    shared.describe_creator(graph, facts)
    _describe_tags(graph, facts.get("asset_tags"))
    rest = {key: value for key, value in metadata.items() if key != "description" or not description}
    shared.describe_properties(graph, sayable(graph, "asset_metadata", rest), graph.me)
    if file is None:
        graph.lack("dcat:distribution: no file is known; upload one, or set asset_public_url to where it is.")
    else:
        _describe_collection(graph, metadata.get("collection_date"), facts.get("created_at"))
        describe_file(graph, file, name)
    return graph.done()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _file(facts: Mapping[str, Any]) -> File | None:
    """The file, if there is any sign of one."""
    info, url = _mapping(facts.get("asset_file_info")), words(facts.get("asset_public_url"))
    return read_file(info, url) if info or url or facts.get("stored") else None


def _title(graph: Builder, facts: Mapping[str, Any]) -> str:
    name = words(facts.get("asset_name"))
    if not name:
        graph.lack("dct:title: the asset has no name, and names never change; register it anew with an asset_name.")
    return name or f"Asset {words(facts.get('asset_id')) or facts['id']}"


def _sentence(facts: Mapping[str, Any], name: str, file: File | None) -> str:
    """Known facts in words, for an asset that nobody described."""
    version = _mapping(facts.get("asset_version"))
    parts = [name if name.startswith("Asset ") else f"Asset {name}"]
    parts += [f"{key} {version[key]}" for key in ("version", "tag") if words(version.get(key))]
    if file is None:
        return ", ".join([*parts, "without a file"]) + "."
    parts += [f"file {file.name}"] if file.name else []
    parts += [f"type {file.media}"] if file.media else []
    parts += ["1 byte" if file.size == 1 else f"{file.size} bytes"] if file.size is not None else []
    return ", ".join(parts) + "."


def _describe_names(graph: Builder, facts: Mapping[str, Any]) -> None:
    """Its uri, its version and tag, its aliases, and the assets DB that keeps it."""
    version = _mapping(facts.get("asset_version"))
    graph.words(graph.me, (DCT.identifier, SCHEMA.identifier), facts.get("asset_uri"))
    graph.words(graph.me, (DCAT.version, SCHEMA.version), version.get("version"))
    graph.words(graph.me, (IT6.versionLabel,), version.get("tag"))
    if not version.get("version"):
        graph.lack("dcat:version: the asset has no version, and versions never change; register it anew with one.")
    for alias in facts.get("aliases") or ():
        graph.words(graph.me, (SCHEMA.alternateName,), alias)
    if name := words(facts.get("assets_db_id")):
        place = graph.node("assets-db", label=f"Assets DB {name}", types=(PROV.Location,))
        graph.add(place, DCT.identifier, text(name))
        graph.add(graph.me, PROV.atLocation, place)


def _describe_tags(graph: Builder, tags: Any) -> None:
    """Tags as keywords, the first of them when there are very many."""
    known = sorted({tag for tag in tags if words(tag)} if isinstance(tags, list) else ())
    for tag in known[:MOST]:
        graph.say(graph.me, (DCAT.keyword, SCHEMA.keywords), text(tag))
    lack_above(graph, "dcat:keyword", "asset_tags", len(known))


def _describe_collection(graph: Builder, given: Any, created: Any) -> None:
    """When the data were collected, as their owner says; else when they were recorded here."""
    date = moment(given)
    if given and date is None:
        graph.lack("it6:collectionDate: collection_date is no date; write it as 2026-01-31 or as RFC 3339.")
    graph.add(graph.me, IT6.collectionDate, date or moment(created))
