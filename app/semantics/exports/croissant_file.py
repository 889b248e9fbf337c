"""The file of a data set as Croissant describes it.

A file is described only when the properties carry its checksum, since Croissant demands one and MLflow's digest is none:

    sha256           64 hexadecimal digits       (or)
    md5              32 hexadecimal digits
    content_url      where the file lies; when it is left out, the URL of the source
    encoding_format  media type; when it is left out, by the ending of the URL
    content_size     number of bytes (optional)
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from app.semantics.exports import stated as say
from app.semantics.exports.text import line

FORMATS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".json": "application/json",
    ".txt": "text/plain",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
}
WITH_COLUMNS = ("text/csv", "text/tab-separated-values", "application/x-parquet", "application/jsonlines")
UNKNOWN_FORMAT = "application/octet-stream"
CHECKSUMS = {"sha256": re.compile(r"[0-9a-fA-F]{64}"), "md5": re.compile(r"[0-9a-fA-F]{32}")}


def origin(facts: Mapping[str, Any]) -> str | None:
    """The URL of the source; one with a query is kept back, since it may hold a signature."""
    source = facts.get("source")
    given = [source.get(name) for name in ("url", "uri")] if isinstance(source, Mapping) else [source]
    found = next((one for one in map(say.address, given) if one), None)
    return found if found and "?" not in found and "#" not in found else None


def file_object(facts: Mapping[str, Any], iri: str) -> dict[str, Any] | None:
    """The file, if its checksum is known."""
    properties = facts.get("properties")
    given = properties if isinstance(properties, Mapping) else {}
    texts = {name: line(str(given.get(name))) for name in CHECKSUMS}
    sums = {name: text.lower() for name, text in texts.items() if CHECKSUMS[name].fullmatch(text)}
    url = say.address(given.get("content_url")) or origin(facts)
    if not sums or not url:
        return None
    path = urlsplit(url).path
    file = {
        "@id": f"{iri}#file",
        "@type": "cr:FileObject",
        "name": line(unquote(path.rsplit("/", 1)[-1])) or "file",
        "contentUrl": url,
        "encodingFormat": _format(given.get("encoding_format"), path),
        **sums,
    }
    size = given.get("content_size")
    return {**file, "contentSize": f"{size} B"} if type(size) is int and size >= 0 else file


def _format(given: Any, path: str) -> str:
    if isinstance(given, str) and line(given):
        return line(given)
    return next((value for ending, value in FORMATS.items() if path.lower().endswith(ending)), UNKNOWN_FORMAT)
