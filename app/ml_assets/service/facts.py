"""ML assets as they are, whoever may see them: for descriptions, which are cut to their readers later."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, Table

from app.core.db import reading
from app.entities import service as entities
from app.ml_assets.service import datasets, keeping, models, trainings
from app.ml_assets.service.shown import belonging_to_anyone, show_models

Facts = dict[int, dict[str, Any]]
UNSHOWN = {"logged_model_id": "model_id", "mlflow_version": "mlflow_version", "size": "size"}


def model_facts(seqs: Sequence[int]) -> Facts:
    """Models as answers show them, with all their data sets, and `logged_model_id`, `mlflow_version` and `size` in bytes."""
    rows = _rows(models.KIND, models.models, seqs, *belonging_to_anyone())
    unshown = [{name: row.tracked.get(key) for name, key in UNSHOWN.items()} for row in rows]
    kept = keeping.asset_ids([row.seq for row in rows])
    shown = zip(rows, show_models(rows), unshown, strict=True)
    return _by_seq(rows, [{**one, **more, "kept_in": kept.get(row.seq)} for row, one, more in shown])


def dataset_facts(seqs: Sequence[int]) -> Facts:
    """Data sets as answers show them."""
    rows = _rows(datasets.KIND, datasets.datasets, seqs)
    return _by_seq(rows, datasets.show(rows))


def training_facts(seqs: Sequence[int]) -> Facts:
    """Federated trainings as answers show them."""
    rows = _rows(trainings.KIND, trainings.trainings, seqs)
    return _by_seq(rows, trainings.show(rows))


def _rows(kind: str, table: Table, seqs: Sequence[int], *more: Any) -> Sequence[Row[Any]]:
    query: Select[Any] = entities.select_any(kind).join(table, table.c.seq == entities.columns.seq)
    own = [column for column in table.c if column.name != "seq"]
    query = query.add_columns(*own, *more).where(entities.columns.seq.in_(seqs))
    with reading() as session:
        return session.execute(query).all()


def _by_seq(rows: Sequence[Row[Any]], shown: Sequence[dict[str, Any]]) -> Facts:
    facts = {}
    for row, one in zip(rows, shown, strict=True):
        orcid = {"orcid": row.creator_orcid} if row.creator_orcid else {}
        facts[row.seq] = {**one, "creator": one["creator"] and {**one["creator"], **orcid}}
    return facts
