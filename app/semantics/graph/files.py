"""The file of an asset: a distribution in DCAT where what MLDCAT-AP 3.1.0 wants of one is known, with SPDX's checksums.

Its shapes want an access URL and a measured quality, which is the size in bytes here. Of a file without one of them, the
terms of schema.org still say what is known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from app.semantics.graph import shared
from app.semantics.graph.bounds import sayable, words
from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import fits, scalar, text
from app.semantics.vocabulary import DCAT, DCT, DQV, IT6, OWL, PROV, SCHEMA, SPDX, XSD

IANA = "https://www.iana.org/assignments/media-types/"
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"  # RFC 6838, section 4.2
MEDIA_TYPE = re.compile(rf"({_NAME}/{_NAME})\s*(?:;.*)?", re.DOTALL)
# the first that is known is the checksum, since MLDCAT-AP allows a distribution only one
CHECKSUMS = {
    "sha256": ("SHA-256", SPDX.checksumAlgorithm_sha256, re.compile(r"[0-9a-fA-F]{64}")),
    "md5": ("MD5", SPDX.checksumAlgorithm_md5, re.compile(r"[0-9a-fA-F]{32}")),
}


@dataclass(frozen=True)
class File:
    """What is known of a file; `size` in bytes, `sums` by algorithm, `rest` is what its owner declared beside."""

    name: str
    media: str
    size: int | None
    url: str
    sums: Mapping[str, str]
    rest: Mapping[str, Any]


def read_file(info: Mapping[str, Any], url: str) -> File:
    """The file from an asset's `asset_file_info` and `asset_public_url`; what has an odd type is among the rest."""
    name, media, size = words(info.get("file_name")), words(info.get("file_type")), info.get("file_size")
    size = size if isinstance(size, int) and fits(size) and size >= 0 else None
    sums = {kind: info[kind].lower() for kind in CHECKSUMS if _is_checksum(kind, info.get(kind))}
    known = {"file_name": name, "file_type": media, "file_size": size is not None}
    known |= {kind: kind in sums for kind in CHECKSUMS}
    unsaid = {key: value for key, value in info.items() if key not in known or not (known[key] or value in ("", None))}
    return File(name, media, size, url, sums, unsaid)


def _is_checksum(kind: str, value: Any) -> bool:
    return isinstance(value, str) and CHECKSUMS[kind][2].fullmatch(value) is not None


def describe_file(graph: Builder, file: File, name: str) -> None:
    """The file with what is known of it; `name` is that of its asset."""
    title = file.name or f"File of {name}"
    node = graph.node("file", label=title, types=(SCHEMA.DataDownload, PROV.Entity))
    graph.say(node, (DCT.title, SCHEMA.name), text(title))
    graph.words(node, (SCHEMA.encodingFormat,), file.media)
    graph.words(node, (SCHEMA.contentSize,), None if file.size is None else f"{file.size} B")
    graph.add(node, SCHEMA.contentUrl, (shared.web(file.url) or text(file.url)) if file.url else None)
    graph.add(graph.me, SCHEMA.distribution, node)
    if not file.name:
        graph.lack("dct:title of the file: its name is not recorded; set asset_file_info.file_name.")
    _describe_checksums(graph, node, file.sums)
    shared.describe_properties(graph, sayable(graph, "asset_file_info", file.rest), node, "file")
    media = _media_type(graph, file.media)
    graph.add(node, DCT.format, media)
    if file.url and file.size is not None:
        graph.add(node, DCAT.mediaType, media)
        _describe_distribution(graph, node, title, file.url, file.size)
    else:
        _lack_distribution(graph, file)


def _describe_checksums(graph: Builder, node: NamedNode, sums: Mapping[str, str]) -> None:
    term = SPDX.checksum
    for kind, value in sums.items():
        label, same, _ = CHECKSUMS[kind]
        algorithm = graph.node("algorithm", kind, label=label, types=(SPDX.ChecksumAlgorithm,))
        graph.add(algorithm, OWL.sameAs, same)
        checksum = graph.node("checksum", kind, label=f"{label} of the file", types=(SPDX.Checksum,))
        graph.add(checksum, SPDX.algorithm, algorithm)
        graph.add(checksum, SPDX.checksumValue, Literal(value, datatype=XSD.hexBinary))
        graph.add(node, term, checksum)
        term = DCT.relation
    if not sums:
        graph.lack(
            "spdx:checksum: no checksum of the file is recorded; set asset_file_info.sha256 to its 64 hexadecimal digits."
        )


def _media_type(graph: Builder, given: str) -> NamedNode | None:
    """A media type as a node of the asset's own, since its type must be said; the entry of IANA is the same."""
    found = MEDIA_TYPE.fullmatch(given)
    if found is None:
        graph.lack(
            "dcat:mediaType: the media type of the file is not recorded; set asset_file_info.file_type, such as image/png."
        )
        return None
    name = found[1].lower()
    node = graph.node("media-type", name, label=name, types=(DCT.MediaType, DCT.MediaTypeOrExtent))
    graph.add(node, DCT.identifier, text(name))
    if not name.partition("/")[2].startswith(("x-", "x.")):  # which nobody registers
        graph.add(node, OWL.sameAs, NamedNode(IANA + quote(name, safe="/+!$&")))
    return node


def _describe_distribution(graph: Builder, node: NamedNode, title: str, url: str, size: int) -> None:
    graph.name(node, title, (DCAT.Distribution,))
    place = shared.place(graph, "file", title=title, address=url)
    graph.say(node, (DCAT.accessURL, DCAT.downloadURL), place)
    graph.add(node, DCAT.byteSize, Literal(str(size), datatype=XSD.nonNegativeInteger))
    graph.add(node, DQV.hasQualityMeasurement, _describe_size(graph, size))
    graph.add(graph.me, DCAT.distribution, node)


def _describe_size(graph: Builder, size: int) -> NamedNode:
    """The size in bytes as a measurement of quality."""
    quality = graph.node("byte-size", label="Size in bytes", types=(IT6.DataQuality,))
    graph.add(quality, DCT.title, text("Size in bytes"))
    graph.add(quality, DCT.identifier, text("file_size"))
    measurement = graph.node("size", label="Size in bytes", types=(DQV.QualityMeasurement,))
    graph.add(measurement, DQV.value, scalar(size))
    graph.add(measurement, DCT.type, quality)
    return measurement


def _lack_distribution(graph: Builder, file: File) -> None:
    if not file.url:
        graph.lack("dcat:accessURL: it is not recorded where the file is; set asset_public_url, or upload the file.")
    if file.size is None:
        graph.lack(
            "dqv:hasQualityMeasurement: the size of the file is not recorded; set asset_file_info.file_size to its bytes."
        )
    graph.lack("dcat:distribution: left out, since it needs both an access URL and a quality measurement.")
