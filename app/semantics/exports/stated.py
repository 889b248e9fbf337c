"""What the people behind an asset state of it in its properties and tags. Properties win over tags."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from app.core.clock import rfc3339
from app.semantics.exports.text import line

LICENSE = ("license", "licence")
CREATOR = ("creator", "author")
CITATION = ("citation", "cite_as", "citeAs")
KEYWORDS = ("keywords",)
TASK = ("task", "pipeline_tag")
SCHEMES = ("http", "https", "ftp", "s3", "gs")
NAMES = frozenset((*LICENSE, *CREATOR, *CITATION, *KEYWORDS, *TASK))


def iri(base: str, kind: str, asset_id: Any) -> str:
    """The name of an asset for the whole world."""
    return f"{base.rstrip('/')}/id/{kind}/{quote(str(asset_id), safe='')}"


def stated(facts: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """What is stated under the first of the names that says something: texts of one line."""
    for part in ("properties", "tags"):
        given = facts.get(part)
        for name in names:
            if found := _texts(given.get(name) if isinstance(given, Mapping) else None):
                return found
    return []


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    named = (one.get("name") if isinstance(one, Mapping) else one for one in values)
    lines = [line(one) for one in named if isinstance(one, str)]
    return list(dict.fromkeys(one for one in lines if one))


def creators(facts: Mapping[str, Any]) -> list[str]:
    """The stated creators, or who registered the asset."""
    return stated(facts, CREATOR) or [name for name in (registrant(facts),) if name]


def registrant(facts: Mapping[str, Any]) -> str:
    """First and last name of the user who registered the asset; empty when nobody did."""
    person = facts.get("creator")
    if not isinstance(person, Mapping):
        return ""
    return line(f"{person.get('first_name') or ''} {person.get('last_name') or ''}")


def labels(facts: Mapping[str, Any]) -> list[str]:
    """The tags as words, `key: value`, but for those that have a place of their own."""
    tags = facts.get("tags")
    pairs = tags.items() if isinstance(tags, Mapping) else ()
    words = (line(f"{key}: {value}" if value else str(key)) for key, value in pairs if key not in NAMES)
    return [word for word in words if word]


def address(value: Any) -> str | None:
    """The value when it is a URL that may be passed on: of a known scheme and without user name and password."""
    if not isinstance(value, str) or not value.isprintable() or any(sign in value for sign in ' <>"{}|\\^`'):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in SCHEMES and parts.netloc and "@" not in parts.netloc else None


def moment(value: Any) -> str | None:
    """A moment as RFC 3339 text."""
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return rfc3339(value if value.tzinfo else value.replace(tzinfo=UTC))
