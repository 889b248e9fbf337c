"""Facts of things as the service shows them, for tests of their descriptions."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import Quad, Store, Triple
from rdflib import Graph

from app.semantics.writing import lines
from tests.services.running import refuse

BASE = "https://quay.example"
MODEL, DATASET, OTHER, TRAINING, USER = ("1" * 64, "2" * 64, "3" * 64, "4" * 64, "5" * 64)
MODEL_IRI = f"{BASE}/id/ml_model/{MODEL}"
DATASET_IRI = f"{BASE}/id/ml_dataset/{DATASET}"
OTHER_IRI = f"{BASE}/id/ml_dataset/{OTHER}"
TRAINING_IRI = f"{BASE}/id/fl_training/{TRAINING}"
ASSET = "6" * 64
ASSET_IRI = f"{BASE}/id/asset/{ASSET}"
ASSET_ID = "3f2c8c1e-5a67-4c4a-9b0e-2f1d6a7b8c90"
MOMENT = "2026-01-02T03:04:05.000006Z"
SHAPES = Path(__file__).parents[3] / "shared" / "data" / "mldcat-ap" / "shacl" / "mldcat-ap-SHACL.ttl"
COMMON = {
    "tags": {"domain": "medicine"},
    "properties": {"licence": "CC-BY-4.0", "reviewed": True},
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "creator": {"user_id": USER, "first_name": "Sample", "last_name": "User"},
    "visibility": "internal",
    "state": "active",
    "revision": 1,
}
RUN = {"name": "lake run", "experiment": "7", "user": "sample", "status": "FINISHED"}
SKLEARN = {"sklearn_version": "1.9.1", "serialization_format": "cloudpickle", "code": None}


def model(**given: Any) -> dict[str, Any]:
    """A resolved model of scikit-learn."""
    facts = {
        **COMMON,
        "model_id": MODEL,
        "name": "lake depth",
        "version": "1.0",
        "description": "Predicts the depth of lakes.",
        "ml_flow_model_path": "models:/m-0123456789abcdef0123456789abcdef",
        "run_id": "ab" * 16,
        "run": {**RUN, "started_at": MOMENT, "ended_at": "2026-01-02T03:05:00.000000Z"},
        "tracking": {"state": "resolved", "reason": None, "checked_at": MOMENT},
        "params": {"alpha": "0.5", "max_iter": "100", "fit_intercept": "True", "solver": "auto"},
        "metrics": {"r2": 0.51, "rmse": 12},
        "flavors": {
            "sklearn": SKLEARN,
            "python_function": {"python_version": "3.11.9", "loader_module": "mlflow.sklearn"},
        },
        "signature": {
            "inputs": [{"name": "bmi", "type": "double", "required": True}, {"name": "age", "type": "long"}],
            "outputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}],
            "params": None,
        },
        "registered": {"name": "lakes", "version": "3", "aliases": ["champion"]},
        "datasets": [{"dataset_id": DATASET, "name": "lakes", "digest": "8f9eb48c", "context": "training"}],
        "aliases": ["best"],
        "logged_model_id": "m-0123456789abcdef0123456789abcdef",
        "mlflow_version": "3.17.2",
        "size": 4711,
    }
    return {**facts, **given}


def unresolved(**given: Any) -> dict[str, Any]:
    """A model of which MLflow knows nothing."""
    empty = {
        "params": {},
        "metrics": {},
        "flavors": {},
        "signature": None,
        "registered": None,
        "run": None,
        "run_id": None,
    }
    tracking = {"state": "unresolved", "reason": "MLflow has no run abc.", "checked_at": MOMENT}
    unknown = {"logged_model_id": None, "mlflow_version": None, "size": None, "datasets": [], "tracking": tracking}
    return {**model(), **empty, **unknown, **given}


def dataset(**given: Any) -> dict[str, Any]:
    """A data set as MLflow logs it."""
    facts = {
        **COMMON,
        "dataset_id": DATASET,
        "name": "lakes",
        "version": "1",
        "description": "",
        "digest": "8f9eb48c",
        "source_type": "http",
        "source": {"url": "https://example.org/lakes.csv"},
        "profile": {"num_rows": 442, "num_elements": 4420},
        "schema": {
            "mlflow_colspec": [{"type": "double", "name": "bmi", "required": True}, {"type": "long", "name": "age"}]
        },
    }
    return {**facts, **given}


def training(**given: Any) -> dict[str, Any]:
    """A federated training with all its parts."""
    facts = {
        **COMMON,
        "fl_service_id": TRAINING,
        "name": "federated lakes",
        "description": "Lakes of three countries.",
        "fl_session": {
            "session_id": "session-1",
            "session_start_time": "2026-01-01T00:00:00Z",
            "session_end_time": "2026-01-02T00:00:00Z",
            "num_min_clients": 2,
            "num_max_clients": 10,
            "participation_ratio": 0.5,
        },
        "fl_aggregation": {"aggregation_method": "FedAvg", "aggregation_frequency": 1},
        "fl_communication": {"communication_protocol": "gRPC", "secure_aggregation_enabled": True},
        "fl_security": {"differential_privacy_enabled": False, "encryption_method": "AES-256"},
        "fl_training": {"training_rounds": 10, "local_epochs": 2, "loss_function": "cross-entropy"},
        "fl_client": "https://example.org/client",
    }
    return {**facts, **given}


def asset(**given: Any) -> dict[str, Any]:
    """An asset whose file is stored here; its facts are those of the assets DB."""
    entity = {key: value for key, value in COMMON.items() if key not in ("tags", "properties")}
    facts = {
        **entity,
        "id": ASSET,
        "asset_uri": "Lakes/Map:1.0-initial",
        "asset_name": "Lakes/Map",
        "asset_id": ASSET_ID,
        "assets_db_id": "assets-1",
        "asset_version": {"version": "1.0", "tag": "initial"},
        "asset_metadata": {"description": "A map of lakes.", "licence": "CC-BY-4.0", "depth": 12, "place": {"x": [1]}},
        "asset_public_url": f"{BASE}/asset-object/{ASSET_ID}",
        "asset_file_info": {
            "file_name": "lakes.png",
            "file_type": "image/png",
            "file_size": 4711,
            "sha256": "0f" * 32,
            "md5": "ab" * 16,
            "camera": "none",
        },
        "asset_tags": ["image", "lakes"],
        "owner": USER,
        "aliases": ["best map"],
        "stored": True,
    }
    return {**facts, **given}


def without_file(**given: Any) -> dict[str, Any]:
    """An asset of which no file is known."""
    return asset(**{"asset_public_url": "", "asset_file_info": {}, "stored": False, **given})


def shuffled(value: Any) -> Any:
    """The same value with the keys of all objects in the other order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(part) for part in value] if isinstance(value, list) else value


def as_json(value: Any) -> str:
    return json.dumps(value)


def parsed(triples: Iterable[Triple]) -> Graph:
    """The same graph in another library."""
    return Graph().parse(data=lines(triples), format="nt")


def ask(triples: Iterable[Triple], query: str) -> list[tuple[str, ...]]:
    """The answers to a SPARQL query with our prefixes, in order; the texts of their values."""
    from app.semantics.vocabulary import PREFIXES

    store = Store()
    store.extend(Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    found = store.query(query, prefixes=PREFIXES)
    return sorted(tuple(value.value for value in row) for row in found)


def official_shapes() -> Graph:
    """The published shapes of MLDCAT-AP 3.1.0."""
    if not SHAPES.exists():
        refuse(f"the shapes of MLDCAT-AP are not at {SHAPES}")
    return Graph().parse(SHAPES)
