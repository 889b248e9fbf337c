"""Versions of one model: those of one name and one owner; and aliases that move between them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from app.core.db import reading, retrying, table_of, transaction
from app.core.errors import Conflict, FieldError, NotFound
from app.core.pagination import Key, Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ml_assets.models import MLModel, MLModelAlias
from app.ml_assets.service import assets, models, resolution
from app.ml_assets.service.shown import belonging, show_models
from app.users import service as users

table = table_of(MLModel)
aliases = table_of(MLModelAlias)
TRIES = 5


def list_versions(caller: Caller, model_id: str) -> Listing:
    """All versions of a model that the caller may see, oldest first."""
    one, its = entities.table.alias("one"), table.alias("its")
    its_family = select(its.c.name, one.c.owner_seq).join_from(one, its, its.c.seq == one.c.seq)
    family = its_family.where(one.c.id == model_id).subquery()
    same = (table.c.name == family.c.name) & (entities.columns.owner_seq == family.c.owner_seq)
    query = assets.select_assets(caller, models.KIND, table, *belonging(caller)).join(family, same)

    def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
        shown = show_models(rows)
        # a model that the caller may not see is told from one that stands on another page
        if model_id not in {model["model_id"] for model in shown}:
            assets.find(caller, models.KIND, table, model_id)
        return shown

    return Listing(query, (Key(entities.columns.seq, "seq"),), show)


def add_version(caller: Caller, model_id: str, **given: Any) -> dict[str, Any]:
    """Register the next version of a model; raises Conflict when that version is there."""
    before = assets.find(caller, models.KIND, table, model_id)
    kept = {name: getattr(before, name) for name in ("name", "description", "tags", "properties", "visibility")}
    found = resolution.resolve(given["ml_flow_model_path"])
    with transaction():
        entities.change(caller, model_id, models.KIND)  # needs the right to write, and lets only one be next
        _refuse_known(before, given["version"])
        seq = models.insert_model(caller, {**kept, **given}, found, previous=before.seq).seq
    return models.by_seq(caller, seq)


def _refuse_known(model: Any, version: str) -> None:
    same = (table.c.name == model.name, table.c.version == version, entities.columns.owner_seq == model.owner_seq)
    query = select(entities.columns.id).join_from(table, entities.table, entities.columns.seq == table.c.seq)
    with reading() as session:
        known = session.scalar(query.where(*same, entities.columns.deleted_at.is_(None)))
    if known is not None:
        detail = "is there already; give the new one another"
        raise Conflict(f"Version {version} of {model.name} {detail}.", errors=[FieldError("/version", detail)])


def set_alias(caller: Caller, model_id: str, alias: str) -> dict[str, Any]:
    """Let an alias lead to this version; it leaves the version that had it."""
    for _ in range(TRIES):
        try:
            retrying(lambda: _move_alias(caller, model_id, alias))
        except IntegrityError:  # somebody moved it at the same moment: then it is there on the next try
            continue
        return models.get_model(caller, model_id)
    raise Conflict(f"The alias {alias} is being moved by others again and again. Try again shortly.")


def _move_alias(caller: Caller, model_id: str, alias: str) -> None:
    with transaction() as session:
        entity = entities.change(caller, model_id, models.KIND)
        row = session.execute(select(table).where(table.c.seq == entity.seq)).one()
        same = {"owner_seq": entity.owner_seq, "name": row.name, "alias": alias}
        for seq in session.scalars(delete(aliases).filter_by(**same).returning(aliases.c.model_seq)).all():
            entities.touch(seq)  # it is described without its alias from now on
        session.execute(insert(aliases).values(**same, model_seq=entity.seq))
        assets.note("alias", caller, entity, f"{entity.title} as {alias}")


def remove_alias(caller: Caller, model_id: str, alias: str) -> None:
    """Take an alias away from this version; raises NotFound when it has it not."""
    with transaction() as session:
        entity = entities.change(caller, model_id, models.KIND)
        same = (aliases.c.model_seq == entity.seq, aliases.c.alias == alias)
        if not session.execute(delete(aliases).where(*same).returning(aliases.c.alias)).all():
            raise NotFound(f"This version has no alias {alias}.")
        assets.note("unalias", caller, entity, f"{entity.title} as {alias}")


def find_by_alias(caller: Caller, name: str, alias: str, owner: str | None = None) -> dict[str, Any]:
    """The version that an alias leads to; raises NotFound."""
    owner_seq = users.seq_of(owner) if owner else caller.seq
    same = (aliases.c.owner_seq == owner_seq, aliases.c.name == name, aliases.c.alias == alias)
    seq = select(aliases.c.model_seq).where(*same).scalar_subquery()
    with reading() as session:
        found = assets.select_assets(caller, models.KIND, table, *belonging(caller))
        row = session.execute(found.where(entities.columns.seq == seq)).first()
    if row is None:
        raise NotFound(f"There is no model {name}@{alias}, or it is not yours to see.")
    return show_models([row])[0]
