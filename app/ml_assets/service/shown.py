"""Models as answers show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, Row, bindparam, literal, null, select, union_all

from app.core.db import reading, table_of
from app.entities import service as entities
from app.entities.service import Caller, EntityRow
from app.ml_assets.models import MLDataset, MLModelAlias, ModelDataset
from app.ml_assets.service.assets import KEPT, common

datasets = table_of(MLDataset)
aliases = table_of(MLModelAlias)
links = table_of(ModelDataset)
TRACKED = ("params", "metrics", "flavors", "signature", "registered", "run")
EMPTY: dict[str, Any] = {"params": {}, "metrics": {}, "flavors": {}, "signature": None, "registered": None, "run": None}


def show_models(caller: Caller, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Answers for rows of models; one statement more for all of them together."""
    belonging = _belonging(caller, [row.seq for row in rows])
    return [_show(row, belonging.get(row.seq, [])) for row in rows]


@lru_cache(maxsize=KEPT)
def _select_belonging(visible: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Data sets that are visible, and aliases, of the models `seqs`."""
    these: BindParameter[Any] = bindparam("seqs", expanding=True)
    used = (
        select(links.c.model_seq, entities.columns.id, datasets.c.name, datasets.c.digest, links.c.context)
        .join_from(links, datasets, datasets.c.seq == links.c.dataset_seq)
        .join(entities.table, entities.columns.seq == datasets.c.seq)
        .where(links.c.model_seq.in_(these), visible)
    )
    called = select(aliases.c.model_seq, null(), aliases.c.alias, null(), literal("")).where(
        aliases.c.model_seq.in_(these)
    )
    return union_all(used, called)


@dataclass(frozen=True)
class NewModel:
    """A model that was just written: its entity and its own columns."""

    entity: EntityRow
    columns: dict[str, Any]

    @property
    def seq(self) -> int:
        return self.entity.seq


def show_new_model(caller: Caller, new: NewModel) -> dict[str, Any]:
    """The answer for a model that the caller just made, without data sets and aliases."""
    names = {"creator_first_name": caller.first_name, "creator_last_name": caller.last_name}
    return _show(SimpleNamespace(**{**new.columns, **vars(new.entity), "creator_id": caller.id, **names}), [])


def _belonging(caller: Caller, seqs: list[int]) -> dict[int, list[Row[Any]]]:
    """Data sets and aliases by model."""
    found: dict[int, list[Row[Any]]] = {}
    with reading() as session:
        for row in session.execute(_select_belonging(entities.visible_to(caller)), {"seqs": seqs}) if seqs else ():
            found.setdefault(row.model_seq, []).append(row)
    return found


def _show(row: Any, belonging: list[Row[Any]]) -> dict[str, Any]:
    tracked = {**EMPTY, **row.tracked}
    state = {"state": row.tracking_state, "reason": row.tracking_reason, "checked_at": row.tracking_at}
    used = [_dataset(one) for one in belonging if one.id is not None]
    return {
        **common(row),
        "model_id": row.id,
        "version": row.version,
        "ml_flow_model_path": row.path,
        "run_id": row.run_id,
        "tracking": state,
        **{name: tracked[name] for name in TRACKED},
        "datasets": sorted(used, key=lambda one: (one["name"], one["context"], one["dataset_id"])),
        "aliases": sorted(one.name for one in belonging if one.id is None),
    }


def _dataset(row: Row[Any]) -> dict[str, Any]:
    return {"dataset_id": row.id, "name": row.name, "digest": row.digest, "context": row.context}
