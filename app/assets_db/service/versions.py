"""Versions of one asset: those of one name; and aliases that move between those of one owner."""

from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.assets_db.service import rows
from app.assets_db.service.rows import KIND, aliases, assets
from app.core.db import reading, retrying, transaction
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.users import service as users

LATEST = "latest"
NOBODY = 0
TRIES = 5


def list_versions(caller: Caller | None, name: str) -> Listing:
    """All assets of a name that the caller may see, newest first."""
    query = rows.select_assets(caller).add_columns(rows.called).where(assets.c.name == name)
    return Listing(query, (Key(entities.columns.seq, "seq", descending=True),), rows.show)


def get_asset(caller: Caller | None, entity_id: str) -> dict[str, Any]:
    """An asset by the id of its entity; raises NotFound."""
    query = rows.select_assets(caller).add_columns(rows.called).where(entities.columns.id == entity_id)
    with reading() as session:
        row = session.execute(query).first()
    if row is None:
        raise entities.not_found(entity_id, KIND)
    return rows.show([row])[0]


def find_by_alias(caller: Caller | None, name: str, alias: str, owner: str | None = None) -> dict[str, Any]:
    """The version that an alias leads to; `latest` is the newest that the caller may see. Raises NotFound."""
    query = rows.select_assets(caller).add_columns(rows.called).where(assets.c.name == name)
    if owner is not None:
        query = query.where(entities.columns.owner_seq == users.seq_of(owner))
    if alias != LATEST:
        account = users.seq_of(owner) if owner else caller.seq if caller else NOBODY
        same = (aliases.c.owner == account, aliases.c.name == name, aliases.c.alias == alias)
        query = query.where(assets.c.seq == select(aliases.c.asset_seq).where(*same).scalar_subquery())
    with reading() as session:
        row = session.execute(query.order_by(assets.c.seq.desc()).limit(1)).first()
    if row is None:
        raise NotFound(f"There is no asset {name[:300]} with the alias {alias}, or it is not yours to see.")
    return rows.show([row])[0]


def set_alias(caller: Caller, entity_id: str, alias: str) -> dict[str, Any]:
    """Let an alias lead to this version; it leaves the version that had it."""
    if alias == LATEST or not 0 < len(alias) <= 100:
        detail = (
            "is always the newest version and cannot be set" if alias == LATEST else "must have 1 to 100 characters"
        )
        raise Invalid(f"The alias {detail}.", errors=[FieldError("/alias", detail)])
    for _ in range(TRIES):
        try:
            retrying(lambda: _move(caller, entity_id, alias))
        except IntegrityError:  # somebody moved it at the same moment: then it is there on the next try
            continue
        return get_asset(caller, entity_id)
    raise Conflict(f"The alias {alias} is being moved by others again and again. Try again shortly.")


def _move(caller: Caller, entity_id: str, alias: str) -> None:
    name = rows.by_id(caller, entity_id).name
    with transaction() as session:
        entity = entities.change(caller, entity_id, KIND)
        same = {"owner": entity.owner_seq or NOBODY, "name": name, "alias": alias}
        for seq in session.scalars(delete(aliases).filter_by(**same).returning(aliases.c.asset_seq)).all():
            entities.touch(seq)  # it is described without its alias from now on
        session.execute(insert(aliases).values(**same, asset_seq=entity.seq))
        ledger.record(Activity("assets_db.alias", f"Called {entity.title} {alias}"), caller, used=[entity.seq])


def remove_alias(caller: Caller, entity_id: str, alias: str) -> None:
    """Take an alias away from this version; raises NotFound when it has it not."""
    with transaction() as session:
        entity = entities.change(caller, entity_id, KIND)
        same = (aliases.c.asset_seq == entity.seq, aliases.c.alias == alias)
        if not session.execute(delete(aliases).where(*same).returning(aliases.c.alias)).all():
            raise NotFound(f"This version has no alias {alias[:100]}.")
        ledger.record(Activity("assets_db.unalias", f"No longer {alias}: {entity.title}"), caller, used=[entity.seq])
