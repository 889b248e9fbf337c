"""MLflow's REST answers, of versions 2 and 3, as values. Pure: nothing is asked here."""

import json
import math
from typing import Any

import yaml

from app.core.clock import from_milliseconds
from app.core.errors import UpstreamFailed
from app.gateways.tracking.values import Artifact, DatasetInput, LoggedModel, Metric, RegisteredVersion, Run

CONTEXT_TAG = "mlflow.data.context"
HISTORY_TAG = "mlflow.log-model.history"


def run(answer: dict[str, Any]) -> Run:
    """A run from `runs/get`."""
    info, data = answer["run"]["info"], answer["run"].get("data", {})
    tags = pairs(data.get("tags", []))
    run_id = info.get("run_id") or info["run_uuid"]
    outputs = answer["run"].get("outputs", {}).get("model_outputs", [])
    return Run(
        run_id=run_id,
        experiment_id=str(info["experiment_id"]),
        name=info.get("run_name") or tags.get("mlflow.runName", ""),
        user=info.get("user_id") or tags.get("mlflow.user", ""),
        status=info.get("status", ""),
        started=milliseconds(info.get("start_time")),
        ended=milliseconds(info.get("end_time")),
        artifact_uri=info.get("artifact_uri", ""),
        lifecycle_stage=info.get("lifecycle_stage", ""),
        params=pairs(data.get("params", [])),
        metrics=tuple(metric(m) for m in data.get("metrics", [])),
        tags={key: value for key, value in tags.items() if key != HISTORY_TAG},
        inputs=tuple(dataset_input(d) for d in answer["run"].get("inputs", {}).get("dataset_inputs", [])),
        models=models_of_tag(run_id, tags.get(HISTORY_TAG)) + models_of_outputs(outputs),
    )


def pairs(items: list[dict[str, Any]]) -> dict[str, str]:
    """`[{"key", "value"}]` as a dictionary; MLflow leaves an empty value out."""
    return {item["key"]: item.get("value", "") for item in items}


def milliseconds(value: Any) -> Any:
    """A moment from a number of milliseconds or its text; 0 and nothing mean that it is not known."""
    return from_milliseconds(int(value)) if value and int(value) > 0 else None


def metric(item: dict[str, Any]) -> Metric:
    """A metric; special numbers come as the words NaN, Infinity and -Infinity."""
    value = item.get("value", 0.0)
    number = float(value) if value not in ("", None) else math.nan
    return Metric(item["key"], number, int(item.get("step") or 0), milliseconds(item.get("timestamp")))


def dataset_input(item: dict[str, Any]) -> DatasetInput:
    """A data set of a run; its source, schema and profile are JSON inside strings."""
    tags, data = pairs(item.get("tags", [])), item.get("dataset", {})
    nested = {name: embedded(data.get(name)) for name in ("source", "schema", "profile")}
    context = tags.pop(CONTEXT_TAG, "")
    plain = {name: data.get(name, "") for name in ("name", "digest", "source_type")}
    return DatasetInput(**plain, **nested, context=context, tags=tags)


def embedded(text: Any) -> Any:
    """JSON inside a string, or the string itself when it is none."""
    if not isinstance(text, str) or not text:
        return text or None
    try:
        return json.loads(text)
    except ValueError:
        return text


def models_of_tag(run_id: str, history: str | None) -> tuple[LoggedModel, ...]:
    """The models that a run of MLflow 2 logged, from its tag."""
    found = embedded(history) or []
    paths = dict.fromkeys(
        item["artifact_path"] for item in found if isinstance(item, dict) and item.get("artifact_path")
    )
    return tuple(LoggedModel(path.rsplit("/", 1)[-1], f"runs:/{run_id}/{path}") for path in paths)


def models_of_outputs(outputs: list[dict[str, Any]]) -> tuple[LoggedModel, ...]:
    """The models that a run of MLflow 3 logged; their names are asked for separately."""
    ids = dict.fromkeys(item["model_id"] for item in outputs if item.get("model_id"))
    return tuple(LoggedModel("", f"models:/{model_id}", model_id) for model_id in ids)


def registered_version(item: dict[str, Any]) -> RegisteredVersion:
    """A version of MLflow's registry, from `model-versions/...`."""
    return RegisteredVersion(
        name=item["name"],
        version=str(item["version"]),
        description=item.get("description", ""),
        stage=item.get("current_stage") or "None",
        source=item.get("source", ""),
        run_id=item.get("run_id") or None,
        aliases=tuple(alias if isinstance(alias, str) else alias["alias"] for alias in item.get("aliases", [])),
        tags=pairs(item.get("tags", [])),
    )


def artifact(item: dict[str, Any]) -> Artifact:
    """A file or folder of a listing."""
    is_dir = bool(item.get("is_dir"))
    size = item.get("file_size")
    return Artifact(item["path"], is_dir, None if is_dir or size is None else int(size))


def mlmodel(text: bytes) -> dict[str, Any]:
    """The contents of an MLmodel file; raises UpstreamFailed when it is not one."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UpstreamFailed("MLflow's MLmodel file cannot be read as YAML.") from error
    if not isinstance(found, dict):
        raise UpstreamFailed("MLflow's MLmodel file does not hold what such a file holds.")
    return json_able(found)


def json_able(value: Any) -> Any:
    """The value with nothing in it that JSON has no word for, such as YAML's dates."""
    if isinstance(value, dict):
        return {str(key): json_able(part) for key, part in value.items()}
    if isinstance(value, list):
        return [json_able(part) for part in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def signature(found: dict[str, Any]) -> dict[str, Any] | None:
    """The signature in an MLmodel file; its parts are JSON inside strings."""
    parts = found.get("signature")
    if not isinstance(parts, dict):
        return None
    return {name: embedded(parts.get(name)) for name in ("inputs", "outputs", "params")}
