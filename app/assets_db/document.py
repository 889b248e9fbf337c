"""Documents of assets: what they say, how their uri is made, and which of their fields may change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import Conflict, FieldError, Invalid
from app.queries.setting import apply_set

MAX_URI_BYTES = 1000
IDENTITY = ("asset_name", "asset_version", "asset_uri", "asset_id", "assets_db_id", "owner")
CHANGEABLE = ("asset_metadata", "asset_tags", "asset_file_info", "asset_public_url", "visibility")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"\x00-\x1f]{1,1990}")  # no javascript: or data: among them
URL_WANTED = "must be a whole URL, such as https://example.org/file"
MEASURED = ("file_name", "file_type", "file_size", "sha256", "md5")


@dataclass(frozen=True)
class Place:
    """Where an asset is and whose: what the service says of it, and not its sender."""

    asset_id: str
    assets_db_id: str
    owner: str | None
    visibility: str


def uri_of(name: str, version: str, tag: str) -> str:
    """`name:version-tag`, or nothing when one of the three is missing."""
    return f"{name}:{version}-{tag}" if name and version and tag else ""


def make(given: Mapping[str, Any], place: Place, *, public_url: str, file_info: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a new asset; `file_info` is what was measured of its file, and stands before what was declared."""
    version = {"version": "", "tag": "", **given.get("asset_version", {})}
    uri = uri_of(given.get("asset_name", ""), version["version"], version["tag"])
    _check_uri(uri)
    return {
        "asset_uri": uri,
        "asset_name": given.get("asset_name", ""),
        "asset_id": place.asset_id,
        "assets_db_id": place.assets_db_id,
        "asset_version": version,
        "asset_metadata": given.get("asset_metadata", {}),
        "asset_public_url": public_url,
        "asset_file_info": {**given.get("asset_file_info", {}), **file_info},
        "asset_tags": given.get("asset_tags", []),
        "visibility": place.visibility,
        "owner": place.owner,
    }


def _check_uri(uri: str) -> None:
    if len(uri.encode()) > MAX_URI_BYTES:
        raise _wrong("asset_name", f"makes, with version and tag, a uri of more than {MAX_URI_BYTES} bytes; shorten it")


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents say the same of the same bytes; their ids and addresses may differ."""
    return _said(one) == _said(other)


def _said(document: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in document.items() if key != "asset_id"}
    if "sha256" in document["asset_file_info"]:  # then the address is ours, and contains the id
        del said["asset_public_url"]
    return said


def changed(document: Mapping[str, Any], changes: Mapping[str, Any], *, stored: bool) -> dict[str, Any]:
    """The document with `changes` set as MongoDB's `$set` does; `stored` when its file is kept here.

    Raises Conflict for another identity, Invalid for fields that are no asset's or cannot be set so.
    """
    _refuse_unknown(changes)
    wanted = apply_set(document, changes)
    for key in IDENTITY:
        if wanted[key] != document[key]:
            raise _fixed(key, "is part of the identity of the asset, which never changes; upload a new version instead")
    check_types(wanted)
    if stored:
        _keep_measured(document, wanted)
    return wanted


def _refuse_unknown(changes: Mapping[str, Any]) -> None:
    for key in changes:
        if key.split(".", 1)[0] not in (*IDENTITY, *CHANGEABLE):
            raise _wrong(key[:200], f"is no field of an asset that can be changed; those are {', '.join(CHANGEABLE)}")


def check_types(document: Mapping[str, Any]) -> None:
    """Raise Invalid when a field does not have the type that its readers expect."""
    for key in ("asset_metadata", "asset_file_info"):
        if not isinstance(document[key], dict):
            raise _wrong(key, "must be an object")
    tags = document["asset_tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _wrong("asset_tags", "must be a list of strings")
    url = document["asset_public_url"]
    if not isinstance(url, str) or (url and not URL.fullmatch(url)):
        raise _wrong("asset_public_url", URL_WANTED)


def _keep_measured(document: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    before = {key: value for key, value in document["asset_file_info"].items() if key in MEASURED}
    for key, value in wanted["asset_file_info"].items():
        if before.get(key, value) != value:
            raise _fixed("asset_file_info", f"has another {key} than was measured of the file; leave it out")
    wanted["asset_file_info"] = {**wanted["asset_file_info"], **before}
    if wanted["asset_public_url"] != document["asset_public_url"]:
        raise _fixed("asset_public_url", "leads to the file that is kept here, and cannot be changed")


def _fixed(key: str, detail: str) -> Conflict:
    return Conflict(f"{key} {detail}.", errors=[FieldError(f"/{key}", detail)])


def _wrong(key: str, detail: str) -> Invalid:
    return Invalid(f"{key} {detail}.", errors=[FieldError(f"/{key}", detail)])
