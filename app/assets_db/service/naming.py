"""The names of assets among all things, so that lineage and links find them by uri and by asset_id."""

import hashlib
from typing import Any

from app.entities import service as entities


def add(seq: int, document: dict[str, Any]) -> None:
    """Give an entity the names of its asset."""
    for scheme, value in _names(document):
        entities.add_alias(seq, scheme, value)


def remove(document: dict[str, Any]) -> None:
    """Free the names of an asset."""
    for scheme, value in _names(document):
        entities.remove_alias(scheme, value)


def _names(document: dict[str, Any]) -> list[tuple[str, str]]:
    names = [("asset_id", document["asset_id"])]
    if document["asset_uri"]:
        # a uri is unique within one assets DB only, of which several may share the database
        db = hashlib.sha256(document["assets_db_id"].encode()).hexdigest()[:16]
        names.append((f"asset_uri:{db}", document["asset_uri"]))
    return names
