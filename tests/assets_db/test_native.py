"""Assets as all things are listed here: lists, versions, aliases, files under their own names."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assets_db.conftest import METADATA, Upload
from tests.conftest import SignedUp, SignUp


def make(client: FlaskClient, user: SignedUp, name: str = "a", version: str = "1", **given: Any) -> str:
    body = {"asset_name": name, "asset_version": {"version": version, "tag": "t"}, **given}
    answer = client.post("/asset", json=body, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.json["data"]["asset_id"]


def listed(client: FlaskClient, user: SignedUp, path: str = "/api/assets", **given: Any) -> list[str]:
    answer = client.get(path, query_string=given, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return [one["asset_uri"] for one in answer.json["data"]]


def test_lists_filter_by_name_tags_owner_and_words(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, me, other = either_client, sign_up(either_client), sign_up(either_client)
    make(client, me, "a", asset_tags=["x", "y"], asset_metadata={"text": "Lakes"})
    make(client, me, "b", asset_tags=["x"])
    make(client, other, "c", asset_tags=["y", "x.y", 'q"'])
    client.post("/asset", json={"asset_name": "d"})
    assert listed(client, me) == ["a:1-t", "b:1-t", "c:1-t", ""]
    assert listed(client, me, name="b") == ["b:1-t"]
    assert listed(client, me, tag="x") == ["a:1-t", "b:1-t"]
    assert listed(client, me, tag=["x", "y"]) == ["a:1-t"]
    assert listed(client, me, tag='q"') == listed(client, me, tag="x.y") == ["c:1-t"]
    assert listed(client, me, owner="me") == ["a:1-t", "b:1-t"]
    assert listed(client, me, owner=other.id) == ["c:1-t"]
    assert listed(client, me, owner="nobody") == [""]
    assert listed(client, me, q="lAKe") == ["a:1-t"]
    assert listed(client, me, q="100%") == []


def test_pages_follow_one_another(client: FlaskClient, sign_up: SignUp) -> None:
    me = sign_up(client)
    for version in range(5):
        make(client, me, version=str(version))
    path, seen = "/api/assets?limit=2", []
    while path:
        answer = client.get(path, headers=me.headers)
        seen += [one["asset_uri"] for one in answer.json["data"]]
        path = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
    assert seen == [f"a:{version}-t" for version in range(5)]


def test_versions_are_newest_first_and_latest_is_the_newest(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, me, other = either_client, sign_up(either_client), sign_up(either_client)
    for version in ("1", "10", "9"):
        make(client, me, version=version)
    make(client, me, version="secret", visibility="private")
    assert listed(client, me, "/api/assets/versions", name="a") == ["a:secret-t", "a:9-t", "a:10-t", "a:1-t"]
    assert listed(client, other, "/api/assets/versions", name="a") == ["a:9-t", "a:10-t", "a:1-t"]
    latest = {"name": "a", "alias": "latest"}
    for user, version in ((me, "secret"), (other, "9")):
        found = client.get("/api/assets/by_alias", query_string=latest, headers=user.headers).json
        assert found["asset_version"]["version"] == version


def test_an_alias_moves_between_the_versions_of_its_owner(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, me, other = either_client, sign_up(either_client), sign_up(either_client)
    for version in ("1", "2"):
        make(client, me, version=version)
    first, second = (one["id"] for one in client.get("/api/assets", headers=me.headers).json["data"])
    assert client.put(f"/api/assets/{first}/aliases/stable", headers=me.headers).json["aliases"] == ["stable"]
    assert client.put(f"/api/assets/{second}/aliases/stable", headers=me.headers).json["aliases"] == ["stable"]
    assert client.get(f"/api/assets/{first}", headers=me.headers).json["aliases"] == []
    stable = {"name": "a", "alias": "stable"}
    found = client.get("/api/assets/by_alias", query_string=stable, headers=me.headers)
    assert found.json["id"] == second
    assert client.get("/api/assets/by_alias", query_string=stable, headers=other.headers).status_code == 404
    theirs = {**stable, "owner": me.id}
    assert client.get("/api/assets/by_alias", query_string=theirs, headers=other.headers).json["id"] == second
    assert client.put(f"/api/assets/{first}/aliases/stable", headers=other.headers).status_code == 403
    assert client.put(f"/api/assets/{first}/aliases/latest", headers=me.headers).status_code == 422
    assert client.delete(f"/api/assets/{second}/aliases/stable", headers=me.headers).status_code == 204
    assert client.delete(f"/api/assets/{second}/aliases/stable", headers=me.headers).status_code == 404


def test_a_file_has_its_own_name_natively(client: FlaskClient, upload: Upload, sign_up: SignUp) -> None:
    me = sign_up(client)
    upload(client, b"abc", headers=me.headers, name="größe.png")
    id = client.get("/api/assets", headers=me.headers).json["data"][0]["id"]
    answer = client.get(f"/api/assets/{id}/file", headers=me.headers)
    assert (answer.data, "filename*=UTF-8''gr%C3%B6%C3%9Fe.png" in answer.headers["Content-Disposition"]) == (
        b"abc",
        True,
    )
    followed = client.get(f"/id/asset/{id}", headers=me.headers)
    assert (followed.status_code, followed.headers["Location"]) == (303, f"/api/assets/{id}")


def test_a_public_asset_is_read_natively_without_a_token(client: FlaskClient, upload: Upload) -> None:
    upload(client, b"abc", METADATA)
    from app.core.db import reading
    from app.entities import service as entities

    with reading() as session:
        id = session.scalar(entities.select_any("asset").with_only_columns(entities.columns.id))
    assert client.get(f"/api/assets/{id}").json["visibility"] == "public"
    assert client.get(f"/api/assets/{id}/file").data == b"abc"
    assert client.get("/api/assets").status_code == 401


@pytest.mark.parametrize("path", ["/api/assets?nonsense=1", "/api/assets/versions", "/api/assets/by_alias?name=a"])
def test_wrong_arguments_are_a_422_that_names_them(client: FlaskClient, sign_up: SignUp, path: str) -> None:
    answer = client.get(path, headers=sign_up(client).headers)
    assert (answer.status_code, bool(answer.json["errors"])) == (422, True)
