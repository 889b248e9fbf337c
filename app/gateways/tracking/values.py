"""What MLflow knows, as values that the rest of the service can rely on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Metric:
    """One measured value; it may be NaN or infinite."""

    key: str
    value: float
    step: int
    timestamp: datetime | None


@dataclass(frozen=True)
class DatasetInput:
    """A data set that a run took in; `context` is training, validation, ... or empty."""

    name: str
    digest: str
    source_type: str
    source: Any
    schema: Any
    profile: Any
    context: str
    tags: dict[str, str]


@dataclass(frozen=True)
class LoggedModel:
    """A model that a run logged: `uri` leads to it in either version of MLflow."""

    name: str
    uri: str
    model_id: str | None = None


@dataclass(frozen=True)
class Run:
    """One run with the latest value of each metric."""

    run_id: str
    experiment_id: str
    name: str
    user: str
    status: str
    started: datetime | None
    ended: datetime | None
    artifact_uri: str
    lifecycle_stage: str
    params: dict[str, str]
    metrics: tuple[Metric, ...]
    tags: dict[str, str]
    inputs: tuple[DatasetInput, ...]
    models: tuple[LoggedModel, ...]


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in MLflow's own registry."""

    name: str
    version: str
    description: str
    stage: str
    source: str
    run_id: str | None
    aliases: tuple[str, ...]
    tags: dict[str, str]


@dataclass(frozen=True)
class Artifact:
    """A file or folder, by its path below the root of its run or model."""

    path: str
    is_dir: bool
    size: int | None


@dataclass(frozen=True)
class TrackedModel:
    """A model that MLflow knows, with what its MLmodel file says."""

    uri: str
    artifact_uri: str
    run_id: str | None
    model_id: str | None
    registered: RegisteredVersion | None
    flavors: dict[str, Any] = field(default_factory=dict)
    signature: dict[str, Any] | None = None
    mlmodel: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ArtifactStream:
    """An open artifact: its size when known, and its bytes once, in order."""

    name: str
    size: int | None
    media_type: str
    chunks: Iterator[bytes]
    close: Callable[[], None]
