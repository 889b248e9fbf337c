"""Things of any room: making, changing, sharing, holding and deleting them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy import delete as delete_rows

from app.core import idempotency
from app.core.clock import utcnow
from app.core.db import reading, table_of, transaction
from app.core.errors import Conflict, FieldError, Forbidden, NotFound, PreconditionFailed, Unauthenticated
from app.entities import names
from app.entities.feed import Changes, changes_since, position_now, touch
from app.entities.models import Alias, Entity, Grant, Hold
from app.entities.names import (
    add_alias,
    aliases_of,
    described_as,
    description,
    iri,
    location,
    named,
    register_descriptions,
    register_kind,
    remove_alias,
    resolve,
)
from app.entities.visibility import check_visibility, granted_to, owned_by, select_any, select_visible, visible_to
from app.users import service as users
from app.users.service import Caller

__all__ = [
    "Caller",
    "Changes",
    "add_alias",
    "aliases_of",
    "changes_since",
    "check_visibility",
    "described_as",
    "description",
    "iri",
    "location",
    "named",
    "position_now",
    "register_descriptions",
    "register_kind",
    "remove_alias",
    "resolve",
    "select_any",
    "select_visible",
    "touch",
    "visible_to",
]

RIGHTS = ("read", "write")

table = table_of(Entity)
columns = table.c
grants = table_of(Grant)
holds = table_of(Hold)
aliases = table_of(Alias)
_INSERT = insert(table).returning(columns.seq)


@dataclass(frozen=True)
class EntityRow:
    """One thing, as the rooms above know it."""

    seq: int
    id: str
    kind: str
    owner_seq: int | None
    visibility: str
    title: str
    state: str
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


_settings = {"anyone_changes_ownerless": False}


def configure(public_url: str, *, anyone_changes_ownerless: bool = False) -> None:
    """Take the settings of this room: our address, and whether everybody, not admins only, may change what nobody owns."""
    names.configure(public_url)
    _settings["anyone_changes_ownerless"] = anyone_changes_ownerless


def create(
    kind: str, owner: Caller | None, title: str, *, visibility: str = "internal", state: str = "active"
) -> EntityRow:
    """A new thing, inside the caller's transaction: one INSERT."""
    now = utcnow()
    values: dict[str, Any] = {
        "id": secrets.token_hex(32),
        "kind": kind,
        "owner_seq": owner.seq if owner else None,
        "title": title,
    }
    values |= {"visibility": visibility, "state": state, "revision": 1, "created_at": now, "updated_at": now}
    with transaction() as session:
        seq = session.execute(_INSERT, values).scalar_one()
    idempotency.locate(location(kind, values["id"]))
    return EntityRow(seq=seq, **values)


def get(caller: Caller | None, entity_id: str, kind: str | None = None) -> EntityRow:
    """The thing of this id, if the caller may see it; raises NotFound otherwise, whatever the reason."""
    return _one(_of(entity_id, kind), visible_to(caller), missing=entity_id, kind=kind)


def _of(entity_id: str, kind: str | None) -> ColumnElement[bool]:
    same = columns.id == entity_id
    return same if kind is None else same & (columns.kind == kind)


def _one(*conditions: ColumnElement[bool], missing: str, kind: str | None) -> EntityRow:
    with reading() as session:
        row = session.execute(select(table).where(*conditions)).first()
    if row is None:
        raise not_found(missing, kind)
    return row_of(row)


def row_of(row: Row[Any]) -> EntityRow:
    """The value of a row that has the columns of an entity."""
    values: dict[str, Any] = {f.name: getattr(row, f.name, None) for f in fields(EntityRow)}
    return EntityRow(**values)


def not_found(entity_id: str, kind: str | None = None) -> NotFound:
    """The one answer for what is not there and for what is not the caller's to see."""
    what = (kind or "thing").replace("_", " ")
    return NotFound(f"There is no {what} {entity_id[:100]}, or it is not yours to see.")


def change(
    caller: Caller | None, entity_id: str, kind: str | None = None, *, expected: int | None = None, **values: Any
) -> EntityRow:
    """Set title, visibility or state, or just count a new revision; inside the caller's transaction.

    Raises NotFound, Forbidden without the right to write, PreconditionFailed when `expected` is not its revision.
    """
    with transaction() as session:
        before = get(caller, entity_id, kind)
        if values.get("visibility", before.visibility) != before.visibility:
            _need_owner(caller, before, "change who may see it")
        _need_right_to_write(caller, before)
        same = (columns.seq == before.seq, columns.deleted_at.is_(None))
        condition = same if expected is None else (*same, columns.revision == expected)
        changed = update(table).where(*condition).values(**values, revision=columns.revision + 1, updated_at=utcnow())
        row = session.execute(changed.returning(*table.c)).first()
        if row is None:
            raise changed_meanwhile(get(caller, entity_id, kind).revision)
        return row_of(row)


def changed_meanwhile(revision: int) -> PreconditionFailed:
    """What a writer is told whose If-Match names an older revision."""
    return PreconditionFailed(f'It was changed since you read it: its ETag is now "r{revision}". Read it again.')


def _owns(caller: Caller | None, entity: EntityRow) -> bool:
    """Whether it is the caller's, or nobody's and this caller may care for it."""
    if entity.owner_seq is None:
        return _settings["anyone_changes_ownerless"] or (caller is not None and caller.is_admin)
    return caller is not None and entity.owner_seq == caller.seq


def _need_right_to_write(caller: Caller | None, entity: EntityRow) -> None:
    if _owns(caller, entity):
        return
    if caller is None:
        raise Unauthenticated("To change this, send the token of its owner: Authorization: Bearer TOKEN.")
    with reading() as session:
        if session.scalar(select(columns.seq).where(columns.seq == entity.seq, granted_to(caller, "write"))) is None:
            raise Forbidden("You may see this, but not change it. Its owner can grant you the right to write.")


def _need_owner(caller: Caller | None, entity: EntityRow, act: str) -> None:
    if _owns(caller, entity):
        return
    if caller is None:
        raise Unauthenticated(f"Only its owner may {act}: send a token of theirs, Authorization: Bearer TOKEN.")
    raise Forbidden(f"Only its owner may {act}.")


def delete(caller: Caller | None, entity_id: str, kind: str | None = None, *, expected: int | None = None) -> EntityRow:
    """Put a thing into its owner's bin; raises Conflict with the reasons of all holds."""
    with transaction() as session:
        entity = get(caller, entity_id, kind)
        _need_owner(caller, entity, "delete it")
        if expected is not None and entity.revision != expected:
            raise changed_meanwhile(entity.revision)
        # the row is locked before its holds are read, so that none can come in between
        now = utcnow()
        same = (columns.seq == entity.seq, columns.deleted_at.is_(None), columns.revision == entity.revision)
        values = {"deleted_at": now, "updated_at": now, "revision": columns.revision + 1}
        row = session.execute(update(table).where(*same).values(**values).returning(*table.c)).first()
        if row is None:
            raise changed_meanwhile(entity.revision)
        _refuse_held(entity)
        return row_of(row)


def _refuse_held(entity: EntityRow) -> None:
    with reading() as session:
        reasons = session.scalars(select(holds.c.reason).where(holds.c.entity_seq == entity.seq)).all()
    if reasons:
        errors = [FieldError("", reason) for reason in reasons]
        raise Conflict(f"It cannot be deleted now: {reasons[0]} See all reasons in `errors`.", errors=errors)


def restore(caller: Caller, entity_id: str, kind: str | None = None) -> EntityRow:
    """Take a thing out of its owner's bin; raises NotFound when it is not in there."""
    with transaction() as session:
        binned = (_of(entity_id, kind), columns.deleted_at.is_not(None), owned_by(caller))
        values = {"deleted_at": None, "updated_at": utcnow(), "revision": columns.revision + 1}
        row = session.execute(update(table).where(*binned).values(**values).returning(*table.c)).first()
    if row is None:
        raise not_found(entity_id, kind)
    return row_of(row)


def grant(caller: Caller, entity_id: str, user_id: str, right: str) -> EntityRow:
    """Let a user read or write a thing of the caller's."""
    with transaction() as session:
        entity = get(caller, entity_id)
        _need_owner(caller, entity, "share it")
        user_seq = users.seq_of(user_id)
        if user_seq == caller.seq:
            raise Conflict("It is yours already.")
        same = (grants.c.entity_seq == entity.seq, grants.c.user_seq == user_seq)
        row = {"entity_seq": entity.seq, "user_seq": user_seq, "right": right, "created_at": utcnow()}
        session.execute(delete_rows(grants).where(*same))
        session.execute(insert(grants).values(**row))
    return entity


def revoke(caller: Caller, entity_id: str, user_id: str) -> EntityRow:
    """Take back what was granted to a user; raises NotFound when nothing was."""
    with transaction() as session:
        entity = get(caller, entity_id)
        _need_owner(caller, entity, "share it")
        same = (grants.c.entity_seq == entity.seq, grants.c.user_seq == users.seq_of(user_id))
        if not session.execute(delete_rows(grants).where(*same).returning(grants.c.user_seq)).all():
            raise NotFound(f"Nothing is granted to the user {user_id}.")
    return entity


def list_grants(caller: Caller, entity_id: str) -> list[dict[str, Any]]:
    """Who may do what with a thing, for its owner."""
    entity = get(caller, entity_id)
    _need_owner(caller, entity, "see with whom it is shared")
    who = (users.people.c.id, users.people.c.first_name, users.people.c.last_name)
    query = select(*who, grants.c.right.label("given"), grants.c.created_at)
    query = query.join_from(grants, users.people, users.people.c.seq == grants.c.user_seq)
    with reading() as session:
        rows = session.execute(query.where(grants.c.entity_seq == entity.seq).order_by(grants.c.created_at)).all()
    return [_show_grant(row) for row in rows]


def _show_grant(row: Any) -> dict[str, Any]:
    names = {"user_id": row.id, "first_name": row.first_name, "last_name": row.last_name}
    return {**names, "right": row.given, "created_at": row.created_at}


def hold(entity_seq: int, source: str, reason: str) -> None:
    """Keep a thing from being deleted; `source` says who holds, and releases it later."""
    with transaction() as session:
        row = {"entity_seq": entity_seq, "source": source, "reason": reason, "created_at": utcnow()}
        session.execute(insert(holds).values(**row))


def release(entity_seq: int, source: str) -> None:
    """Take back the holds that `source` has on a thing."""
    with transaction() as session:
        session.execute(delete_rows(holds).where(holds.c.entity_seq == entity_seq, holds.c.source == source))


def show(row: Any) -> dict[str, Any]:
    """What every answer says of a thing, from a row of `select_visible`."""
    return {
        "visibility": row.visibility,
        "state": row.state,
        "revision": row.revision,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "creator": users.show_creator(row),
    }


def describe(caller: Caller | None, entity_id: str) -> Mapping[str, Any]:
    """A thing of any kind with its names; raises NotFound."""
    with reading() as session:
        row = session.execute(select_visible(caller).where(columns.id == entity_id)).first()
    if row is None:
        raise not_found(entity_id)
    own = {"id": row.id, "kind": row.kind, "title": row.title, "location": location(row.kind, row.id)}
    return {**own, **show(row), "aliases": aliases_of(row.seq)}
