"""What is asked of each server. The first answer of each target is read and checked before anything is measured."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import wrk
from tests.bench.seeding import REGISTERED
from tests.bench.servers import Server, ask
from tests.bench.windows import Target

SPREAD = 500  # different things that are read in turn
PAGE = 20
URIS = [f"asset-{number}:1.0-initial" for number in range(1, 40 * SPREAD, 40) if number % 10]
MODEL = {
    "name": "bench-@",
    "version": "1.0",
    "description": "Predicts the progression of a disease from ten base values.",
    "ml_flow_model_path": "mlflow-artifacts:/1/2c8c2fc3fefe4c56a29ac325c0bac39c/artifacts/model",
}
MLFLOW = "/api/2.0/mlflow/registered-models"
Right = Callable[[Any], bool]


@dataclass(frozen=True)
class Maker:
    """Makes the targets of one server."""

    server: Server
    folder: Path
    headers: dict[str, str]

    def reads(self, name: str, addresses: list[str], right: Right) -> Target:
        """A target that reads these addresses in turn."""
        status, answer = ask(self.server.url + addresses[0], self.headers)
        _check(name, status, 200, answer, right)
        script = wrk.reading_script(self.folder / f"{name}.lua", addresses, self.headers)
        return Target(name, self.server.url, self.server.pid, script)

    def writes(self, name: str, address: str, body: dict[str, str], right: Right, expected: int = 201) -> Target:
        """A target that makes one more of these each time."""
        first = json.dumps(body).replace("@", "first").encode()
        status, answer = ask(self.server.url + address, self.headers, first)
        _check(name, status, expected, answer, right)
        script = wrk.writing_script(self.folder / f"{name}.lua", address, body, self.headers)
        return Target(name, self.server.url, self.server.pid, script)


def _check(name: str, status: int, expected: int, answer: bytes, right: Right) -> None:
    if status != expected or not right(json.loads(answer)):
        raise SystemExit(f"{name} does not answer as it should: {status} {answer[:600]!r}")


def of_floor(make: Maker, ids: list[str]) -> dict[str, Callable[[], Target]]:
    """The floor's targets by name."""
    return {
        "F1": lambda: make.reads("F1", ["/f1"], lambda said: said["ok"]),
        "F2": lambda: make.reads("F2", [f"/f2/{id_}" for id_ in ids], lambda said: _is_full(said, ids[0])),
        "FA": lambda: make.reads("FA", [f"/fa/{uri}" for uri in URIS], _is_asset),
        "F3": lambda: make.reads("F3", ["/f3"], lambda said: len(said["data"]) == PAGE and _is_full(said["data"][0])),
        "F4": lambda: make.writes("F4", "/f4", MODEL, _is_made),
        "F5": lambda: make.writes("F5", "/f5", MODEL, lambda said: said["ok"]),
    }


def of_ours(make: Maker, ids: list[str]) -> dict[str, Callable[[], Target]]:
    """Our targets by name."""
    base = "/api/ml_models"
    return {
        "get": lambda: make.reads("get", [f"{base}/{id_}" for id_ in ids], lambda said: _is_full(said, ids[0])),
        "page": lambda: make.reads(
            "page", [f"{base}?limit={PAGE}"], lambda said: len(said["data"]) == PAGE and _is_full(said["data"][0])
        ),
        "create": lambda: make.writes("create", base, MODEL, _is_made),
        "asset": lambda: make.reads("asset", [f"/asset/{uri}" for uri in URIS], _is_asset),
    }


def of_mlflow(make: Maker) -> dict[str, Callable[[], Target]]:
    """The same questions to MLflow's registry, by name."""
    names = [f"{MLFLOW}/get?name=model-{number}" for number in range(0, REGISTERED, REGISTERED // SPREAD)]
    # MLflow lists by name: what is made meanwhile must not come before what is listed
    body = {"name": "z-bench-@", "description": MODEL["description"]}
    return {
        "mlflow get": lambda: make.reads("mlflow get", names, lambda said: _is_registered(said["registered_model"])),
        "mlflow page": lambda: make.reads(
            "mlflow page",
            [f"{MLFLOW}/search?max_results={PAGE}"],
            lambda said: len(said["registered_models"]) == PAGE and _is_registered(said["registered_models"][0]),
        ),
        "mlflow create": lambda: make.writes(
            "mlflow create", f"{MLFLOW}/create", body, lambda said: said["registered_model"]["name"], expected=200
        ),
    }


def _is_full(said: dict[str, Any], model_id: str | None = None) -> bool:
    """Whether an answer holds a whole model, so that nobody is fast by saying less."""
    same = model_id is None or said["model_id"] == model_id
    return same and len(said["params"]) == 8 and len(said["metrics"]) == 5 and bool(said["signature"]["inputs"])


def _is_asset(said: dict[str, Any]) -> bool:
    return said["success"] and said["data"]["asset_uri"] == URIS[0] and len(said["data"]) == 11


def _is_registered(said: dict[str, Any]) -> bool:
    return len(said["tags"]) == 3 and len(said["latest_versions"]) == 1


def _is_made(said: dict[str, Any]) -> bool:
    return len(said["model_id"]) == 64 and said["tracking"]["state"] == "unresolved"
