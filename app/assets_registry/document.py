"""Documents of registered assets DBs: the five fields of the registry, and which of them may change how."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from app.core.errors import Conflict, FieldError, Invalid, TooLarge
from app.queries.setting import apply_set

ID, NAME, METADATA, TAGS, URL = FIELDS = (
    "asset_registry_id",
    "asset_registry_name",
    "asset_registry_metadata",
    "asset_registry_tags",
    "asset_registry_public_url",
)
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:~@+-]{0,199}$"  # so that it stands in a path as it is
ID_WANTED = "must have 1 to 200 letters, digits and ._:~@+- and begin with a letter or digit"
MAX_NAME = 400
MAX_BYTES = 2 * 1024 * 1024


def make(given: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a new entry, its fields in the order of the registry."""
    usual = {ID: str(uuid.uuid4()), NAME: "", METADATA: {}, TAGS: []}
    return {field: given[field] if field in given else usual[field] for field in FIELDS}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents say the same, in whatever order."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)


def text_of(document: Mapping[str, Any]) -> str:
    """The document as text that keeps its order; raises TooLarge."""
    text = orjson.dumps(document)
    if len(text) > MAX_BYTES:
        raise TooLarge(f"The entry would have more than {MAX_BYTES} bytes; keep large data elsewhere.")
    return text.decode()


def changed(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with `changes` set as MongoDB's `$set` does.

    Raises Conflict for another id, Invalid for fields that an entry has not, or of the wrong type.
    """
    for key in changes:
        if key.split(".", 1)[0] not in FIELDS:
            raise wrong(key[:200], f"is no field of an entry; those are {', '.join(FIELDS)}")
    wanted = apply_set(document, changes)
    if wanted[ID] != document[ID]:
        detail = "never changes; delete the entry and make a new one"
        raise Conflict(f"{ID} {detail}.", errors=[FieldError(f"/{ID}", detail)])
    _check_types(wanted)
    return wanted


def _check_types(document: Mapping[str, Any]) -> None:
    name, tags = document[NAME], document[TAGS]
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise wrong(NAME, f"must be a string of at most {MAX_NAME} characters")
    if not isinstance(document[METADATA], dict):
        raise wrong(METADATA, "must be an object")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise wrong(TAGS, "must be a list of strings")
    if not isinstance(document[URL], str):
        raise wrong(URL, "must be a string")


def wrong(field: str, detail: str) -> Invalid:
    """The error for one field."""
    return Invalid(f"{field} {detail}.", errors=[FieldError(f"/{field}", detail)])
