"""Taking over the documents of an original assets DB, as `mongoexport` writes them."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.assets_db import document
from app.assets_db.document import Place
from app.assets_db.service import rows
from app.assets_db.service.storing import store_imported
from app.core.errors import DomainError, FieldError, Invalid
from app.entities.service import Caller

NUMBERS = {"$numberLong": int, "$numberInt": int, "$numberDouble": float, "$numberDecimal": str}
TEXTS = ("$oid", "$date", "$uuid", "$symbol")
# fields of an asset that are texts, and those that are something else
KEPT = ("asset_metadata", "asset_file_info", "asset_tags")
MAX_TEXTS = {"asset_name": 400, "version": 100, "tag": 100}


@dataclass
class Report:
    """What became of the documents: how many were `new`, the `same` as here, or `refused`, and why (by their numbers)."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str]] = field(default_factory=list)


def import_assets(caller: Caller | None, documents: Iterable[Any]) -> Report:
    """Make an asset of each document; those that are here already are left as they are, so that it can be done again.

    The files stay where they are: `asset_public_url` leads to the original. What cannot be taken over is reported.
    """
    report = Report()
    for number, found in enumerate(documents, 1):
        try:
            stored = store_imported(caller, _document(caller, plain(found)))
            report.counts["new" if stored.new else "same"] += 1
        except DomainError as error:
            report.counts["refused"] += 1
            report.refused.append((number, error.detail))
    return report


def plain(value: Any) -> Any:
    """JSON without MongoDB's marks of types (Extended JSON v1 and v2)."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((mark, inner),) = value.items()
        if mark in NUMBERS and isinstance(inner, str):
            return NUMBERS[mark](inner)
        if mark in TEXTS:
            return plain(inner)
    return {key: plain(inner) for key, inner in value.items()}


def _document(caller: Caller | None, found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise Invalid("It is no object.")
    version = found.get("asset_version") or {}
    if not isinstance(version, Mapping):
        raise Invalid("asset_version is no object.", errors=[FieldError("/asset_version", "must be an object")])
    given: dict[str, Any] = {"asset_name": _text(found, "asset_name")}
    given["asset_version"] = {name: _text(version, name) for name in ("version", "tag")}
    given |= {name: found[name] for name in KEPT if found.get(name) is not None}
    db = _text(found, "assets_db_id") or rows.settings["assets_db_id"]
    place = Place(_id(found), db[:100], caller.id if caller else None, "internal" if caller else "public")
    made = document.make(given, place, public_url=_text(found, "asset_public_url"), file_info={})
    document.check_types(made)
    return made


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    text = "" if value is None else value
    longest = MAX_TEXTS.get(name, 2000)
    if not isinstance(text, str) or len(text) > longest:
        detail = f"must be a text of at most {longest} characters"
        raise Invalid(f"{name} {detail}.", errors=[FieldError(f"/{name}", detail)])
    return text


def _id(found: Mapping[str, Any]) -> str:
    """Its asset_id; for one that never got any, an id that is always made alike."""
    given = found.get("asset_id")
    try:
        return str(uuid.UUID(given))
    except (ValueError, AttributeError, TypeError):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:mongodb:{found.get('_id')!r}:{given!r}"))
