"""MLflow runs, asked for at MLflow, with the assets of ours that came of them. Every user may see every run."""

from typing import Any

from sqlalchemy import select

from app.core.db import reading, table_of
from app.entities import service as entities
from app.entities.service import Caller
from app.gateways import tracking
from app.gateways.tracking.values import ArtifactStream, Metric
from app.ml_assets import extraction
from app.ml_assets.models import MLModel, ModelDataset

models = table_of(MLModel)
links = table_of(ModelDataset)


def get_run(caller: Caller, run_id: str) -> dict[str, Any]:
    """A run; raises NotFound, or what is wrong with MLflow."""
    run = tracking.run(run_id)
    plain = (
        "run_id",
        "experiment_id",
        "name",
        "user",
        "status",
        "lifecycle_stage",
        "started",
        "ended",
        "params",
        "tags",
    )
    shown = {name: getattr(run, name) for name in plain}
    inputs = [{name: value for name, value in vars(given).items() if name != "tags"} for given in run.inputs]
    metrics = [{"key": metric.key, **extraction.metric_point(metric)} for metric in run.metrics]
    found = [vars(model) for model in run.models]
    return {**shown, "metrics": metrics, "inputs": inputs, "models": found, "assets": _assets(caller, run_id)}


def _assets(caller: Caller, run_id: str) -> list[dict[str, Any]]:
    """Models made of the run, and their data sets, as far as the caller may see them."""
    of_run = select(models.c.seq).where(models.c.run_id == run_id)
    used = select(links.c.dataset_seq).where(links.c.model_seq.in_(of_run))
    query = entities.select_visible(caller).where(entities.columns.seq.in_(of_run.union(used)))
    with reading() as session:
        rows = session.execute(query.order_by(entities.columns.seq).limit(1000)).all()
    return [
        {"id": row.id, "kind": row.kind, "title": row.title, "location": entities.location(row.kind, row.id)}
        for row in rows
    ]


def metric_history(run_id: str, key: str) -> dict[str, Any]:
    """All values of a metric of a run."""
    points: tuple[Metric, ...] = tracking.metric_history(run_id, key)
    return {"key": key, "history": [extraction.metric_point(point) for point in points]}


def list_artifacts(run_id: str, path: str) -> list[dict[str, Any]]:
    """What lies directly in a folder of a run."""
    return [vars(found) for found in tracking.list_artifacts(run_id, path)]


def open_artifact(run_id: str, path: str) -> ArtifactStream:
    """A file of a run, streamed."""
    return tracking.open_artifact(run_id, path)
