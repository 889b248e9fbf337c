"""Models over HTTP: registering, finding, changing, versions, aliases, deletion; on both databases where SQL decides."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.core.db import database
from tests.conftest import SignedUp, SignUp

MODEL = {"name": "m", "version": "1", "description": "d", "ml_flow_model_path": "models:/m/1"}
PLAIN = {"limit": 100}


@pytest.fixture
def user(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


def make(client: FlaskClient, user: SignedUp, **given: Any) -> dict[str, Any]:
    answer = client.post("/api/ml_models", json={**MODEL, **given}, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


def find(client: FlaskClient, user: SignedUp, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/ml_models", query_string={**PLAIN, **query}, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return answer.json["data"]


def test_a_registered_model_is_read_back_with_its_creator(client: FlaskClient, user: SignedUp) -> None:
    answer = client.post("/api/ml_models", json=MODEL, headers=user.headers)
    read = client.get(answer.headers["Location"], headers=user.headers)
    assert read.json == answer.json
    assert MODEL.items() <= read.json.items()
    assert read.json["creator"] == {"user_id": user.id, "first_name": "Sample", "last_name": "User"}
    assert read.json["visibility"] == "internal"


def test_without_mlflow_a_model_is_unresolved_and_says_why(client: FlaskClient, user: SignedUp) -> None:
    tracking = make(client, user)["tracking"]
    assert tracking["state"] == "unresolved"
    assert "MLFLOW_TRACKING_URI" in tracking["reason"]


def test_the_first_form_ignores_fields_that_it_does_not_know(client: FlaskClient, user: SignedUp) -> None:
    extra = {"resource_id": "x", "timestamp": "2024-05-31T13:37:55.708378", "model_id": "0" * 64}
    answer = client.post("/api/ml_models/add_model", json={**MODEL, **extra}, headers=user.headers)
    assert answer.status_code == 201
    assert answer.json["model_id"] != "0" * 64
    assert client.get(f"/api/ml_models/get_model/{answer.json['model_id']}", headers=user.headers).json == answer.json


def test_the_first_form_changes_all_four_fields(client: FlaskClient, user: SignedUp) -> None:
    path = f"/api/ml_models/update_model/{make(client, user)['model_id']}"
    new = {"name": "n", "version": "2", "description": "e", "ml_flow_model_path": "runs:/abc/model"}
    assert new.items() <= client.put(path, json=new, headers=user.headers).json.items()
    assert client.put(path, json={"name": "n"}, headers=user.headers).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 251),
        ("version", None),
        ("ml_flow_model_path", "garbage"),
        ("ml_flow_model_path", "runs:/abc/../../etc"),
        ("visibility", "secret"),
        ("tags", {"k": 1}),
        ("tags", ["k"]),
        ("owner_id", "x"),
        ("creator", "x"),
        ("state", "x"),
        ("revision", 7),
        ("created_at", "2020-01-01T00:00:00Z"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(
    client: FlaskClient, user: SignedUp, field: str, value: Any
) -> None:
    answer = client.post("/api/ml_models", json={**MODEL, field: value}, headers=user.headers)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].split("/")[1] == field
    assert find(client, user) == []


@pytest.mark.parametrize("path", ["s3://bucket/x", "https://127.0.0.1:1/x", "file:///etc/passwd"])
def test_a_path_elsewhere_is_kept_and_never_fetched(client: FlaskClient, user: SignedUp, path: str) -> None:
    assert make(client, user, ml_flow_model_path=path)["tracking"]["state"] == "unresolved"


def test_changes_keep_what_is_not_sent_and_merge_tags_and_properties(client: FlaskClient, user: SignedUp) -> None:
    model = make(client, user, tags={"a": "1", "b": "2"}, properties={"x": {"y": 1, "z": 2}})
    change = {"tags": {"a": None, "c": "3"}, "properties": {"x": {"y": None}}, "description": "new"}
    changed = client.patch(f"/api/ml_models/{model['model_id']}", json=change, headers=user.headers).json
    assert changed["tags"] == {"b": "2", "c": "3"}
    assert changed["properties"] == {"x": {"z": 2}}
    assert (changed["name"], changed["description"], changed["revision"]) == ("m", "new", 2)
    assert [m["model_id"] for m in find(client, user, tag="c=3")] == [model["model_id"]]
    assert find(client, user, tag="a") == []


def test_if_match_guards_against_a_lost_update(client: FlaskClient, user: SignedUp) -> None:
    path = f"/api/ml_models/{make(client, user)['model_id']}"
    etag = client.get(path, headers=user.headers).headers["ETag"]
    guarded = {**user.headers, "If-Match": etag}
    assert client.patch(path, json={"description": "1"}, headers=guarded).status_code == 200
    late = client.patch(path, json={"description": "2"}, headers=guarded)
    assert (late.status_code, '"r2"' in late.json["detail"]) == (412, True)
    assert client.delete(path, headers=guarded).status_code == 412
    assert client.get(path, headers=user.headers).json["description"] == "1"
    for odd in ("W/" + etag, '"x"', "r1"):
        assert client.patch(path, json={}, headers={**user.headers, "If-Match": odd}).status_code == 412
    assert client.patch(path, json={}, headers={**user.headers, "If-Match": "*"}).status_code == 200


def test_an_unchanged_model_is_not_sent_again(client: FlaskClient, user: SignedUp) -> None:
    path = f"/api/ml_models/{make(client, user)['model_id']}"
    etag = client.get(path, headers=user.headers).headers["ETag"]
    again = client.get(path, headers={**user.headers, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    client.patch(path, json={"description": "x"}, headers=user.headers)
    assert client.get(path, headers={**user.headers, "If-None-Match": etag}).status_code == 200


def test_of_racing_writers_one_wins(make_app: Callable[..., Flask], either_url: str, sign_up: SignUp) -> None:
    app = make_app(either_url)
    user = sign_up(app.test_client())
    path = f"/api/ml_models/{make(app.test_client(), user)['model_id']}"
    guarded = {**user.headers, "If-Match": '"r1"'}
    statuses: list[int] = []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        answer = app.test_client().patch(path, json={"description": str(number)}, headers=guarded)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 7


def test_deleted_models_lie_in_the_bin_of_their_owner(client: FlaskClient, user: SignedUp, sign_up: SignUp) -> None:
    model, stranger = make(client, user), sign_up(client)
    path = f"/api/ml_models/{model['model_id']}"
    assert client.delete(path, headers=stranger.headers).status_code == 403
    assert client.delete(path, headers=user.headers).status_code == 204
    assert client.get(path, headers=user.headers).status_code == 404
    assert find(client, user) == []
    assert [m["model_id"] for m in find(client, user, deleted="true")] == [model["model_id"]]
    assert find(client, stranger, deleted="true") == []
    assert client.post(f"{path}/restore", headers=stranger.headers).status_code == 404
    assert client.post(f"{path}/restore", headers=user.headers).json["name"] == "m"
    assert client.get(path, headers=user.headers).status_code == 200


def test_versions_are_those_of_one_name_and_owner(client: FlaskClient, user: SignedUp, sign_up: SignUp) -> None:
    first = make(client, user, tags={"kept": "yes"})
    make(client, sign_up(client))
    path = f"/api/ml_models/{first['model_id']}/versions"
    second = client.post(path, json={"version": "2", "ml_flow_model_path": "models:/m/2"}, headers=user.headers)
    assert second.status_code == 201
    assert (second.json["name"], second.json["tags"]) == ("m", {"kept": "yes"})
    assert [m["version"] for m in client.get(path, headers=user.headers).json["data"]] == ["1", "2"]
    again = client.post(path, json={"version": "2", "ml_flow_model_path": "models:/m/2"}, headers=user.headers)
    assert again.status_code == 409
    lineage = client.get(f"/api/lineage/{second.json['model_id']}?direction=upstream", headers=user.headers).json
    assert lineage.get("status") is None, lineage
    assert first["model_id"] in {node["id"] for node in lineage["nodes"]}


def test_an_alias_moves_between_versions(client: FlaskClient, user: SignedUp, sign_up: SignUp) -> None:
    first = make(client, user)
    second = make(client, user, version="2")
    for model in (first, second):
        answer = client.put(f"/api/ml_models/{model['model_id']}/aliases/champion", headers=user.headers)
        assert answer.json["aliases"] == ["champion"]
    query = {"name": "m", "alias": "champion"}
    assert client.get("/api/ml_models/by_alias", query_string=query, headers=user.headers).json["version"] == "2"
    assert client.get(f"/api/ml_models/{first['model_id']}", headers=user.headers).json["aliases"] == []
    other = sign_up(client)
    assert client.get("/api/ml_models/by_alias", query_string=query, headers=other.headers).status_code == 404
    theirs = client.get("/api/ml_models/by_alias", query_string={**query, "owner": user.id}, headers=other.headers)
    assert theirs.json["model_id"] == second["model_id"]
    path = f"/api/ml_models/{second['model_id']}/aliases/champion"
    assert client.delete(path, headers=user.headers).status_code == 204
    assert client.delete(path, headers=user.headers).status_code == 404


def test_private_models_are_seen_by_nobody_else_until_shared(
    client: FlaskClient, user: SignedUp, sign_up: SignUp
) -> None:
    model, other = make(client, user, visibility="private"), sign_up(client)
    path = f"/api/ml_models/{model['model_id']}"
    grant = f"/api/entities/{model['model_id']}/grants/{other.id}"
    assert client.get(path, headers=other.headers).status_code == 404
    assert find(client, other) == []
    given = client.put(grant, json={"right": "read"}, headers=user.headers)
    assert (given.status_code, [one["right"] for one in given.json["grants"]]) == (200, ["read"])
    assert client.get(path, headers=other.headers).status_code == 200
    assert client.patch(path, json={"description": "x"}, headers=other.headers).status_code == 403
    client.put(grant, json={"right": "write"}, headers=user.headers)
    assert client.patch(path, json={"description": "x"}, headers=other.headers).status_code == 200
    assert client.patch(path, json={"visibility": "public"}, headers=other.headers).status_code == 403
    assert client.delete(path, headers=other.headers).status_code == 403
    client.delete(grant, headers=user.headers)
    assert client.get(path, headers=other.headers).status_code == 404


def test_lists_filter_by_name_words_tag_and_creator(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, user, other = either_client, sign_up(either_client), sign_up(either_client)
    make(client, user, name="lake depth", description="Wasser 100%", tags={"domain": "water"})
    make(client, user, name="lake_width", tags={"domain": "water", "old": "yes"})
    make(client, other, name="forest")
    names = lambda **query: [m["name"] for m in find(client, user, **query)]  # noqa: E731
    assert names(name="lake depth") == ["lake depth"]
    assert names(name="lake*") == ["lake depth", "lake_width"]
    assert names(name="lake_*") == ["lake_width"]
    assert names(q="WASSER 100%") == ["lake depth"]
    assert names(q="%") == ["lake depth"]
    assert names(tag="domain=water") == ["lake depth", "lake_width"]
    assert names(tag=["domain=water", "old"]) == ["lake_width"]
    assert names(creator="me") == ["lake depth", "lake_width"]
    assert names(creator=other.id) == ["forest"]
    assert names(sort="-name") == ["lake_width", "lake depth", "forest"]
    assert names(sort="-created") == ["forest", "lake_width", "lake depth"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("metric", "r2"),
        ("metric", "r2>high"),
        ("metric", ">0.4"),
        ("metric", "r2>nan"),
        ("param", "alpha"),
        ("sort", "age"),
        ("sort", "metrics."),
        ("limit", "0"),
        ("limit", "1000000"),
        ("limit", "99999999999999999999"),
        ("cursor", "xyz"),
        ("deleted", "perhaps"),
        ("metrics", "r2>0.4"),
    ],
)
def test_a_wrong_argument_is_named(client: FlaskClient, user: SignedUp, parameter: str, value: str) -> None:
    answer = client.get("/api/ml_models", query_string={parameter: value}, headers=user.headers)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].split("/")[1] == parameter


def test_pages_follow_each_other_by_the_link(either_client: FlaskClient, sign_up: SignUp) -> None:
    client, user = either_client, sign_up(either_client)
    for number in range(7):
        make(client, user, name=f"n{number % 3}", version=str(number))
    for sort in ("created", "-created", "name", "-name"):
        seen, path = [], f"/api/ml_models?limit=2&sort={sort}"
        while path:
            answer = client.get(path, headers=user.headers)
            seen += [model["version"] for model in answer.json["data"]]
            path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        assert len(seen) == 7
        assert set(seen) == {str(n) for n in range(7)}
    counted = client.get("/api/ml_models?limit=2&total=true", headers=user.headers).json
    assert (counted["page"]["total"], len(counted["data"])) == (7, 2)


@pytest.mark.parametrize("path", ["/api/ml_models", "/api/ml_datasets", "/api/fl_services", "/api/ledger"])
def test_a_list_needs_three_statements_however_long_it_is(client: FlaskClient, user: SignedUp, path: str) -> None:
    counts = []
    for wanted in (3, 30):
        for _ in range(wanted):
            make(client, user)
            client.post("/api/ml_datasets", json={"name": "d"}, headers=user.headers)
            client.post("/api/fl_services", json={"name": "f"}, headers=user.headers)
        seen: list[str] = []

        def note(*given: Any, seen: list[str] = seen) -> None:
            seen.append(given[2])

        event.listen(database.engine, "before_cursor_execute", note)
        assert len(client.get(path, query_string=PLAIN, headers=user.headers).json["data"]) >= wanted
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


NUMBERS = st.one_of(st.none(), st.floats(min_value=-5, max_value=5).map(lambda n: round(n, 1)), st.just(float("inf")))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(NUMBERS, min_size=1, max_size=8),
    sign=st.sampled_from([">", ">=", "<", "<=", "="]),
    bound=st.floats(min_value=-5, max_value=5).map(lambda n: round(n, 1)),
    descending=st.booleans(),
)
def test_metric_filters_and_order_are_those_of_python(
    either_url: str,
    make_app: Callable[..., Flask],
    values: list[float | None],
    sign: str,
    bound: float,
    descending: bool,
) -> None:
    from app.core.db import transaction
    from app.ml_assets.service import assets
    from tests.conftest import PASSWORD

    client = make_app(either_url).test_client()
    person = {"email": "m@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    client.post("/api/users/register", json=person)
    token = client.post("/api/users/get-auth-token", auth=("m@example.org", PASSWORD)).json["token"]
    user = SignedUp("", "", token, {"Authorization": f"Bearer {token}"})
    name = f"metric {id(values)} / >x"
    for number, value in enumerate(values):
        made = make(client, user, name=name, version=str(number))
        if value is not None:
            with transaction() as session:
                seq = session.execute(assets.entities.table.select().filter_by(id=made["model_id"])).one().seq
                assets.write_terms(seq, [{"kind": "metric", "key": name, "text": None, "number": value}], fresh=True)
    compare = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__, "<=": float.__le__, "=": float.__eq__}[sign]
    wanted = [(v, n) for n, v in enumerate(values) if v is not None and compare(float(v), bound)]
    wanted.sort(key=lambda pair: (-pair[0] if descending else pair[0], pair[1]))
    found, path = [], f"{name}"
    query = {"name": path, "metric": f"{name}{sign}{bound}", "sort": f"{'-' if descending else ''}metrics.{name}"}
    cursor = None
    while True:
        answer = client.get(
            "/api/ml_models",
            query_string={**query, "limit": 3, **({"cursor": cursor} if cursor else {})},
            headers=user.headers,
        )
        assert answer.status_code == 200, answer.text
        found += [int(model["version"]) for model in answer.json["data"]]
        cursor = answer.json["page"]["next"]
        if cursor is None:
            break
    assert found == [number for _, number in wanted]
