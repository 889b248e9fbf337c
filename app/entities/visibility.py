"""Who may see what: the only condition of its kind, which every list, search, graph and archive starts from."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select

from app.core.db import table_of
from app.entities.models import Entity, Grant
from app.users.service import Caller, creator, people

entities = table_of(Entity)
grants = table_of(Grant)
COLUMNS = tuple(column for column in entities.c if column.name != "deleted_at")


def owned_by(caller: Caller | None) -> ColumnElement[bool]:
    """What is the caller's own."""
    return false() if caller is None else entities.c.owner_seq == caller.seq


def granted_to(caller: Caller, *rights: str) -> ColumnElement[bool]:
    """What somebody gave the caller one of these rights on."""
    own = and_(grants.c.entity_seq == entities.c.seq, grants.c.user_seq == caller.seq)
    return exists(select(1).where(own, grants.c.right.in_(rights)))


def visible_to(caller: Caller | None) -> ColumnElement[bool]:
    """What the caller may know of: public things, for users internal ones too, own ones, and those shared with them."""
    alive = entities.c.deleted_at.is_(None)
    if caller is None:
        return and_(alive, entities.c.visibility == "public")
    open_to_users = entities.c.visibility.in_(("public", "internal"))
    return and_(alive, or_(open_to_users, owned_by(caller), granted_to(caller, "read", "write")))


def select_visible(caller: Caller | None, kind: str | None = None, *, deleted: bool = False) -> Select[Any]:
    """Entities that the caller may see, with the names of their owners; `deleted` gives the caller's own bin instead."""
    bin_ = and_(entities.c.deleted_at.is_not(None), owned_by(caller))
    query = select(*COLUMNS, *creator).outerjoin_from(entities, people, people.c.seq == entities.c.owner_seq)
    query = query.where(bin_ if deleted else visible_to(caller))
    return query.where(entities.c.kind == kind) if kind else query
