"""Who may see and change assets: strangers, owners, colleagues; and what is written down of it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assets_db.conftest import METADATA, URI, Upload, query
from tests.conftest import SignUp

Make = Callable[..., FlaskClient]


def acts(client: FlaskClient, headers: dict[str, str]) -> list[str]:
    return [act["kind"] for act in client.get("/api/ledger", headers=headers).json["data"]]


@pytest.mark.parametrize(("mode", "reads", "writes"), [("off", 401, 401), ("read", 200, 401), ("write", 200, 201)])
def test_strangers_may_do_what_the_setting_says(
    make_db: Make, sqlite_url: str, upload: Upload, mode: str, reads: int, writes: int
) -> None:
    client = make_db(sqlite_url, ANONYMOUS_ASSETS=mode)
    assert client.post("/assets", json={}).status_code == reads
    refused = upload(client)
    assert refused.status_code == writes
    if writes == 401:
        assert refused.json["success"] is False
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.post("/asset", json={}).status_code == writes


def test_what_a_stranger_uploads_is_public_and_nobodys(client: FlaskClient, upload: Upload) -> None:
    upload(client)
    found = client.get(f"/asset/{URI}").json["data"]
    assert (found["visibility"], found["owner"]) == ("public", None)


def test_with_a_token_it_is_internal_and_ones_own(client: FlaskClient, upload: Upload, sign_up: SignUp) -> None:
    owner, colleague = sign_up(client), sign_up(client)
    upload(client, headers=owner.headers)
    found = client.get(f"/asset/{URI}", headers=colleague.headers).json["data"]
    assert (found["visibility"], found["owner"]) == ("internal", owner.id)
    assert client.get(f"/asset/{URI}").status_code == 404
    assert query(client, {}) == []
    assert query(client, {"owner": owner.id}, headers=colleague.headers) == [URI]


def test_a_private_asset_is_for_its_owner_and_those_it_is_shared_with(
    either_client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    client = either_client
    owner, friend, stranger = (sign_up(client) for _ in range(3))
    made = upload(client, metadata={**METADATA, "visibility": "private"}, headers=owner.headers).json
    object_path = f"/asset-object/{made['asset_id']}"
    for headers in (stranger.headers, {}):
        assert client.get(f"/asset/{URI}", headers=headers).status_code == 404
        assert client.get(object_path, headers=headers).status_code == 404
        assert client.put(f"/asset/{URI}", json={"asset_tags": []}, headers=headers).status_code == 404
        assert client.delete(f"/asset/{URI}", headers=headers).status_code == 404
        assert query(client, {}, headers=headers) == []
    id = client.get("/api/assets", headers=owner.headers).json["data"][0]["id"]
    share = {"right": "read"}
    assert client.put(f"/api/entities/{id}/grants/{friend.id}", json=share, headers=owner.headers).status_code < 300
    assert client.get(object_path, headers=friend.headers).status_code == 200
    assert client.put(f"/asset/{URI}", json={"asset_tags": []}, headers=friend.headers).status_code == 403
    assert query(client, {}, headers=friend.headers) == [URI]


def test_only_the_owner_changes_and_deletes_what_all_may_see(
    client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    owner, other = sign_up(client), sign_up(client)
    upload(client, metadata={**METADATA, "visibility": "public"}, headers=owner.headers)
    for headers, status in ((other.headers, 403), ({}, 401)):
        assert client.put(f"/asset/{URI}", json={"asset_tags": []}, headers=headers).status_code == status
        assert client.delete(f"/asset/{URI}", headers=headers).status_code == status
    assert client.delete(f"/asset/{URI}", headers=owner.headers).status_code == 200


def test_what_is_nobodys_is_changed_by_all_where_strangers_may_write_else_by_admins(
    make_db: Make, sqlite_url: str, upload: Upload, sign_up: SignUp
) -> None:
    client = make_db(sqlite_url)
    upload(client)
    assert client.put(f"/asset/{URI}", json={"asset_tags": ["1"]}).status_code == 200
    assert client.put(f"/asset/{URI}", json={"asset_tags": ["2"]}, headers=sign_up(client).headers).status_code == 200
    client = make_db(sqlite_url, ANONYMOUS_ASSETS="read")
    assert client.put(f"/asset/{URI}", json={"asset_tags": ["3"]}).status_code == 401
    assert client.put(f"/asset/{URI}", json={"asset_tags": ["3"]}, headers=sign_up(client).headers).status_code == 403


def test_what_is_nobodys_stays_public(client: FlaskClient, upload: Upload) -> None:
    upload(client)
    refused = client.put(f"/asset/{URI}", json={"visibility": "private"})
    assert (refused.status_code, "must be public" in refused.json["error"]) == (400, True)
    assert client.get(f"/asset/{URI}").json["data"]["visibility"] == "public"


def test_a_change_of_visibility_is_the_owners_and_works_at_once(
    client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    owner = sign_up(client)
    upload(client, headers=owner.headers)
    assert client.put(f"/asset/{URI}", json={"visibility": "public"}, headers=owner.headers).status_code == 200
    assert client.get(f"/asset/{URI}").json["data"]["visibility"] == "public"
    assert query(client, {"visibility": "public"}) == [URI]


def test_a_key_for_reading_may_query_and_not_upload(client: FlaskClient, upload: Upload, sign_up: SignUp) -> None:
    owner = sign_up(client)
    key = client.post(
        "/api/users/me/api-keys", json={"label": "reader", "scopes": ["read"], "days": 1}, headers=owner.headers
    )
    headers = {"Authorization": f"Bearer {key.json['api_key']}"}
    assert client.post("/assets", json={}, headers=headers).status_code == 200
    assert upload(client, headers=headers).status_code == 403


def test_acts_are_written_down_downloads_of_public_assets_are_not(
    either_client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    client, owner = either_client, sign_up(either_client)
    made = upload(client, headers=owner.headers).json
    path = f"/asset-object/{made['asset_id']}"
    client.head(path, headers=owner.headers)
    assert acts(client, owner.headers) == ["assets_db.upload"]
    client.get(path, headers=owner.headers).get_data()
    client.put(f"/asset/{URI}", json={"visibility": "public"}, headers=owner.headers)
    client.get(path, headers=owner.headers).get_data()
    client.delete(f"/asset/{URI}", headers=owner.headers)
    expected = ["assets_db.delete", "assets_db.update", "assets_db.download", "assets_db.upload"]
    assert acts(client, owner.headers) == expected


def test_a_download_that_breaks_off_is_not_written_down(client: FlaskClient, upload: Upload, sign_up: SignUp) -> None:
    owner = sign_up(client)
    made = upload(client, b"x" * 5_000_000, headers=owner.headers).json
    answer = client.get(f"/asset-object/{made['asset_id']}", headers=owner.headers, buffered=False)
    next(iter(answer.response))
    answer.close()
    assert acts(client, owner.headers) == ["assets_db.upload"]


def test_lineage_finds_an_asset_by_its_uri_and_its_asset_id(
    client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    owner = sign_up(client)
    made = upload(client, headers=owner.headers).json
    seen: set[Any] = set()
    for name in (URI, made["asset_id"]):
        answer = client.get("/api/lineage", query_string={"iri": name}, headers=owner.headers)
        assert answer.status_code == 200, answer.text
        seen.add(answer.text)
    assert len(seen) == 1


def test_a_hold_keeps_an_asset_from_being_deleted(client: FlaskClient, upload: Upload, sign_up: SignUp) -> None:
    from app.core.db import reading
    from app.entities import service as entities

    owner = sign_up(client)
    upload(client, headers=owner.headers)
    with reading() as session:
        seq = session.scalar(entities.select_visible(None, "asset").with_only_columns(entities.columns.seq))
        seq = seq or session.scalar(entities.select_any("asset").with_only_columns(entities.columns.seq))
    entities.hold(seq, "test", "It is offered in a dataspace.")
    refused = client.delete(f"/asset/{URI}", headers=owner.headers)
    assert (refused.status_code, "offered" in refused.json["error"]) == (409, True)
    assert client.get(f"/asset/{URI}", headers=owner.headers).status_code == 200
