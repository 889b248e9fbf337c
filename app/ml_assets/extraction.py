"""What MLflow says of a model and its run, as the metadata that we keep. Pure."""

import math
from dataclasses import dataclass, field
from typing import Any

from app.core.clock import rfc3339
from app.gateways.tracking.values import Metric, RegisteredVersion, Run, TrackedModel

MAX_TEXT = 250  # of what is indexed
HIDDEN_TAGS = "mlflow."


@dataclass(frozen=True)
class Metadata:
    """What is copied at registration, so that lists need not ask MLflow."""

    run_id: str | None = None
    artifact_uri: str | None = None
    tracked: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def metadata(model: TrackedModel, run: Run | None, registered: RegisteredVersion | None = None) -> Metadata:
    """The metadata of a model that a run logged; `registered` is its version in MLflow's registry."""
    registered = model.registered or registered
    tracked: dict[str, Any] = {
        "params": run.params if run else {},
        "metrics": {metric.key: json_number(metric.value) for metric in run.metrics} if run else {},
        "flavors": model.flavors,
        "signature": model.signature,
        "registered": registration(registered),
        "run": run_facts(run) if run else None,
        "model_id": model.model_id,
        "mlflow_version": model.mlmodel.get("mlflow_version"),
        "size": model.mlmodel.get("model_size_bytes"),
    }
    tags = {key: value for key, value in run.tags.items() if not key.startswith(HIDDEN_TAGS)} if run else {}
    return Metadata(model.run_id, model.artifact_uri, tracked, tags)


def registration(version: RegisteredVersion | None) -> dict[str, Any] | None:
    """Name, version and aliases in MLflow's registry."""
    if version is None:
        return None
    return {"name": version.name, "version": version.version, "aliases": list(version.aliases)}


def run_facts(run: Run) -> dict[str, Any]:
    """Who ran it, when, and how it ended."""
    times = {"started_at": rfc3339(run.started), "ended_at": rfc3339(run.ended)}
    return {"name": run.name, "experiment": run.experiment_id, "user": run.user, "status": run.status, **times}


def json_number(value: float) -> float | str:
    """A number as JSON can hold it: NaN and the infinities by their names."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def metric_point(metric: Metric) -> dict[str, Any]:
    """One point of a metric's history."""
    return {"value": json_number(metric.value), "step": metric.step, "timestamp": metric.timestamp}


def terms(tags: dict[str, str], tracked: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows by which lists filter and sort: one for each tag, parameter and metric."""
    rows = [_row("tag", key, value, None) for key, value in tags.items()]
    rows += [_row("param", key, value, _number(value)) for key, value in tracked.get("params", {}).items()]
    rows += [_row("metric", key, None, _number(value)) for key, value in tracked.get("metrics", {}).items()]
    return list({(row["kind"], row["key"]): row for row in rows}.values())


def _row(kind: str, key: str, text: str | None, number: float | None) -> dict[str, Any]:
    return {"kind": kind, "key": key[:MAX_TEXT], "text": None if text is None else text[:MAX_TEXT], "number": number}


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
