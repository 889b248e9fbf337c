"""Log one run with everything that is odd about runs, and print its ids as JSON. Run by a python that has all of MLflow."""

import json
import math
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

NAME = "lake / depth model"
EXPERIMENT = f"odd names {Path(tempfile.mkdtemp()).name}"


def main(uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    place = Path(uri.removeprefix("sqlite:///")).with_name("artifacts").as_uri() if uri.startswith("sqlite") else None
    mlflow.set_experiment(experiment_id=mlflow.create_experiment(EXPERIMENT, artifact_location=place))
    with mlflow.start_run(run_name="odd / run") as run:
        ids = {"run_id": run.info.run_id, "experiment_id": run.info.experiment_id}
        ids["model_uri"] = log_everything()
    version = register(client, ids["model_uri"])
    with mlflow.start_run(run_name="no model") as empty:
        mlflow.log_param("empty", "")
    print(json.dumps({**ids, "name": NAME, "version": version, "empty_run_id": empty.info.run_id}))


def log_everything() -> str:
    mlflow.log_params({"learning rate": "0.1", "solver/name": "lbfgs", "text": "ü" * 20})
    for step in range(3):
        mlflow.log_metric("val/r2 score", 0.5 + step / 10, step=step)
    mlflow.log_metrics({"not a number": math.nan, "endless": math.inf, "least": -math.inf})
    mlflow.set_tags({"domain": "limnology", "with blank": "a b"})
    columns = numpy.arange(20.0).reshape(10, 2)
    target = columns.sum(axis=1)
    for context in ("training", "testing"):
        data = mlflow.data.from_numpy(columns, targets=target, name=f"lakes {context}")
        mlflow.log_input(data, context=context)
    with tempfile.TemporaryDirectory() as folder:
        nested = Path(folder) / "with blank" / "ümlaut.txt"
        nested.parent.mkdir()
        nested.write_text("deep water\n")
        mlflow.log_artifacts(folder, "notes")
    model = LinearRegression().fit(columns, target)
    place = {"name": "model"} if mlflow.__version__.startswith("3") else {"artifact_path": "model"}
    signature = infer_signature(columns, model.predict(columns))
    return mlflow.sklearn.log_model(model, signature=signature, input_example=columns[:2], **place).model_uri


def register(client: mlflow.MlflowClient, model_uri: str) -> str:
    version = mlflow.register_model(model_uri, NAME) if "/" not in NAME else create(client, model_uri)
    client.set_registered_model_alias(NAME, "champion", version.version)
    return str(version.version)


def create(client: mlflow.MlflowClient, model_uri: str):
    """Names with slashes are refused by newer versions: then one without."""
    global NAME
    for name in (NAME, NAME.replace("/", "-")):
        try:
            version = mlflow.register_model(model_uri, name)
        except mlflow.exceptions.MlflowException:
            continue
        NAME = name
        return version
    raise SystemExit("no name was accepted")


if __name__ == "__main__":
    main(sys.argv[1])
