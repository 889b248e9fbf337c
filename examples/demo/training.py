"""Train a few models on scikit-learn's diabetes data and log them to MLflow, as a data scientist would."""

import logging
import os
import warnings
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Lasso, Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVR

EXPERIMENT = "diabetes-progression"
REGISTERED_NAME = "diabetes-progression"
CANDIDATES = {
    "ridge": Ridge(alpha=0.1),
    "lasso": Lasso(alpha=0.5),
    "support-vectors": SVR(kernel="linear", C=1.0),
    "mean-only": DummyRegressor(),
}


def train(tracking_uri: str, artifacts: Path) -> dict[str, str]:
    """Log one run for each candidate, register the best as `champion`; run ids by name of the candidate."""
    _be_quiet()
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts.as_uri()))
    scores = {name: _run(name, model) for name, model in CANDIDATES.items()}
    best = max(scores, key=lambda name: scores[name][1])
    _register(scores[best][2])
    return {name: run_id for name, (run_id, _, _) in scores.items()}


def _be_quiet() -> None:
    warnings.filterwarnings("ignore")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _run(name: str, model) -> tuple[str, float, str]:
    frame = load_diabetes(as_frame=True).frame
    seen, unseen = train_test_split(frame, test_size=0.3, random_state=5)
    data = mlflow.data.from_pandas(seen, source="sklearn.datasets.load_diabetes", name="diabetes", targets="target")
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_input(data, context="training")
        mlflow.log_params({"algorithm": type(model).__name__, **model.get_params()})
        mlflow.set_tags({"domain": "medicine", "candidate": name})
        score = _learn(model, seen, unseen)
        given = seen.drop(columns="target")
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(given, model.predict(given)),
            input_example=given.head(2),
        )
    return run.info.run_id, score, logged.model_uri


def _learn(model, seen, unseen) -> float:
    """Fit on growing parts of the data, so that the metrics have a history; the R2 of the last."""
    truth = unseen["target"]
    for step, share in enumerate((0.25, 0.5, 1.0)):
        part = seen.head(int(len(seen) * share))
        model.fit(part.drop(columns="target"), part["target"])
        guess = model.predict(unseen.drop(columns="target"))
        mlflow.log_metrics({"r2": r2_score(truth, guess), "mse": mean_squared_error(truth, guess)}, step=step)
    return r2_score(truth, guess)


def _register(model_uri: str) -> None:
    version = mlflow.register_model(model_uri, REGISTERED_NAME)
    mlflow.MlflowClient().set_registered_model_alias(REGISTERED_NAME, "champion", version.version)
