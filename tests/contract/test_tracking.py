"""The same assertions about MLflow 2, MLflow 3 and a SQLite store of MLflow 3, all real."""

import math
from collections.abc import Iterator

import pytest

from app.core.errors import Invalid, NotFound
from app.gateways import tracking

Seeded = tuple[str, dict[str, str]]


@pytest.fixture(params=["mlflow2", "mlflow3", "store"], scope="module")
def ids(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The ids of what was logged; the gateway speaks to that MLflow."""
    uri, ids = request.getfixturevalue(f"seeded_{request.param}")
    tracking.configure(uri)
    yield ids
    tracking.configure("")


def test_the_check_passes(ids: dict[str, str]) -> None:
    tracking.check()


def test_a_run_has_its_names_times_params_and_tags(ids: dict[str, str]) -> None:
    run = tracking.run(ids["run_id"])
    assert (run.run_id, run.experiment_id, run.name) == (ids["run_id"], ids["experiment_id"], "odd / run")
    assert (run.status, run.lifecycle_stage) == ("FINISHED", "active")
    assert run.params == {"learning rate": "0.1", "solver/name": "lbfgs", "text": "ü" * 20}
    assert {"domain": "limnology", "with blank": "a b"}.items() <= run.tags.items()
    assert run.started is not None
    assert run.ended is not None
    assert run.started <= run.ended


def test_metrics_keep_special_numbers(ids: dict[str, str]) -> None:
    metrics = {metric.key: metric for metric in tracking.run(ids["run_id"]).metrics}
    assert metrics["val/r2 score"].value == pytest.approx(0.7)
    assert metrics["val/r2 score"].step == 2
    assert math.isnan(metrics["not a number"].value)
    assert metrics["endless"].value >= 1.7e308  # some stores keep the largest number instead
    assert metrics["least"].value <= -1.7e308


def test_the_history_of_a_metric_has_all_steps(ids: dict[str, str]) -> None:
    history = tracking.metric_history(ids["run_id"], "val/r2 score")
    assert [(point.step, round(point.value, 3)) for point in history] == [(0, 0.5), (1, 0.6), (2, 0.7)]


def test_the_history_of_a_metric_that_was_not_logged_is_empty(ids: dict[str, str]) -> None:
    assert tracking.metric_history(ids["run_id"], "none") == ()


def test_inputs_are_the_data_sets_with_their_contexts(ids: dict[str, str]) -> None:
    inputs = {given.context: given for given in tracking.run(ids["run_id"]).inputs}
    assert {context: given.name for context, given in inputs.items()} == {
        "training": "lakes training",
        "testing": "lakes testing",
    }
    training = inputs["training"]
    assert len(training.digest) >= 8
    assert isinstance(training.schema, dict)
    assert isinstance(training.profile, dict)


def test_a_run_leads_to_the_model_that_it_logged(ids: dict[str, str]) -> None:
    (logged,) = tracking.run(ids["run_id"]).models
    assert logged.name == "model"
    assert tracking.model(logged.uri).run_id == ids["run_id"]


def test_every_form_of_uri_leads_to_the_same_model(ids: dict[str, str]) -> None:
    name, version = ids["name"], ids["version"]
    plain = tracking.model(f"runs:/{ids['run_id']}/model")
    forms = [ids["model_uri"], f"models:/{name}/{version}", f"models:/{name}@champion"]
    if plain.artifact_uri.startswith("mlflow-artifacts:"):
        forms.append(plain.artifact_uri)
    for form in forms:
        found = tracking.model(form)
        assert (form, found.artifact_uri, found.run_id) == (form, plain.artifact_uri, ids["run_id"])


def test_a_model_has_flavors_and_signature(ids: dict[str, str]) -> None:
    model = tracking.model(ids["model_uri"])
    assert {"sklearn", "python_function"} <= set(model.flavors)
    assert model.signature is not None
    assert model.signature["inputs"][0]["type"] == "tensor"
    assert model.mlmodel["mlflow_version"]


def test_a_registered_model_has_name_version_and_aliases(ids: dict[str, str]) -> None:
    registered = tracking.model(f"models:/{ids['name']}@champion").registered
    assert registered is not None
    assert (registered.name, registered.version, registered.aliases) == (ids["name"], ids["version"], ("champion",))


def test_registered_versions_of_a_run_have_their_aliases(ids: dict[str, str]) -> None:
    (version,) = tracking.registered_versions(ids["run_id"])
    assert (version.name, version.aliases) == (ids["name"], ("champion",))


def test_the_root_of_a_run_shows_files_and_models(ids: dict[str, str]) -> None:
    listed = {item.path: item.is_dir for item in tracking.list_artifacts(ids["run_id"])}
    assert listed == {"model": True, "notes": True}


def test_a_folder_with_a_blank_in_its_name_is_listed(ids: dict[str, str]) -> None:
    (item,) = tracking.list_artifacts(ids["run_id"], "notes/with blank")
    assert (item.path, item.is_dir, item.size) == ("notes/with blank/ümlaut.txt", False, 11)


def test_the_files_of_a_model_are_listed_below_its_name(ids: dict[str, str]) -> None:
    paths = {item.path for item in tracking.list_artifacts(ids["run_id"], "model")}
    assert "model/MLmodel" in paths


@pytest.mark.parametrize("path", ["notes/with blank/ümlaut.txt", "model/MLmodel"])
def test_a_file_is_streamed(ids: dict[str, str], path: str) -> None:
    stream = tracking.open_artifact(ids["run_id"], path)
    content = b"".join(stream.chunks)
    assert stream.size in (None, len(content))
    assert content == b"deep water\n" if path.startswith("notes") else b"flavors:" in content


def test_what_is_not_there_is_not_found(ids: dict[str, str]) -> None:
    run = ids["run_id"]
    for ask in (
        lambda: tracking.run("0" * 32),
        lambda: tracking.model(f"runs:/{'0' * 32}/model"),
        lambda: tracking.model(f"runs:/{run}/none"),
        lambda: tracking.model("models:/no such model/1"),
        lambda: tracking.model("models:/no such model@alias"),
        lambda: tracking.model(f"models:/m-{'0' * 32}"),
        lambda: tracking.model(f"mlflow-artifacts:/0/{'0' * 32}/artifacts/model"),
        lambda: tracking.metric_history("0" * 32, "x"),
        lambda: tracking.list_artifacts("0" * 32),
        lambda: tracking.open_artifact(run, "none.txt"),
        lambda: tracking.run("a'b"),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a\\..\\b", "%2e%2e/x", "%252e%252e/x", "a\x00b"])
def test_a_path_that_leads_out_is_refused(ids: dict[str, str], path: str) -> None:
    with pytest.raises(Invalid):
        tracking.list_artifacts(ids["run_id"], path)
    with pytest.raises(Invalid):
        tracking.open_artifact(ids["run_id"], path)


def test_a_run_without_a_model_has_none(ids: dict[str, str]) -> None:
    run = tracking.run(ids["empty_run_id"])
    assert run.models == ()
    assert run.params == {"empty": ""}
