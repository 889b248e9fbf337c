"""Registering what a run made, with real MLflow 2, MLflow 3 and a SQLite store behind the service."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import SignedUp, SignUp

Seeded = tuple[str, dict[str, str]]


@pytest.fixture(params=["mlflow2", "mlflow3", "store"])
def seeded(request: pytest.FixtureRequest) -> Seeded:
    return request.getfixturevalue(f"seeded_{request.param}")


@pytest.fixture
def ids(seeded: Seeded) -> dict[str, str]:
    return seeded[1]


@pytest.fixture
def client(make_app: Callable[..., Flask], sqlite_url: str, seeded: Seeded) -> FlaskClient:
    return make_app(sqlite_url, MLFLOW_TRACKING_URI=seeded[0]).test_client()


@pytest.fixture
def user(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


def register(client: FlaskClient, user: SignedUp, **given: Any) -> Any:
    return client.post("/api/ml_models/from_run", json=given, headers=user.headers)


def test_a_run_becomes_a_model_with_its_data_sets_and_lineage(
    client: FlaskClient, user: SignedUp, ids: dict[str, str]
) -> None:
    answer = register(client, user, run_id=ids["run_id"])
    assert answer.status_code == 201, answer.text
    (model,) = answer.json["models"]
    assert model["name"] == ids["name"]
    assert model["registered"] == {"name": ids["name"], "version": ids["version"], "aliases": ["champion"]}
    assert model["params"]["solver/name"] == "lbfgs"
    assert model["metrics"]["val/r2 score"] == pytest.approx(0.7)
    assert model["metrics"]["not a number"] == "NaN"
    assert model["tags"] == {"domain": "limnology", "with blank": "a b"}
    assert "sklearn" in model["flavors"]
    assert model["signature"]["inputs"]
    assert model["tracking"]["state"] == "resolved"
    assert {d["context"]: d["name"] for d in model["datasets"]} == {
        "training": "lakes training",
        "testing": "lakes testing",
    }
    lineage = client.get(f"/api/lineage/{model['model_id']}?direction=upstream", headers=user.headers).json
    titles = {node["title"] for node in lineage["nodes"] if node["type"] == "entity"}
    assert titles == {ids["name"], "lakes training", "lakes testing"}
    (training,) = [node for node in lineage["nodes"] if node["type"] == "act"]
    assert training["details"]["run_id"] == ids["run_id"]
    back = client.get(f"/api/lineage/{model['datasets'][0]['dataset_id']}?direction=downstream", headers=user.headers)
    assert model["model_id"] in {node["id"] for node in back.json["nodes"]}


def test_asked_again_in_any_form_the_same_assets_are_given_back(
    client: FlaskClient, user: SignedUp, ids: dict[str, str]
) -> None:
    first = register(client, user, run_id=ids["run_id"])
    for given in (
        {"run_id": ids["run_id"]},
        {"model_uri": f"runs:/{ids['run_id']}/model"},
        {"model_uri": ids["model_uri"]},
        {"model_uri": f"models:/{ids['name']}@champion"},
        {"model_uri": f"models:/{ids['name']}/{ids['version']}"},
    ):
        again = register(client, user, **given)
        assert (given, again.status_code, again.json) == (given, 200, first.json)
        assert again.headers["Location"] == first.headers["Location"]


def test_the_run_shows_what_came_of_it(client: FlaskClient, user: SignedUp, ids: dict[str, str]) -> None:
    registered = register(client, user, run_id=ids["run_id"]).json
    run = client.get(f"/api/runs/{ids['run_id']}", headers=user.headers).json
    made = {registered["models"][0]["model_id"], *(d["dataset_id"] for d in registered["datasets"])}
    assert {asset["id"] for asset in run["assets"]} == made
    assert run["name"] == "odd / run"
    assert {metric["key"]: metric["value"] for metric in run["metrics"]}["not a number"] == "NaN"
    assert {given["context"] for given in run["inputs"]} == {"training", "testing"}


def test_metric_history_and_files_of_a_run(client: FlaskClient, user: SignedUp, ids: dict[str, str]) -> None:
    run = f"/api/runs/{ids['run_id']}"
    history = client.get(f"{run}/metrics/history", query_string={"key": "val/r2 score"}, headers=user.headers).json
    assert [point["step"] for point in history["history"]] == [0, 1, 2]
    listed = client.get(f"{run}/artifacts", headers=user.headers).json["artifacts"]
    assert [item["path"] for item in listed] == ["model", "notes"]
    file = client.get(f"{run}/artifacts/notes/with blank/ümlaut.txt", headers=user.headers)
    assert (file.status_code, file.data) == (200, b"deep water\n")
    assert "filename*=UTF-8''%C3%BCmlaut.txt" in file.headers["Content-Disposition"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    with client.head(f"{run}/artifacts/notes/with blank/ümlaut.txt", headers=user.headers) as head:
        assert (head.status_code, head.data) == (200, b"")
    assert client.get(f"{run}/artifacts/none.txt", headers=user.headers).status_code == 404
    assert client.get(f"{run}/artifacts/..%2f..%2fmlflow.db", headers=user.headers).status_code in (404, 422)


def test_what_is_unknown_or_has_no_model_is_told(client: FlaskClient, user: SignedUp, ids: dict[str, str]) -> None:
    assert register(client, user, run_id="0" * 32).status_code == 404
    assert register(client, user, model_uri="models:/none/1").status_code == 404
    empty = register(client, user, run_id=ids["empty_run_id"])
    assert (empty.status_code, empty.json["errors"][0]["pointer"]) == (422, "/run_id")
    assert register(client, user).status_code == 422
    assert register(client, user, run_id="x", model_uri="y").status_code == 422
    garbage = register(client, user, model_uri="garbage")
    assert (garbage.status_code, garbage.json["errors"][0]["pointer"]) == (422, "/model_uri")
    assert client.get("/api/ml_models", headers=user.headers).json["data"] == []


def test_add_model_resolves_a_known_path_and_refresh_a_path_that_became_known(
    client: FlaskClient, user: SignedUp, ids: dict[str, str]
) -> None:
    body = {"name": "n", "version": "1", "description": "d", "ml_flow_model_path": f"runs:/{ids['run_id']}/model"}
    known = client.post("/api/ml_models/add_model", json=body, headers=user.headers).json
    assert known["tracking"]["state"] == "resolved"
    assert len(known["datasets"]) == 2
    unknown = client.post(
        "/api/ml_models", json={**body, "ml_flow_model_path": "models:/none/1"}, headers=user.headers
    ).json
    assert unknown["tracking"]["state"] == "unresolved"
    path = f"/api/ml_models/{unknown['model_id']}"
    moved = client.patch(path, json={"ml_flow_model_path": body["ml_flow_model_path"]}, headers=user.headers).json
    assert (moved["tracking"]["state"], moved["run_id"]) == ("resolved", ids["run_id"])
    refreshed = client.post(f"{path}/refresh", headers=user.headers).json
    assert refreshed["metrics"] == moved["metrics"]


def test_data_sets_are_held_while_their_model_is_there(
    client: FlaskClient, user: SignedUp, ids: dict[str, str]
) -> None:
    registered = register(client, user, run_id=ids["run_id"]).json
    model = f"/api/ml_models/{registered['models'][0]['model_id']}"
    dataset = f"/api/ml_datasets/{registered['datasets'][0]['dataset_id']}"
    held = client.delete(dataset, headers=user.headers)
    assert (held.status_code, len(held.json["errors"])) == (409, 1)
    assert client.delete(model, headers=user.headers).status_code == 204
    assert client.delete(dataset, headers=user.headers).status_code == 204
    assert client.post(f"{model}/restore", headers=user.headers).status_code == 409
    assert client.post(f"{dataset}/restore", headers=user.headers).status_code == 200
    assert client.post(f"{model}/restore", headers=user.headers).status_code == 200
    assert client.delete(dataset, headers=user.headers).status_code == 409


def test_a_deleted_model_can_be_registered_anew(client: FlaskClient, user: SignedUp, ids: dict[str, str]) -> None:
    first = register(client, user, run_id=ids["run_id"]).json["models"][0]
    client.delete(f"/api/ml_models/{first['model_id']}", headers=user.headers)
    second = register(client, user, run_id=ids["run_id"])
    assert second.status_code == 201
    assert second.json["models"][0]["model_id"] != first["model_id"]


def test_another_user_gets_a_model_of_their_own_with_the_same_data_sets(
    client: FlaskClient, user: SignedUp, sign_up: SignUp, ids: dict[str, str]
) -> None:
    first, second = (
        register(client, user, run_id=ids["run_id"]).json,
        register(client, sign_up(client), run_id=ids["run_id"]),
    )
    assert second.status_code == 201
    assert second.json["models"][0]["model_id"] != first["models"][0]["model_id"]
    assert [d["dataset_id"] for d in second.json["datasets"]] == [d["dataset_id"] for d in first["datasets"]]


def test_the_models_trained_on_a_data_set_above_a_score_best_first(
    client: FlaskClient, user: SignedUp, ids: dict[str, str]
) -> None:
    registered = register(client, user, run_id=ids["run_id"]).json
    dataset = registered["datasets"][0]["dataset_id"]
    query = {"dataset": dataset, "metric": "val/r2 score>0.4", "sort": "-metrics.val/r2 score"}
    found = client.get("/api/ml_models", query_string=query, headers=user.headers).json["data"]
    assert [m["model_id"] for m in found] == [registered["models"][0]["model_id"]]
    query["metric"] = "val/r2 score>0.8"
    assert client.get("/api/ml_models", query_string=query, headers=user.headers).json["data"] == []


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_eight_who_register_the_same_run_at_once_get_one_model(
    request: pytest.FixtureRequest,
    make_app: Callable[..., Flask],
    seeded_mlflow3: Seeded,
    sign_up: SignUp,
    database: str,
) -> None:
    uri, ids = seeded_mlflow3
    app = make_app(request.getfixturevalue(f"{database}_url"), MLFLOW_TRACKING_URI=uri)
    user = sign_up(app.test_client())
    answers: list[Any] = []
    barrier = threading.Barrier(8)

    def act() -> None:
        barrier.wait()
        answers.append(register(app.test_client(), user, run_id=ids["run_id"]))

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["models"][0]["model_id"] for answer in answers}) == 1
    assert len(app.test_client().get("/api/ml_datasets", headers=user.headers).json["data"]) == 2
