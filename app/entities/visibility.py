"""Who may see what: the only condition of its kind, which every list, search, graph and archive starts from."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select

from app.core.db import table_of
from app.core.errors import FieldError, Invalid
from app.entities.models import Entity, Grant
from app.users.service import Caller, creator, people

entities = table_of(Entity)
grants = table_of(Grant)
VISIBILITIES = ("private", "internal", "public")
# conditions and statements that are kept, by caller: to build one costs more than to run it
KEPT = 500
COLUMNS = tuple(column for column in entities.c if column.name not in ("deleted_at", "change"))


def check_visibility(value: Any, owned: bool) -> str:
    """One of the words for who may see a thing; what belongs to nobody is public. Raises Invalid."""
    detail = None
    if value not in VISIBILITIES:
        detail = "must be private, internal or public"
    elif not owned and value != "public":
        detail = "must be public for what belongs to nobody; send a token to own it"
    if detail is not None:
        raise Invalid(f"visibility {detail}.", errors=[FieldError("/visibility", detail)])
    return str(value)


def owned_by(caller: Caller | None) -> ColumnElement[bool]:
    """What is the caller's own."""
    return false() if caller is None else entities.c.owner_seq == caller.seq


def granted_to(caller: Caller, right: str | None = None) -> ColumnElement[bool]:
    """What somebody gave the caller this right on, or any."""
    return _granted(caller.seq, right)


def _granted(seq: int, right: str | None = None) -> ColumnElement[bool]:
    own = (grants.c.entity_seq == entities.c.seq, grants.c.user_seq == seq)
    return exists(select(1).where(*own, grants.c.right == right) if right else select(1).where(*own))


def visible_to(caller: Caller | None) -> ColumnElement[bool]:
    """What the caller may know of: public things, for users internal ones too, own ones, and those shared with them."""
    return _visible(caller.seq if caller else None)


@lru_cache(maxsize=KEPT)
def _visible(seq: int | None) -> ColumnElement[bool]:
    alive = entities.c.deleted_at.is_(None)
    if seq is None:
        return and_(alive, entities.c.visibility == "public")
    return and_(alive, or_(entities.c.visibility != "private", entities.c.owner_seq == seq, _granted(seq)))


def select_visible(caller: Caller | None, kind: str | None = None, *, deleted: bool = False) -> Select[Any]:
    """Entities that the caller may see, with the names of their owners; `deleted` gives the caller's own bin instead."""
    return _select(caller.seq if caller else None, kind, deleted)


@lru_cache(maxsize=KEPT)
def _select(seq: int | None, kind: str | None, deleted: bool) -> Select[Any]:
    bin_ = and_(entities.c.deleted_at.is_not(None), entities.c.owner_seq == seq)
    query = select(*COLUMNS, *creator).outerjoin_from(entities, people, people.c.seq == entities.c.owner_seq)
    query = query.where(bin_ if deleted else _visible(seq))
    return query.where(entities.c.kind == kind) if kind else query


def select_any(kind: str) -> Select[Any]:
    """Entities of a kind, whosever they are and deleted ones too, with their owners: for what is made of all of them.

    What is made of it must be cut to what its reader may see.
    """
    owner = (*creator, people.c.orcid.label("creator_orcid"))
    query = select(*COLUMNS, *owner).outerjoin_from(entities, people, people.c.seq == entities.c.owner_seq)
    return query.where(entities.c.kind == kind)
