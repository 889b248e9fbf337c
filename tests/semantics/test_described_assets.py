"""Descriptions of assets over HTTP: questions, verdicts, formats, and what a reader may not see."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.semantics.service.examples import EXAMPLES
from app.semantics.writing import FORMATS
from tests.conftest import SignUp


@pytest.fixture
def client(make_app: Callable[..., Flask], either_url: str) -> FlaskClient:
    return make_app(either_url).test_client()


def test_assets_are_described_over_http_and_have_no_other_exports(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    info = {"file_name": "a.png", "file_type": "image/png", "file_size": 10, "sha256": "0f" * 32}
    body = {
        "asset_name": "a", "asset_version": {"version": "1", "tag": "t"}, "asset_tags": ["image"],
        "asset_public_url": "https://example.org/a.png", "asset_file_info": info,
    }  # fmt: skip
    made = client.post("/asset", json=body, headers=user.headers)
    assert made.status_code == 201, made.text
    (listed,) = client.get("/api/assets", headers=user.headers).json["data"]
    path = f"/api/semantics/{listed['id']}"
    report = client.get(f"{path}/validation", headers=user.headers)
    assert report.status_code == 200, report.text
    assert (report.json["conforms"], report.json["missing"]) == (True, [])
    (query,) = [one.query for one in EXAMPLES if one.name == "files-by-keyword"]
    answer = client.get("/api/semantics/sparql", query_string={"query": query}, headers=user.headers)
    assert [row["file"]["value"] for row in answer.json["results"]["bindings"]] == ["a.png"]
    for form in FORMATS:
        assert client.get(path, query_string={"format": form}, headers=user.headers).status_code == 200, form
    for export in ("ml_datasets/{}/croissant", "ml_models/{}/model_card"):
        assert client.get(f"/api/{export.format(listed['id'])}", headers=user.headers).status_code == 404


def test_what_an_asset_names_and_the_reader_may_not_see_is_not_shown(client: FlaskClient, sign_up: SignUp) -> None:
    owner, other = sign_up(client), sign_up(client)
    hidden = {"asset_name": "hidden", "visibility": "private"}
    assert client.post("/asset", json=hidden, headers=owner.headers).status_code == 201
    (secret,) = client.get("/api/assets", headers=owner.headers).json["data"]
    address = f"http://localhost:5000/id/asset/{secret['id']}"
    body = {"asset_name": "shown", "asset_public_url": address, "asset_file_info": {"file_size": 1}}
    assert client.post("/asset", json=body, headers=owner.headers).status_code == 201
    (shown,) = client.get("/api/assets", headers=other.headers).json["data"]
    for user, expected in ((owner, True), (other, False)):
        answer = client.get(f"/api/semantics/{shown['id']}?format=ntriples", headers=user.headers)
        assert answer.status_code == 200, answer.text
        assert (f"<{address}>" in answer.text) == expected
        report = client.get(f"/api/semantics/{shown['id']}/validation", headers=user.headers)
        assert report.status_code == 200 and secret["id"] not in str(report.json["missing"])
