"""Names of things: where they are served, their aliases, and finding a thing by any of its names."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from app.core.db import reading, table_of, transaction
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.entities.models import Alias, Entity
from app.entities.visibility import visible_to
from app.users.service import Caller

MAX_ALIAS_BYTES = 1000

entities = table_of(Entity)
aliases = table_of(Alias)
_paths: dict[str, str] = {}
_descriptions: dict[str, str] = {}
_settings = {"public_url": ""}


def configure(public_url: str) -> None:
    """Take the address that IRIs of ours begin with."""
    _settings["public_url"] = public_url


def register_kind(kind: str, path: str) -> None:
    """Things of this kind are served at `path`, which contains `{id}`."""
    _paths[kind] = path


def register_descriptions(path: str, media_types: Sequence[str]) -> None:
    """What has a kind of its own is described at `path`, which contains `{id}`, in these media types."""
    _descriptions.update(dict.fromkeys(media_types, path))


def described_as() -> list[str]:
    """The media types in which things are described elsewhere than where they are served."""
    return list(_descriptions)


def description(entity_id: str, media_type: str) -> str:
    """The path where a thing is described in a media type."""
    return _descriptions[media_type].format(id=entity_id)


def location(kind: str, entity_id: str) -> str:
    """The path where a thing is served."""
    return _paths.get(kind, "/api/entities/{id}").format(id=entity_id)


def iri(kind: str, entity_id: str) -> str:
    """The name of a thing for the whole world."""
    return f"{_settings['public_url']}/id/{quote(kind)}/{entity_id}"


def add_alias(entity_seq: int, scheme: str, value: str) -> None:
    """Give a thing another name; raises Conflict when another thing has it."""
    if not value or len(value.encode()) > MAX_ALIAS_BYTES:
        detail = f"must have 1 to {MAX_ALIAS_BYTES} bytes"
        raise Invalid(f"An alias {detail}.", errors=[FieldError("/alias", detail)])
    try:
        with transaction() as session:
            session.execute(insert(aliases).values(scheme=scheme, value=value, entity_seq=entity_seq))
    except IntegrityError as error:
        raise Conflict(f"The name {value} ({scheme}) belongs to another thing.") from error


def remove_alias(scheme: str, value: str) -> None:
    """Forget a name."""
    with transaction() as session:
        session.execute(delete(aliases).where(aliases.c.scheme == scheme, aliases.c.value == value))


def aliases_of(entity_seq: int) -> list[dict[str, str]]:
    """All other names of a thing."""
    query = select(aliases.c.scheme, aliases.c.value).where(aliases.c.entity_seq == entity_seq)
    with reading() as session:
        return [dict(row) for row in session.execute(query.order_by(aliases.c.scheme, aliases.c.value)).mappings()]


def resolve(caller: Caller | None, reference: str) -> Any:
    """The row of the thing that an id, an alias or an IRI names.

    Raises NotFound, and Conflict when several things that the caller may see have that alias.
    """
    with reading() as session:
        rows = session.execute(select(entities).where(named(reference), visible_to(caller)).limit(10)).all()
    if not rows:
        raise NotFound(f"There is no thing {reference[:200]}, or it is not yours to see.")
    if len(rows) > 1:
        ids = ", ".join(row.id for row in rows)
        raise Conflict(f"Several things have the name {reference[:200]}; say which by its id: {ids}.")
    return rows[0]


def named(reference: str) -> ColumnElement[bool]:
    """The condition of being what an id, an alias or an IRI names."""
    by_alias = select(aliases.c.entity_seq).where(aliases.c.value == reference)
    return or_(entities.c.id == _id_in(reference), entities.c.seq.in_(by_alias))


def _id_in(reference: str) -> str:
    prefix = f"{_settings['public_url']}/id/"
    return reference.rsplit("/", 1)[1] if reference.startswith(prefix) else reference
