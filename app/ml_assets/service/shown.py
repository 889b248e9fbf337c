"""Models as answers show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, select, true

from app.assets_db import service as assets_db
from app.core.db import json_rows, table_of
from app.entities import service as entities
from app.entities.service import Caller, EntityRow
from app.ml_assets.models import MLDataset, MLModel, MLModelAlias, ModelAsset, ModelDataset
from app.ml_assets.service.assets import KEPT, common

models = table_of(MLModel)
datasets = table_of(MLDataset)
aliases = table_of(MLModelAlias)
links = table_of(ModelDataset)
kept = table_of(ModelAsset)
TRACKED = ("params", "metrics", "flavors", "signature", "registered", "run")
EMPTY: dict[str, Any] = {"params": {}, "metrics": {}, "flavors": {}, "signature": None, "registered": None, "run": None}


def show_models(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Answers for rows of models that were selected with the columns of `belonging`."""
    return [show_model(row, row.used_datasets or (), row.alias_names or ()) for row in rows]


def belonging(caller: Caller | None) -> tuple[ColumnElement[Any], ...]:
    """The columns of a model's data sets, as far as the caller may see them, and of its aliases."""
    return _belonging(entities.visible_to(caller))


def belonging_to_anyone() -> tuple[ColumnElement[Any], ...]:
    """The same columns with every data set, for those who cut what they show themselves."""
    return _belonging(true())


@lru_cache(maxsize=KEPT)
def _belonging(visible: ColumnElement[bool]) -> tuple[ColumnElement[Any], ...]:
    used = (
        select(json_rows(entities.columns.id, datasets.c.name, datasets.c.digest, links.c.context))
        .join_from(links, datasets, datasets.c.seq == links.c.dataset_seq)
        .join(entities.table, entities.columns.seq == datasets.c.seq)
        .where(links.c.model_seq == models.c.seq, visible)
        .correlate(models)  # the entities in here are those of the data sets, not the model's own
    )
    called = select(json_rows(aliases.c.alias)).where(aliases.c.model_seq == models.c.seq).correlate(models)
    its = select(kept.c.asset_seq).where(kept.c.model_seq == models.c.seq).correlate(models).scalar_subquery()
    files = assets_db.select_asset_id(its).where(visible).correlate(models).scalar_subquery()
    names = called.scalar_subquery().label("alias_names")
    return used.scalar_subquery().label("used_datasets"), names, files.label("kept_asset_id")


@dataclass(frozen=True)
class NewModel:
    """A model that was just written: its entity and its own columns."""

    entity: EntityRow
    columns: dict[str, Any]

    @property
    def seq(self) -> int:
        return self.entity.seq


def show_new_model(caller: Caller, new: NewModel) -> dict[str, Any]:
    """The answer for a model that the caller just made, without data sets, aliases and files."""
    names = {"creator_first_name": caller.first_name, "creator_last_name": caller.last_name}
    row = SimpleNamespace(
        **{**new.columns, **vars(new.entity), "creator_id": caller.id, "kept_asset_id": None, **names}
    )
    return show_model(row, (), ())


def show_model(row: Any, used: Iterable[Any], called: Iterable[Any]) -> dict[str, Any]:
    """The answer for one model: its row, rows of its data sets, rows of its aliases."""
    tracked = {**EMPTY, **row.tracked}
    state = {"state": row.tracking_state, "reason": row.tracking_reason, "checked_at": row.tracking_at}
    return {
        **common(row),
        "model_id": row.id,
        "version": row.version,
        "ml_flow_model_path": row.path,
        "asset_id": row.kept_asset_id,
        "run_id": row.run_id,
        "tracking": state,
        **{name: tracked[name] for name in TRACKED},
        "datasets": [_dataset(one) for one in sorted(used, key=lambda one: (one[1], one[3], one[0]))] if used else [],
        "aliases": sorted(alias for (alias,) in called) if called else [],
    }


def _dataset(row: Any) -> dict[str, Any]:
    dataset_id, name, digest, context = row
    return {"dataset_id": dataset_id, "name": name, "digest": digest, "context": context}
