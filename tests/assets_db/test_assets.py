"""Assets as clients of an assets DB know them: making, reading, changing, deleting."""

import base64
import hashlib
import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assets_db.conftest import METADATA, URI, Upload, query
from tests.conftest import SignUp

TEN = b"0123456789"


def test_an_uploaded_file_comes_back_as_it_was(either_client: FlaskClient, upload: Upload) -> None:
    made = upload(either_client, TEN)
    assert made.status_code == 201, made.text
    body = made.json
    assert uuid.UUID(body["asset_id"]).version == 4
    assert body["data"]["id"] == body["data"]["asset_id"] == body["asset_id"]
    assert (body["success"], body["asset_uri"]) == (True, URI)
    assert body["public_url"] == f"http://localhost:5000/asset-object/{body['asset_id']}"
    found = either_client.get(f"/asset/{URI}").json["data"]
    assert found["asset_file_info"] == {
        "file_name": "file.png",
        "file_type": "image/png",
        "file_size": 10,
        "sha256": hashlib.sha256(TEN).hexdigest(),
        "md5": hashlib.md5(TEN).hexdigest(),
    }
    assert list(found) == [
        *("asset_uri", "asset_name", "asset_id", "assets_db_id", "asset_version", "asset_metadata"),
        *("asset_public_url", "asset_file_info", "asset_tags", "visibility", "owner"),
    ]
    file = either_client.get(f"/asset-object/{body['asset_id']}")
    assert (file.status_code, file.data, file.mimetype) == (200, TEN, "image/png")
    assert f'filename="{body["asset_id"]}"' in file.headers["Content-Disposition"]
    assert file.headers["ETag"] == f'"{hashlib.sha256(TEN).hexdigest()}"'
    native = made.headers["Location"]
    assert either_client.get(native).json["data"] == found


def test_an_asset_is_read_by_its_asset_id_too(client: FlaskClient, upload: Upload) -> None:
    asset_id = upload(client).json["asset_id"]
    assert client.get(f"/asset/{asset_id}").json["data"]["asset_uri"] == URI
    assert client.get(f"/asset/{asset_id.upper()}").status_code == 200
    assert client.get(f"/asset/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("size", [0, 10, 8 * 2**20 - 1, 8 * 2**20, 8 * 2**20 + 1])
@pytest.mark.parametrize("metadata_first", [True, False])
def test_files_of_every_size_arrive_whole(client: FlaskClient, upload: Upload, size: int, metadata_first: bool) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    made = upload(client, data[:size], metadata_first=metadata_first)
    assert made.status_code == 201, made.text
    file = client.get(f"/asset-object/{made.json['asset_id']}")
    assert hashlib.sha256(file.data).digest() == hashlib.sha256(data[:size]).digest()
    assert client.get(f"/asset/{URI}").json["data"]["asset_file_info"]["file_size"] == size


def test_metadata_of_600_kilobytes_is_taken(client: FlaskClient, upload: Upload) -> None:
    large = {"asset_metadata": {"text": "ü" * 300_000}}
    assert upload(client, TEN, {**METADATA, **large}).status_code == 201
    assert client.get(f"/asset/{URI}").json["data"]["asset_metadata"] == large["asset_metadata"]


@pytest.mark.parametrize("name", ['a "quoted" name.png', "größe.png", "..\\..\\evil.png", "x" * 300, "a/b.png"])
def test_the_name_of_the_file_is_kept_and_safe_on_its_way_out(client: FlaskClient, upload: Upload, name: str) -> None:
    made = upload(client, TEN, name=name)
    assert made.status_code == 201, made.text
    assert client.get(f"/asset/{URI}").json["data"]["asset_file_info"]["file_name"] == name
    header = client.get(f"/asset-object/{made.json['asset_id']}").headers["Content-Disposition"]
    assert not re.search(r"[/\\\r\n]", header)


def test_the_same_upload_again_gives_the_same_asset(either_client: FlaskClient, upload: Upload) -> None:
    first, again = upload(either_client), upload(either_client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["asset_id"] == again.json["asset_id"]
    assert query(either_client, {}) == [URI]


@pytest.mark.parametrize(
    "other",
    [
        {"data": b"other bytes"},
        {"metadata": {**METADATA, "asset_tags": ["other"]}},
        {"metadata": {**METADATA, "asset_metadata": {"description": "another"}}},
        {"name": "other.png"},
    ],
)
def test_a_taken_uri_is_a_409_and_changes_nothing(
    either_client: FlaskClient, upload: Upload, other: dict[str, Any]
) -> None:
    upload(either_client)
    before = either_client.get(f"/asset/{URI}").json
    refused = upload(either_client, **other)
    assert refused.status_code == 409
    assert refused.json["success"] is False
    assert refused.json["error"] == refused.json["message"]
    assert "taken" in refused.json["error"]
    assert either_client.get(f"/asset/{URI}").json == before


def test_the_same_by_another_user_is_a_409_even_when_the_asset_is_private(
    client: FlaskClient, upload: Upload, sign_up: SignUp
) -> None:
    owner, other = sign_up(client), sign_up(client)
    private = {**METADATA, "visibility": "private"}
    assert upload(client, TEN, private, headers=owner.headers).status_code == 201
    assert upload(client, TEN, private, headers=owner.headers).status_code == 200
    assert upload(client, TEN, private, headers=other.headers).status_code == 409
    assert client.get(f"/asset/{URI}", headers=other.headers).status_code == 404


def test_two_versions_whose_uris_look_alike_are_one_uri(client: FlaskClient) -> None:
    one = {"asset_name": "a", "asset_version": {"version": "1", "tag": "b-c"}}
    two = {"asset_name": "a", "asset_version": {"version": "1-b", "tag": "c"}}
    assert client.post("/asset", json=one).status_code == 201
    assert client.post("/asset", json=two).status_code == 409


def test_assets_without_a_uri_are_exempt_and_found_by_their_ids(either_client: FlaskClient) -> None:
    made = [either_client.post("/asset", json={}) for _ in range(3)]
    assert [one.status_code for one in made] == [201] * 3
    ids = {one.json["data"]["asset_id"] for one in made}
    assert len(ids) == 3
    assert {one.json["data"]["asset_uri"] for one in made} == {""}
    assert all(either_client.get(f"/asset/{id}").status_code == 200 for id in ids)
    assert either_client.get("/asset/").status_code == 404


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ({}, "asset_name is required"),
        ({"asset_name": "  "}, "asset_name is required"),
        ({"asset_name": 5}, "asset_name is required"),
        ({"asset_name": "a"}, "asset_version"),
        ({"asset_name": "a", "asset_version": None}, "asset_version"),
        ({"asset_name": "a", "asset_version": {"version": "1"}}, "Both version and tag are required"),
        ({"asset_name": "a", "asset_version": {"version": "1", "tag": ""}}, "Both version and tag are required"),
        ({"asset_name": "a", "asset_version": {"version": 1.0, "tag": "x"}}, "asset_version/version"),
        ({**METADATA, "asset_tags": "image"}, "asset_tags"),
        ({**METADATA, "asset_tags": [1]}, "asset_tags"),
        ({**METADATA, "asset_metadata": []}, "asset_metadata"),
        ({**METADATA, "asset_public_url": "javascript:alert(1)"}, "asset_public_url"),
        ({**METADATA, "visibility": "secret"}, "visibility"),
        ({**METADATA, "visibility": "private"}, "must be public for what belongs to nobody"),
        ({**METADATA, "asset_name": "ü" * 400, "asset_version": {"version": "ü" * 100, "tag": "ü" * 100}}, "uri"),
        ({**METADATA, "asset_file_info": {"sha256": "0" * 64}}, "sha256"),
        ({**METADATA, "asset_file_info": {"md5": "0" * 32}}, "md5"),
    ],
)
@pytest.mark.parametrize("metadata_first", [True, False])
def test_wrong_metadata_are_a_400_that_names_the_field_and_keeps_nothing(
    client: FlaskClient, upload: Upload, metadata: Any, words: str, metadata_first: bool, stored: Any
) -> None:
    answer = upload(client, TEN, metadata, metadata_first=metadata_first)
    assert answer.status_code == 400, answer.text
    assert answer.json["success"] is False
    assert words in answer.text
    assert query(client, {}) == []
    assert stored() == []


@pytest.mark.parametrize(
    ("form", "words"),
    [({"asset_metadata": "{}"}, "No file part"), ({"asset": "text", "asset_metadata": "{}"}, "No file part")],
)
def test_a_form_without_a_file_is_a_400(client: FlaskClient, form: dict[str, str], words: str) -> None:
    answer = client.post("/upload_asset", data=form, content_type="multipart/form-data")
    assert (answer.status_code, words in answer.json["message"]) == (400, True)
    assert client.post("/upload_asset", json={}).status_code == 415


def digest(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def test_a_declared_digest_is_verified(client: FlaskClient, upload: Upload, stored: Any) -> None:
    wrong = upload(client, TEN, headers={"Content-Digest": digest(b"other")})
    assert (wrong.status_code, "Content-Digest" in wrong.text, stored()) == (400, True, [])
    assert upload(client, TEN, headers={"Content-Digest": "md5=:AAAA:"}).status_code == 400
    assert upload(client, TEN, headers={"Content-Digest": f"sha-512=:AA==:, {digest(TEN)}"}).status_code == 201
    declared = {"asset_file_info": {"sha256": hashlib.sha256(TEN).hexdigest().upper()}}
    assert upload(client, TEN, {**METADATA, "asset_name": "b", **declared}).status_code == 201


def test_a_digest_of_the_request_may_be_of_its_body_too(client: FlaskClient) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="asset"; filename="x"\r\n\r\nabc\r\n--B\r\n'
        b'Content-Disposition: form-data; name="asset_metadata"\r\n\r\n'
        b'{"asset_name": "a", "asset_version": {"version": "1", "tag": "t"}}\r\n--B--\r\n'
    )
    kind = "multipart/form-data; boundary=B"
    send = lambda sum: client.post(  # noqa: E731
        "/upload_asset", data=body, content_type=kind, headers={"Content-Digest": sum}
    )
    assert send(digest(body[:-1])).status_code == 400
    assert send(digest(body)).status_code == 201


def test_an_external_asset_has_its_own_address(client: FlaskClient) -> None:
    url = "https://files.example.org/a%20b.png"
    made = client.post("/asset", json={**METADATA, "asset_public_url": url}).json["data"]
    assert (made["public_url"], made["asset_uri"]) == (url, URI)
    refused = client.get(f"/asset-object/{made['asset_id']}")
    assert refused.status_code == 404
    assert url in refused.json["message"]
    nothing = client.post("/asset", json={}).json["data"]["asset_id"]
    assert "no file" in client.get(f"/asset-object/{nothing}").json["error"]


@pytest.mark.parametrize(
    "given",
    [
        {"asset_id": str(uuid.uuid4())},
        {"assets_db_id": "elsewhere"},
        {"asset_uri": "another:1-1"},
        {"owner": "f" * 64},
        {"unknown": 5},
    ],
)
def test_what_the_service_assigns_cannot_be_sent(client: FlaskClient, given: dict[str, Any]) -> None:
    made = client.post("/asset", json={**METADATA, **given}).json["data"]["asset_id"]
    found = client.get(f"/asset/{made}").json["data"]
    assert all(found.get(key) != value for key, value in given.items())


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ("null", 400), ("[]", 400), ("5", 400), ("", 400), ('{"asset_version": null}', 400)],
)
def test_wrong_json_is_a_400_in_the_shape_of_an_assets_db(client: FlaskClient, body: str, status: int) -> None:
    for method, path in (("POST", "/asset"), ("POST", "/assets"), ("PUT", f"/asset/{URI}")):
        if "asset_version" in body and path != "/asset":
            continue
        answer = client.open(path, method=method, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["success"]) == (status, False), path
        assert answer.json["error"] == answer.json["message"]
    assert client.post("/asset", data="{}", content_type="text/plain").status_code == 415


def test_a_change_sets_whole_fields_and_places_inside(either_client: FlaskClient, upload: Upload) -> None:
    upload(either_client)
    changes = {"asset_metadata.author.name": "S", "asset_tags": ["new"], "asset_metadata.list.1": 5}
    answer = either_client.put(f"/asset/{URI}", json=changes)
    assert answer.json == {"success": True, "data": {"message": "Asset updated"}}
    found = either_client.get(f"/asset/{URI}").json["data"]
    assert found["asset_metadata"] == {"description": "A sample", "author": {"name": "S"}, "list": {"1": 5}}
    assert found["asset_tags"] == ["new"]
    assert query(either_client, {"asset_metadata.author.name": "S"}) == [URI]
    assert query(either_client, {"asset_tags": "image"}) == []


def test_equal_values_are_a_200_and_no_new_revision(client: FlaskClient, upload: Upload) -> None:
    upload(client)
    etag = client.get(f"/asset/{URI}").headers["ETag"]
    for same in ({}, {"asset_tags": METADATA["asset_tags"]}, {"asset_name": "Sample/Asset"}):
        answer = client.put(f"/asset/{URI}", json=same)
        assert (answer.status_code, answer.headers["ETag"]) == (200, etag)
    changed = client.put(f"/asset/{URI}", json={"asset_tags": []}, headers={"If-Match": etag})
    assert (changed.status_code, changed.headers["ETag"] != etag) == (200, True)
    assert client.put(f"/asset/{URI}", json={"asset_tags": ["x"]}, headers={"If-Match": etag}).status_code == 412


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"asset_name": "other"}, 409),
        ({"asset_version.tag": "other"}, 409),
        ({"asset_version": {"version": "2", "tag": "x"}}, 409),
        ({"asset_uri": "x"}, 409),
        ({"asset_id": "x"}, 409),
        ({"assets_db_id": "x"}, 409),
        ({"owner": "f" * 64}, 409),
        ({"asset_file_info": {"sha256": "0" * 64}}, 409),
        ({"asset_file_info.file_size": 11}, 409),
        ({"asset_public_url": "https://elsewhere.example.org/"}, 409),
        ({"_id": 1}, 400),
        ({"unknown": 1}, 400),
        ({"$set": {"asset_tags": []}}, 400),
        ({"asset_metadata": 5}, 400),
        ({"asset_metadata.description.x": 5}, 400),
        ({"asset_metadata": {}, "asset_metadata.x": 5}, 400),
        ({"asset_tags": "image"}, 400),
        ({"asset_tags.0": 5}, 400),
        ({"visibility": "nobody"}, 400),
        ({"visibility": 5}, 400),
    ],
)
def test_what_must_not_change_does_not(
    client: FlaskClient, upload: Upload, changes: dict[str, Any], status: int
) -> None:
    upload(client)
    before = client.get(f"/asset/{URI}")
    answer = client.put(f"/asset/{URI}", json=changes)
    assert (answer.status_code, answer.json["success"]) == (status, False), answer.text
    after = client.get(f"/asset/{URI}")
    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])


def test_what_was_measured_stays_when_other_file_info_is_set(client: FlaskClient, upload: Upload) -> None:
    upload(client)
    client.put(f"/asset/{URI}", json={"asset_file_info": {"note": "by hand"}})
    info = client.get(f"/asset/{URI}").json["data"]["asset_file_info"]
    assert (info["note"], info["file_size"], info["sha256"]) == ("by hand", 10, hashlib.sha256(TEN).hexdigest())


def test_a_change_of_nothing_makes_nothing(client: FlaskClient) -> None:
    assert client.put("/asset/none:1-1", json={"asset_tags": ["x"]}).status_code == 404
    assert query(client, {}) == []


def test_a_deleted_asset_frees_its_uri_and_its_file_goes_after_it(
    either_client: FlaskClient, upload: Upload, stored: Any
) -> None:
    asset_id = upload(either_client).json["asset_id"]
    assert len(stored()) == 1
    answer = either_client.delete(f"/asset/{URI}")
    assert (answer.status_code, answer.json["data"]["message"]) == (200, "Asset deleted")
    for path in (f"/asset/{URI}", f"/asset/{asset_id}", f"/asset-object/{asset_id}"):
        assert either_client.get(path).status_code == 404
    assert stored() == []
    assert either_client.delete(f"/asset/{URI}").status_code == 404
    assert upload(either_client, b"other").status_code == 201


def test_range_head_and_conditions_on_a_file(client: FlaskClient, upload: Upload) -> None:
    path = f"/asset-object/{upload(client, TEN).json['asset_id']}"
    head = client.head(path)
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, "10", b"")
    assert client.get(path, headers={"Range": "bytes=-5"}).data == b"56789"
    outside = client.get(path, headers={"Range": "bytes=999999-"})
    assert (outside.status_code, outside.headers["Content-Range"]) == (416, "bytes */10")
    assert client.get(path, headers={"If-None-Match": head.headers["ETag"]}).status_code == 304
    assert client.get(path + "?redirect=true").data == TEN  # a folder has no addresses to lead to


def test_an_empty_file_has_no_range(client: FlaskClient, upload: Upload) -> None:
    path = f"/asset-object/{upload(client, b'').json['asset_id']}"
    assert client.get(path).data == b""
    assert client.get(path, headers={"Range": "bytes=0-"}).status_code == 416
