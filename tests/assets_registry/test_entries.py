"""Entries: making, reading, changing, deleting and finding them, and what is refused."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.assets_registry.conftest import ENTRY, URL, Put, find, make, native, register
from tests.conftest import SignUp
from tests.gateways.http.servers import World

ID = "asset_registry_id"
FAILS_ON_A_NAME = {"$expr": {"$divide": [1, "$asset_registry_name"]}}


def test_a_healthy_db_is_registered_as_such(either_client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    server, user = put(), sign_up(either_client)
    made = register(either_client, user.headers)
    assert (made.json["data"]["health"], made.json["data"]["reason"]) == ("healthy", None)
    assert server.requests[0].startswith(b"GET /health HTTP/1.1\r\n")
    entry = native(either_client, user.headers, made.json["data"][ID])
    assert (entry["state"], entry["reason"], entry["visibility"]) == ("healthy", None, "internal")
    assert entry["last_seen"] == entry["checked_at"] is not None
    assert entry["latency_ms"] >= 0
    assert entry["creator"]["user_id"] == user.id
    one = either_client.get(f"/api/assets_dbs/{entry['id']}", headers=user.headers)
    assert one.json == entry
    same = {**user.headers, "If-None-Match": one.headers["ETag"]}
    assert either_client.get(f"/api/assets_dbs/{entry['id']}", headers=same).status_code == 304


def test_only_the_address_is_needed_and_what_is_unknown_is_ignored(client: FlaskClient, put: Put) -> None:
    put()
    made = client.post("/asset_registry", json={URL: "http://db.example/", "_id": 1, "owner": "x"})
    assert client.get(made.headers["Location"]).json["data"] == {
        ID: made.json["data"][ID],
        "asset_registry_name": "",
        "asset_registry_metadata": {},
        "asset_registry_tags": [],
        URL: "http://db.example/",
    }


WRONG = [
    (URL, None),
    (URL, ""),
    (URL, 5),
    (URL, "ftp://db.example"),
    (URL, "http://user:word@db.example"),
    (URL, "db.example"),
    (URL, "http://db.example/?a=b"),
    (URL, "http://db.example/#a"),
    (URL, "http://0x7f.1/"),
    (ID, ""),
    (ID, "a/b"),
    (ID, ".."),
    (ID, 5),
    (ID, "x" * 201),
    ("asset_registry_name", 5),
    ("asset_registry_name", "x" * 401),
    ("asset_registry_metadata", []),
    ("asset_registry_metadata", None),
    ("asset_registry_tags", "a"),
    ("asset_registry_tags", [1]),
    ("visibility", "secret"),
]


def test_wrong_fields_are_400_and_named(client: FlaskClient, world: World) -> None:
    for field, value in WRONG:
        answer = register(client, **{field: value})
        assert (answer.status_code, answer.json["success"]) == (400, False), (field, value)
        assert answer.json["errors"][0]["pointer"].startswith(f"/{field}")
    assert (world.looked_up, find(client, {})) == ([], [])


def test_without_an_address_nothing_is_registered(client: FlaskClient) -> None:
    answer = client.post("/asset_registry", json={"asset_registry_name": "x"})
    assert answer.status_code == 400
    assert answer.json["errors"] == [{"pointer": f"/{URL}", "detail": "Missing data for required field."}]


ODD_BODIES = [
    ("{", "application/json", 400),
    ("[]", "application/json", 400),
    ("null", "application/json", 400),
    ('"x"', "application/json", 400),
    ("", "application/json", 400),
    ('{"a": NaN}', "application/json", 400),
    ('{"a": 1, "a": 1}', "application/json", 400),
    ("a=b", "application/x-www-form-urlencoded", 415),
]


@pytest.mark.parametrize("path", ["/asset_registry", "/asset_registries"])
def test_odd_bodies_are_refused_in_the_clients_form(client: FlaskClient, path: str) -> None:
    for body, kind, status in ODD_BODIES:
        answer = client.post(path, data=body, content_type=kind)
        assert answer.status_code == status, body
        assert (answer.json["success"], answer.json["error"]) == (False, answer.json["message"])


def test_a_taken_id_is_409_and_the_same_entry_again_is_the_same(
    either_client: FlaskClient, put: Put, sign_up: SignUp
) -> None:
    server, owner, other = put(), sign_up(either_client), sign_up(either_client)
    given = {ID: "db-1", "asset_registry_metadata": {"a": 1, "b": 2}, "visibility": "private"}
    assert register(either_client, owner.headers, **given).status_code == 201
    hits = server.hits
    again = register(either_client, owner.headers, **{**given, "asset_registry_metadata": {"b": 2, "a": 1}})
    assert (again.status_code, again.json["data"][ID], again.json["data"]["health"]) == (200, "db-1", "healthy")
    assert again.headers["Location"] == "/asset_registry/db-1"
    for headers, changed in (
        (owner.headers, {"asset_registry_name": "another"}),
        (owner.headers, {"visibility": "internal"}),
        (owner.headers, {"asset_registry_metadata": {"a": 1, "b": 2.0}}),
        (owner.headers, {"asset_registry_metadata": {"a": True, "b": 2}}),
        (other.headers, {}),
        (None, {"visibility": "public"}),
    ):
        answer = register(either_client, headers, **{**given, **changed})
        assert (answer.status_code, answer.json["success"]) == (409, False), changed
        assert "asset_registry_name" not in answer.text
    assert server.hits == hits
    assert find(either_client, {}, other.headers) == []


def test_of_many_who_take_one_id_at_once_one_gets_it(
    make_registry: Callable[..., FlaskClient], either_url: str, put: Put
) -> None:
    put()
    app = make_registry(either_url).application
    answers: list[int] = []

    def take(number: int) -> None:
        answer = register(app.test_client(), **{ID: "one", "asset_registry_name": str(number)})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [409] * 7


def test_with_require_healthy_an_ill_db_is_424_and_not_stored(either_client: FlaskClient, put: Put) -> None:
    answer = either_client.post("/asset_registry", json=ENTRY, query_string={"require_healthy": "true"})
    assert (answer.status_code, answer.json["success"]) == (424, False)
    assert "http://db.example" in answer.json["error"]
    assert find(either_client, {}) == []
    put()
    made = either_client.post("/asset_registry", json=ENTRY, query_string={"require_healthy": "true"})
    assert made.status_code == 201


def test_require_healthy_holds_for_an_entry_that_is_there_already(client: FlaskClient, put: Put) -> None:
    given = {**ENTRY, ID: "db-1"}
    assert client.post("/asset_registry", json=given).json["data"]["health"] == "unhealthy"
    again = client.post("/asset_registry", json=given, query_string={"require_healthy": "true"})
    assert again.status_code == 424
    assert client.post("/asset_registry", json=given).status_code == 200


def test_a_request_sent_again_with_its_key_registers_once(client: FlaskClient, put: Put) -> None:
    put()
    key = {"Idempotency-Key": "once"}
    one, two = register(client, key), register(client, key)
    assert one.json == two.json
    assert two.headers["Idempotency-Replayed"] == "true"
    assert len(find(client, {})) == 1


def test_a_change_sets_whole_fields_and_places_inside(either_client: FlaskClient, put: Put) -> None:
    server = put()
    path = f"/asset_registry/{make(either_client)}"
    changes = {
        "asset_registry_metadata.version": "2.0",
        "asset_registry_metadata.by.who": "x",
        "asset_registry_tags.2": "c",
    }
    assert either_client.put(path, json=changes).status_code == 200
    entry = either_client.get(path).json["data"]
    assert list(entry["asset_registry_metadata"].items()) == [
        ("framework", "PyTorch"), ("version", "2.0"), ("by", {"who": "x"})
    ]  # fmt: skip
    assert entry["asset_registry_tags"] == ["image-classification", "deep-learning", "c"]
    assert find(either_client, {"asset_registry_metadata.by.who": "x"}) == [ENTRY["asset_registry_name"]]
    assert server.hits == 1


def test_equal_values_are_200_and_change_nothing(client: FlaskClient, put: Put) -> None:
    put()
    path = f"/asset_registry/{make(client)}"
    before = client.get(path).headers["ETag"]
    for same in ({}, {"asset_registry_tags": ENTRY["asset_registry_tags"]}, {URL: ENTRY[URL]}):
        answer = client.put(path, json=same)
        assert (answer.status_code, answer.headers["ETag"]) == (200, before)
    assert client.get(path).headers["ETag"] == before
    # another order of keys, and another type of number, are other values to those who search
    for other in ({"version": "1.0", "framework": "PyTorch"}, {"version": 1}, {"version": 1.0}, {"version": True}):
        assert client.put(path, json={"asset_registry_metadata": other}).headers["ETag"] != before
        before = client.get(path).headers["ETag"]


def test_a_change_never_makes_an_entry(client: FlaskClient) -> None:
    answer = client.put("/asset_registry/nobody", json={"asset_registry_name": "x"})
    assert (answer.status_code, answer.json["success"]) == (404, False)
    assert find(client, {}) == []


IMPOSSIBLE: list[tuple[dict[str, Any], int]] = [
    ({ID: "another"}, 409),
    ({f"{ID}.x": 1}, 400),
    ({"asset_registry_tags": "a"}, 400),
    ({"asset_registry_tags.0": 1}, 400),
    ({"asset_registry_metadata": 5}, 400),
    ({"asset_registry_name": None}, 400),
    ({"asset_registry_name": "x" * 401}, 400),
    ({URL: ""}, 400),
    ({URL: 5}, 400),
    ({URL: "gopher://db.example"}, 400),
    ({"visibility": "private"}, 400),
    ({"visibility": "secret"}, 400),
    ({"_id": 1}, 400),
    ({"owner": "x"}, 400),
    ({"$set": {}}, 400),
    ({"asset_registry_metadata": {}, "asset_registry_metadata.a": 1}, 400),
]


def test_changes_that_cannot_be_are_refused_whole(client: FlaskClient, put: Put) -> None:
    put()
    path = f"/asset_registry/{make(client)}"
    before = client.get(path)
    for changes, status in IMPOSSIBLE:
        answer = client.put(path, json={"asset_registry_tags": ["new"], **changes})
        assert (answer.status_code, answer.json["success"]) == (status, False), (changes, answer.text)
        after = client.get(path)
        assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])


def test_the_id_itself_may_be_sent_along_with_a_change(client: FlaskClient, put: Put) -> None:
    put()
    registry_id = make(client)
    answer = client.put(f"/asset_registry/{registry_id}", json={ID: registry_id, "asset_registry_name": "new"})
    assert answer.status_code == 200
    assert find(client, {}) == ["new"]


def test_another_address_is_asked_how_it_is(either_client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    user = sign_up(either_client)
    put()
    registry_id = make(either_client, user.headers)
    path = f"/asset_registry/{registry_id}"
    assert either_client.put(path, json={URL: "http://gone.example"}, headers=user.headers).status_code == 200
    entry = native(either_client, user.headers, registry_id)
    assert (entry["state"], entry["reason"], entry["last_seen"]) == ("unhealthy", "dns", None)
    server = put("new.example")
    either_client.put(path, json={URL: "http://new.example"}, headers=user.headers)
    assert native(either_client, user.headers, registry_id)["state"] == "healthy"
    assert server.hits == 1


def test_a_writer_who_read_an_older_revision_is_told(client: FlaskClient, put: Put) -> None:
    put()
    path = f"/asset_registry/{make(client)}"
    old = {"If-Match": client.get(path).headers["ETag"]}
    assert client.put(path, json={"asset_registry_name": "a"}, headers=old).status_code == 200
    for answer in (client.put(path, json={"asset_registry_name": "b"}, headers=old), client.delete(path, headers=old)):
        assert (answer.status_code, answer.json["success"]) == (412, False)


def test_a_deleted_id_is_free_again(either_client: FlaskClient, put: Put) -> None:
    put()
    make(either_client, **{ID: "db-1"})
    assert either_client.delete("/asset_registry/db-1").status_code == 200
    assert find(either_client, {}) == []
    make(either_client, **{ID: "db-1", "asset_registry_name": "new"})
    assert find(either_client, {}) == ["new"]


def test_private_entries_look_to_others_as_if_they_were_not_there(
    either_client: FlaskClient, put: Put, sign_up: SignUp
) -> None:
    client = either_client
    server, owner, other = put(), sign_up(client), sign_up(client)
    registry_id = make(client, owner.headers, visibility="private")
    entity_id = native(client, owner.headers, registry_id)["id"]
    hits = server.hits
    for headers in (other.headers, {}):
        for method, path in (
            ("GET", f"/asset_registry/{registry_id}"),
            ("PUT", f"/asset_registry/{registry_id}"),
            ("DELETE", f"/asset_registry/{registry_id}"),
            ("GET", f"/check_health/{registry_id}"),
            ("GET", f"/api/assets_dbs/{entity_id}"),
        ):
            body = {"asset_registry_name": "x"} if method == "PUT" else None
            real = client.open(path, method=method, json=body, headers=headers)
            for own, blank in ((registry_id, "0" * 36), (entity_id, "0" * 64)):
                path = path.replace(own, blank)
            absent = client.open(path, method=method, json=body, headers=headers)
            assert real.status_code == absent.status_code == 404, (method, path)
            texts = [
                answer.text.replace(answer.headers["X-Request-ID"], "R").replace(one, "X").replace(two, "X")
                for answer, one, two in ((real, registry_id, entity_id), (absent, "0" * 64, "0" * 36))
            ]
            assert texts[0] == texts[1], (method, path)
        assert find(client, {}, headers) == []
        assert find(client, FAILS_ON_A_NAME, headers) == []
    assert client.get("/api/assets_dbs", headers=other.headers).json["data"] == []
    assert server.hits == hits
    assert find(client, {}, owner.headers) == [ENTRY["asset_registry_name"]]
    assert client.post("/asset_registries", json=FAILS_ON_A_NAME, headers=owner.headers).status_code == 400


def test_who_may_see_an_entry_may_not_change_it(client: FlaskClient, put: Put, sign_up: SignUp, world: World) -> None:
    put()
    owner, other = sign_up(client), sign_up(client)
    path = f"/asset_registry/{make(client, owner.headers, visibility='public')}"
    for headers, status in ((other.headers, 403), ({}, 401)):
        for changes in ({"asset_registry_name": "x"}, {URL: "http://other.example"}, {"visibility": "private"}):
            answer = client.put(path, json=changes, headers=headers)
            assert (answer.status_code, answer.json["success"]) == (status, False)
        assert client.put(path, json={}, headers=headers).status_code == status
        assert client.delete(path, headers=headers).status_code == status
    assert "other.example" not in world.looked_up
    assert client.put(path, json={"visibility": "private"}, headers=owner.headers).status_code == 200
    assert client.get(path, headers=other.headers).status_code == 404


def test_where_strangers_only_read_they_cannot_register(
    make_registry: Callable[..., FlaskClient], sqlite_url: str, put: Put, sign_up: SignUp
) -> None:
    put()
    client = make_registry(sqlite_url, ANONYMOUS_ASSETS="read")
    user = sign_up(client)
    path = f"/asset_registry/{make(client, user.headers, visibility='public')}"
    assert register(client).status_code == 401
    assert client.put(path, json={}).status_code == client.delete(path).status_code == 401
    assert client.get(path).status_code == 200
    assert find(client, {}) == [ENTRY["asset_registry_name"]]
    client = make_registry(sqlite_url, ANONYMOUS_ASSETS="off")
    refused = client.get(path)
    assert (refused.status_code, refused.json["success"]) == (401, False)
    assert client.post("/asset_registries", json={}).status_code == 401


def test_what_strangers_register_is_public(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    put()
    registry_id = make(client)
    entry = native(client, sign_up(client).headers, registry_id)
    assert (entry["visibility"], entry["creator"]) == ("public", None)
    refused = register(client, visibility="internal")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (400, "/visibility")


def test_pages_of_a_query_lead_on(either_client: FlaskClient, put: Put) -> None:
    put()
    for number in range(7):
        make(either_client, asset_registry_name=str(number), asset_registry_metadata={"even": number % 2 == 0})
    seen, path = [], "/asset_registries?limit=2"
    while path:
        page = either_client.post(path, json={"asset_registry_metadata.even": True})
        assert len(page.json["data"]) <= 2
        seen += [one["asset_registry_name"] for one in page.json["data"]]
        path = page.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert seen == ["0", "2", "4", "6"]
    for wrong in ("limit=0", "limit=1001", "cursor=x", "cursor=-1", "page=1"):
        answer = either_client.post(f"/asset_registries?{wrong}", json={})
        assert (answer.status_code, answer.json["success"]) == (400, False), wrong


FILTERS: list[tuple[dict[str, Any], bool]] = [
    ({"asset_registry_tags": "deep-learning"}, True),
    ({"asset_registry_tags": ["deep-learning"]}, False),
    ({"asset_registry_tags": ["image-classification", "deep-learning"]}, True),
    ({"asset_registry_metadata": {"framework": "PyTorch", "version": "1.0"}}, True),
    ({"asset_registry_metadata": {"version": "1.0", "framework": "PyTorch"}}, False),
    ({"asset_registry_name": {"$regex": "^ResNet"}}, True),
    ({"visibility": {"$exists": True}}, False),
    ({"state": "healthy"}, False),
    ({"asset_registry_metadata.version": {"$not": {"$gte": "2"}}}, True),
]


def test_filters_mean_what_mongodb_means(either_client: FlaskClient, put: Put) -> None:
    put()
    make(either_client)
    for wanted, found in FILTERS:
        assert find(either_client, wanted) == [ENTRY["asset_registry_name"]] * found, wanted


def test_filters_that_cannot_be_are_400(client: FlaskClient) -> None:
    for wanted in ({"$where": "1"}, {"a": {"$in": 5}}, {"$and": []}, {"a": {"$text": 1}}):
        answer = client.post("/asset_registries", json=wanted)
        assert (answer.status_code, answer.json["success"]) == (400, False), wanted


def test_the_native_list_is_paged_and_filtered_by_state(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    user = sign_up(client)
    put()
    make(client, user.headers, asset_registry_name="well")
    make(client, user.headers, asset_registry_name="ill", **{URL: "http://gone.example"})
    for state, names in (("healthy", ["well"]), ("unhealthy", ["ill"]), ("unknown", [])):
        page = client.get("/api/assets_dbs", query_string={"state": state}, headers=user.headers)
        assert [one["asset_registry_name"] for one in page.json["data"]] == names
    first = client.get("/api/assets_dbs", query_string={"limit": 1}, headers=user.headers)
    rest = client.get(first.headers["Link"].partition(">")[0][1:], headers=user.headers)
    assert [one["asset_registry_name"] for one in first.json["data"] + rest.json["data"]] == ["well", "ill"]
    assert client.get("/api/assets_dbs").status_code == 401


def test_what_is_done_is_on_the_record(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    put()
    user = sign_up(client)
    path = f"/asset_registry/{make(client, user.headers)}"
    client.put(path, json={"asset_registry_name": "new"}, headers=user.headers)
    client.delete(path, headers=user.headers)
    acts = client.get("/api/ledger", headers=user.headers).json["data"]
    assert [act["kind"] for act in acts] == [f"assets_registry.{what}" for what in ("delete", "update", "register")]


def test_an_iri_of_an_entry_leads_to_it(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    put()
    user = sign_up(client)
    entry = native(client, user.headers, make(client, user.headers))
    followed = client.get(f"/id/assets_db/{entry['id']}", headers=user.headers)
    assert (followed.status_code, followed.headers["Location"]) == (303, f"/api/assets_dbs/{entry['id']}")
