"""One filter for all assets DBs: slow, lying and dead ones among them."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from app.assets_registry import fanout, service
from app.assets_registry.fanout import REASONS
from app.core import limits
from app.core.errors import Unavailable
from app.queries import filters
from tests.assets_registry.conftest import OWN_ASSETS, PUBLIC_URL, URL, Put, as_json, make, query_own
from tests.conftest import SignedUp, SignUp
from tests.gateways.http.servers import PUBLIC, Script, World, answer

HEALTH = as_json({"success": True, "message": "healthy"})
FILTER = {"asset_tags": {"$in": ["image", "sample"]}}


@pytest.fixture
def user(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


Add = Callable[..., str]


@pytest.fixture
def add(client: FlaskClient, put: Put, user: SignedUp) -> Add:
    """Register an assets DB while it is healthy, and let it answer by the script from then on."""

    def act(name: str, script: Script, headers: dict[str, str] | None = None, **given: Any) -> str:
        server = put(f"{name}.example", HEALTH)
        registry_id = make(
            client, headers or user.headers, asset_registry_name=name, **{URL: f"http://{name}.example"}, **given
        )
        server.script, server.requests = script, []
        add_servers[name] = server
        return registry_id

    add_servers: dict[str, Any] = {}
    act.servers = add_servers  # type: ignore[attr-defined]
    return act


def found(*uris: str) -> Script:
    return as_json({"success": True, "data": [{"asset_uri": uri} for uri in uris]})


def ask(client: FlaskClient, user: SignedUp, wanted: Any = FILTER, **given: Any) -> dict[str, Any]:
    answer = client.post("/api/assets_dbs/query", json={"filter": wanted, **given}, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def test_all_dbs_are_asked_the_same_filter_and_nothing_of_the_caller(
    client: FlaskClient, user: SignedUp, add: Add
) -> None:
    one, three = add("a", found("A:1-x", "A:2-x")), add("bbb", found("B:1-x"))
    result = ask(client, user, limit=7)
    assert result == {
        "data": [
            {"asset_registry_id": one, "asset": {"asset_uri": "A:1-x"}},
            {"asset_registry_id": one, "asset": {"asset_uri": "A:2-x"}},
            {"asset_registry_id": three, "asset": {"asset_uri": "B:1-x"}},
        ],
        "sources": [
            {"asset_registry_id": one, "name": "a", "state": "answered", "count": 2, "reason": None},
            {"asset_registry_id": three, "name": "bbb", "state": "answered", "count": 1, "reason": None},
        ],
        "partial": False,
    }
    for server in add.servers.values():  # type: ignore[attr-defined]
        (sent,) = server.requests
        head, _, body = sent.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /assets?limit=7 HTTP/1.1\r\n")
        assert json.loads(body) == FILTER
        assert b"authorization" not in head.lower()
        assert user.token.encode() not in sent


LIES: dict[str, tuple[str, str, Script]] = {
    "a page": ("failed", "not_json", answer("200 OK", b"<html>")),
    "a bare list": ("failed", "not_json", as_json([{"asset_uri": "x"}])),
    "no data": ("failed", "bad_form", as_json({"success": True})),
    "data that is an object": ("failed", "bad_form", as_json({"data": {"a": 1}})),
    "data of other things": ("failed", "bad_form", as_json({"data": [{"a": 1}, "x"]})),
    "null among the data": ("failed", "bad_form", as_json({"data": [None]})),
    "too deep": ("failed", "not_json", answer("200 OK", b'{"data":[{"a":' + b"[" * 200 + b"]" * 200 + b"}]}")),
    "a number beyond 64 bits": ("failed", "not_json", answer("200 OK", b'{"data":[{"a":1e999}]}')),
    "NUL": ("failed", "not_json", answer("200 OK", b'{"data":[{"a":"\\u0000"}]}')),
    "half a pair": ("failed", "not_json", answer("200 OK", b'{"data":[{"a":"\\ud800"}]}')),
    "too much": ("failed", "too_large", answer("200 OK", b'{"data":[{"a":"' + b"x" * 2**20 + b'"}]}')),
    "an error": ("failed", "bad_status", as_json({"data": [{"a": 1}]}, "500 Internal Server Error")),
    "an error of the filter": ("failed", "filter_refused", as_json({"data": [{"a": 1}]}, "400 Bad Request")),
    "a redirect": ("failed", "redirect", answer("307 Moved", b"", "Location: http://127.0.0.1:9999/assets")),
    "nothing": ("failed", "not_http", lambda connection: connection.shutdown(socket.SHUT_RDWR)),
    "more than was asked for": ("truncated", "more", found("1", "2", "3")),
    "a next page": ("truncated", "more", as_json({"data": []}, "200 OK", 'Link: </assets?cursor=1>; rel="next"')),
}


def test_lying_dbs_make_the_answer_partial_and_spoil_nothing(
    client: FlaskClient, user: SignedUp, add: Add, world: World
) -> None:
    ids = {add(f"lie{number}", script): lie for number, (lie, (_, _, script)) in enumerate(LIES.items())}
    honest = add("honest", found("B:1-x"))
    result = ask(client, user, limit=2)
    for source in result["sources"][:-1]:
        lie = ids[source["asset_registry_id"]]
        count = 2 if lie == "more than was asked for" else 0
        assert (source["state"], source["reason"], source["count"]) == (*LIES[lie][:2], count), lie
        assert source["reason"] in REASONS
    assert result["sources"][-1] == {
        "asset_registry_id": honest, "name": "honest", "state": "answered", "count": 1, "reason": None
    }  # fmt: skip
    assert result["partial"] is True
    assert [one["asset"]["asset_uri"] for one in result["data"]] == ["1", "2", "B:1-x"]
    assert world.canary.hits == 0


def test_a_slow_db_and_a_lying_one_make_a_partial_answer_in_time(
    client: FlaskClient, user: SignedUp, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "EACH_SECONDS", 0.5)
    add("slow", hang)
    add("lying", answer("200 OK", b'{"success": true, "data": "all yours"}'))
    add("honest", found("A:1-x"))
    started = time.monotonic()
    result = ask(client, user)
    assert time.monotonic() - started < 3
    states = {source["name"]: (source["state"], source["reason"]) for source in result["sources"]}
    assert states == {
        "slow": ("timed_out", "timeout"),
        "lying": ("failed", "bad_form"),
        "honest": ("answered", None),
    }
    assert result["partial"] is True
    assert [one["asset"] for one in result["data"]] == [{"asset_uri": "A:1-x"}]


def test_the_whole_ends_in_its_time_however_many_are_slow(
    client: FlaskClient, user: SignedUp, put: Put, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "WHOLE_SECONDS", 0.8)
    server = put("h.example", HEALTH, PUBLIC)
    for number in range(20):
        world.names[f"h{number}.example"] = [[PUBLIC]]
        make(client, user.headers, **{URL: f"http://h{number}.example"})
    server.script = hang
    started = time.monotonic()
    result = ask(client, user)
    assert time.monotonic() - started < 3
    assert {source["state"] for source in result["sources"]} == {"timed_out"}
    assert len(result["sources"]) == 20
    assert server.hits <= 20 + fanout.THREADS


def test_all_answers_together_have_a_size(
    client: FlaskClient, user: SignedUp, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = found("A:1-x")
    add("a", script)
    add("bbb", script)
    monkeypatch.setattr(fanout, "ALL_BYTES", len(json.dumps({"success": True, "data": [{"asset_uri": "A:1-x"}]})))
    result = ask(client, user)
    states = [(source["state"], source["reason"]) for source in result["sources"]]
    assert states == [("answered", None), ("truncated", "too_much")]
    assert len(result["data"]) == 1


def test_more_dbs_than_are_asked_at_once_are_named(
    client: FlaskClient, user: SignedUp, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.assets_registry.service.asking.MOST", 1)
    add("a", found("A:1-x"))
    add("bbb", found("B:1-x"))
    result = ask(client, user)
    assert [(source["state"], source["reason"]) for source in result["sources"]] == [
        ("answered", None),
        ("failed", "not_asked"),
    ]
    assert add.servers["bbb"].requests == []  # type: ignore[attr-defined]


def test_only_healthy_dbs_that_the_caller_may_see_are_asked(
    client: FlaskClient, user: SignedUp, add: Add, sign_up: SignUp
) -> None:
    other = sign_up(client)
    add("a", found("A:1-x"), other.headers, visibility="private")
    add("bbb", found("B:1-x"), visibility="private")
    make(client, user.headers, **{URL: "http://gone.example"})
    assert [source["name"] for source in ask(client, user)["sources"]] == ["bbb"]
    assert [source["name"] for source in ask(client, other)["sources"]] == ["a"]
    assert client.post("/api/assets_dbs/query", json={"filter": {}}).status_code == 401


def test_our_own_db_is_asked_without_a_request(client: FlaskClient, user: SignedUp, world: World) -> None:
    seen: list[Any] = []

    def own(caller: Any, wanted: Any, limit: int) -> list[dict[str, Any]]:
        seen.append((caller.id, wanted))
        return query_own(caller, wanted, limit)

    service.configure(public_url=PUBLIC_URL, query_own=own)
    registry_id = make(client, user.headers, **{URL: f"{PUBLIC_URL}/"})
    result = ask(client, user)
    assert seen == [(user.id, FILTER)]
    assert result["data"] == [{"asset_registry_id": registry_id, "asset": asset} for asset in OWN_ASSETS]
    assert result["partial"] is False
    cut = ask(client, user, limit=1)
    assert (cut["sources"][0]["state"], cut["sources"][0]["count"], len(cut["data"])) == ("truncated", 1, 1)
    assert (world.dialled, world.canary.hits) == ([], 0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Unavailable("The store is down."), "unavailable"), (filters.FilterRefused("", "no"), "filter_refused")],
)
def test_when_our_own_db_fails_the_others_count(
    client: FlaskClient, user: SignedUp, add: Add, error: Exception, reason: str
) -> None:
    def own(*_given: Any) -> list[dict[str, Any]]:
        raise error

    service.configure(public_url=PUBLIC_URL, query_own=own)
    make(client, user.headers, **{URL: PUBLIC_URL})
    add("a", found("A:1-x"))
    result = ask(client, user)
    assert [(s["state"], s["reason"]) for s in result["sources"]] == [("failed", reason), ("answered", None)]
    assert len(result["data"]) == 1


QUESTIONS: list[tuple[Any, int, str]] = [
    ({}, 422, "/filter"),
    ({"filter": []}, 422, "/filter"),
    ({"filter": None}, 422, "/filter"),
    ({"filter": {}, "limit": 0}, 422, "/limit"),
    ({"filter": {}, "limit": 101}, 422, "/limit"),
    ({"filter": {}, "limit": "7"}, 422, "/limit"),
    ({"filter": {}, "more": 1}, 422, "/more"),
    ({"filter": {"$where": "1"}}, 400, "/filter/$where"),
    ({"filter": {"a": {"$in": 5}}}, 400, "/filter/a/$in"),
]


def test_questions_that_cannot_be_are_refused_before_anybody_is_asked(
    client: FlaskClient, user: SignedUp, add: Add
) -> None:
    add("a", found())
    for body, status, pointer in QUESTIONS:
        answer = client.post("/api/assets_dbs/query", json=body, headers=user.headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), body
        assert answer.json["errors"][0]["pointer"] == pointer
    assert add.servers["a"].requests == []  # type: ignore[attr-defined]


def test_a_key_for_reading_may_ask(client: FlaskClient, user: SignedUp, add: Add) -> None:
    add("a", found("A:1-x"))
    made = client.post("/api/users/me/api-keys", json={"label": "k", "scopes": ["read"]}, headers=user.headers)
    assert made.status_code == 201, made.text
    headers = {"Authorization": f"Bearer {made.json['api_key']}"}
    assert client.post("/api/assets_dbs/query", json={"filter": {}}, headers=headers).status_code == 200
    assert client.delete("/asset_registry/x", headers=headers).status_code == 403


def test_questions_are_limited_when_they_leave(
    client: FlaskClient, user: SignedUp, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("a", found())
    monkeypatch.setattr(limits.limiters, "enabled", True)
    with time_machine.travel(datetime.now(UTC), tick=False):
        asked = [client.post("/api/assets_dbs/query", json={"filter": {}}, headers=user.headers) for _ in range(31)]
    statuses = [answer.status_code for answer in asked]
    assert statuses == [200] * 30 + [429]


def test_too_many_who_wait_are_told_to_come_again(client: FlaskClient, user: SignedUp, add: Add) -> None:
    free, came = threading.Event(), threading.Semaphore(0)

    def wait(connection: socket.socket) -> None:
        came.release()
        free.wait(4)
        found()(connection)

    add("slow", wait)
    app = client.application
    slow = [threading.Thread(target=ask, args=(app.test_client(), user)) for _ in range(2)]
    for thread in slow:
        thread.start()
    try:
        assert came.acquire(timeout=5) and came.acquire(timeout=5)
        answer = client.post("/api/assets_dbs/query", json={"filter": {}}, headers=user.headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        free.set()
        for thread in slow:
            thread.join()
