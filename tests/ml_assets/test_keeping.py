"""Models that point at the asset which holds their files."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import SignedUp, SignUp

MODEL = {"name": "m", "version": "1", "description": "d", "ml_flow_model_path": "runs:/x/model"}


def make_asset(client: FlaskClient, user: SignedUp, name: str = "a", **given: Any) -> str:
    body = {"asset_name": name, "asset_version": {"version": "1", "tag": "t"}, **given}
    answer = client.post("/asset", json=body, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.json["data"]["asset_id"]


def make_model(client: FlaskClient, user: SignedUp, **given: Any) -> dict[str, Any]:
    answer = client.post("/api/ml_models", json={**MODEL, **given}, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


@pytest.mark.parametrize("by_uri", [False, True])
def test_a_model_points_at_an_asset_and_holds_it(either_client: FlaskClient, sign_up: SignUp, by_uri: bool) -> None:
    client, user = either_client, sign_up(either_client)
    asset = make_asset(client, user)
    model = make_model(client, user, asset_id="a:1-t" if by_uri else asset)
    path = f"/api/ml_models/{model['model_id']}"
    assert model["asset_id"] == client.get(path, headers=user.headers).json["asset_id"] == asset
    held = client.delete(f"/asset/{asset}", headers=user.headers)
    assert (held.status_code, "files of a model" in held.json["error"]) == (409, True)
    assert client.delete(path, headers=user.headers).status_code == 204
    assert client.post(f"{path}/restore", headers=user.headers).json["asset_id"] == asset
    assert client.delete(f"/asset/{asset}", headers=user.headers).status_code == 409
    assert client.delete(path, headers=user.headers).status_code == 204
    assert client.delete(f"/asset/{asset}", headers=user.headers).status_code == 200


def test_a_model_can_point_elsewhere_and_at_nothing(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, user = either_client, sign_up(either_client)
    first, second = make_asset(client, user, "a"), make_asset(client, user, "b")
    path = f"/api/ml_models/{make_model(client, user, asset_id=first)['model_id']}"
    assert client.patch(path, json={"asset_id": second}, headers=user.headers).json["asset_id"] == second
    assert client.delete(f"/asset/{first}", headers=user.headers).status_code == 200
    assert client.patch(path, json={"description": "other"}, headers=user.headers).json["asset_id"] == second
    assert client.patch(path, json={"asset_id": None}, headers=user.headers).json["asset_id"] is None
    assert client.delete(f"/asset/{second}", headers=user.headers).status_code == 200


def test_an_asset_that_the_reader_may_not_see_is_not_named(client: FlaskClient, sign_up: SignUp) -> None:
    owner, other = sign_up(client), sign_up(client)
    private = make_asset(client, owner, visibility="private")
    model = make_model(client, owner, asset_id=private)
    path = f"/api/ml_models/{model['model_id']}"
    assert client.get(path, headers=other.headers).json["asset_id"] is None
    refused = client.post("/api/ml_models", json={**MODEL, "asset_id": private}, headers=other.headers)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/asset_id")
