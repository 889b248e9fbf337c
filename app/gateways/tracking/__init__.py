"""MLflow: one client for servers of version 2 and 3 and for a SQLite store.

`configure` picks the implementation from one setting. Every function here answers within ten seconds, or raises: NotFound
for what MLflow does not know, UpstreamFailed and UpstreamTimeout when it is not well, Unavailable when there is none.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from app.core.errors import NotFound, Unavailable
from app.gateways.tracking import http, parsing, tree, uris
from app.gateways.tracking.rest import RestBackend
from app.gateways.tracking.store import StoreBackend
from app.gateways.tracking.timebox import TimeBox
from app.gateways.tracking.values import Artifact, ArtifactStream, Metric, RegisteredVersion, Run, TrackedModel

T = TypeVar("T")
SECONDS = 10.0
MAX_HISTORY = 25_000
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_state: dict[str, Any] = {"backend": None, "box": TimeBox("MLflow", SECONDS)}


def configure(uri: str) -> None:
    """Use the server or the store at `uri`; none when it is empty."""
    backend = None if not uri else StoreBackend(uri) if uri.startswith("sqlite:") else RestBackend(uri)
    _state.update(backend=backend, box=TimeBox("MLflow", SECONDS))


def check() -> None:
    """Raise when MLflow is not well, for the readiness of the service."""
    if _state["backend"] is not None:
        _boxed(lambda: _backend().check())


def run(run_id: str) -> Run:
    """A run with its inputs and the models that it logged."""
    return _boxed(lambda: tree.run(_backend(), _checked(run_id)))


def metric_history(run_id: str, key: str) -> tuple[Metric, ...]:
    """All values of a metric in the order of their logging, at most 25,000."""
    return _boxed(lambda: _history(_checked(run_id), key))


def _history(run_id: str, key: str) -> tuple[Metric, ...]:
    found: list[Metric] = []
    token = None
    while True:
        page = _backend().history(run_id, key, token)
        found += [parsing.metric(item) for item in page.get("metrics", [])]
        token = page.get("next_page_token")
        if not token or len(found) >= MAX_HISTORY:
            return tuple(found[:MAX_HISTORY])


def model(uri: str) -> TrackedModel:
    """The model that a URI names, in any of MLflow's forms; raises Invalid for another form."""
    return _boxed(lambda: tree.model(_backend(), uri))


def check_uri(uri: str) -> None:
    """Raise Invalid, naming the forms, when `uri` is no address of a model at all; MLflow is not asked."""
    uris.parse(uri)


def registered_versions(run_id: str) -> tuple[RegisteredVersion, ...]:
    """The versions in MLflow's registry that came of a run, with their aliases."""
    return _boxed(lambda: tree.registered_versions(_backend(), _checked(run_id)))


def list_artifacts(run_id: str, path: str = "") -> tuple[Artifact, ...]:
    """What lies directly below a folder of a run; models are folders in either version of MLflow."""
    return _boxed(lambda: tree.list_artifacts(_backend(), _checked(run_id), path))


def open_artifact(run_id: str, path: str) -> ArtifactStream:
    """A file of a run, streamed; the first byte is waited for at most ten seconds, each further piece as long."""
    return _boxed(lambda: tree.open_artifact(_backend(), _checked(run_id), path))


def _backend() -> Any:
    if _state["backend"] is None:
        raise Unavailable("No MLflow is configured: set MLFLOW_TRACKING_URI.")
    return _state["backend"]


def _checked(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise NotFound(f"{run_id[:100]!r} is no id of an MLflow run.")
    return run_id


def _boxed(act: Callable[[], T]) -> T:
    """Run `act` within the time box, on connections that are cut off when its time is over."""
    connections: list[Any] = []

    def call() -> T:
        with http.noting(connections):
            return act()

    _backend()
    return _state["box"].run(call, lambda: http.cut(connections))
