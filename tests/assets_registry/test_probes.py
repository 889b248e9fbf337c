"""How assets DBs are found: ill ones, our own, and all of them from time to time."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.assets_registry import probes, schemas, service
from app.assets_registry.probes import REASONS, Health
from app.gateways import http
from tests.assets_registry.conftest import HEALTHY, PUBLIC_URL, URL, Put, as_json, make, native, query_own, register
from tests.conftest import SignUp
from tests.gateways.http.servers import PUBLIC, Script, Server, World, answer

SECRET = "s3cr3t-of-the-other-side"
HUGE = b'{"success": true, "x": "' + b"x" * 2**20 + b'"}'


def hang(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side gives up


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.02)  # the illness itself, bounded by the time that the client gives it


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "SECONDS", 0.4)


ILL: dict[str, tuple[str, Script]] = {
    "hangs": ("timeout", hang),
    "drips": ("timeout", drip),
    "closes at once": ("not_http", hang_up),
    "speaks another language": ("not_http", lambda connection: connection.sendall(b"SSH-2.0-x\r\n")),
    "redirects elsewhere": ("redirect", answer("302 Found", b"", "Location: http://other.example/health")),
    "redirects to loopback": ("redirect", answer("307 Moved", b"", "Location: http://127.0.0.1:9999/health")),
    "is down": ("bad_status", as_json({"success": True, "message": SECRET}, "503 Service Unavailable")),
    "wants a login": ("bad_status", as_json({"success": True}, "401 Unauthorized", f'WWW-Authenticate: x="{SECRET}"')),
    "sends nothing": ("bad_status", answer("204 No Content")),
    "sends an empty body": ("not_json", answer("200 OK")),
    "sends a page": ("not_json", answer("200 OK", f"<html>{SECRET}</html>".encode())),
    "sends a list": ("not_json", as_json([{"success": True}])),
    "sends half": ("not_json", answer("200 OK", b'{"success": tr')),
    "sends what is too deep": ("not_json", answer("200 OK", b'{"a":' * 200 + b"1" + b"}" * 200)),
    "sends too much": ("too_large", answer("200 OK", HUGE)),
    "says so": ("says_unhealthy", as_json({"success": False, "message": SECRET})),
}


@pytest.mark.usefixtures("in_a_hurry")
def test_an_ill_db_is_stored_with_the_class_of_its_illness_alone(
    client: FlaskClient, put: Put, sign_up: SignUp, world: World
) -> None:
    user = sign_up(client)
    for illness, (reason, script) in ILL.items():
        put("db.example", script)
        started = time.monotonic()
        made = register(client, user.headers)
        assert time.monotonic() - started < 3, illness
        told = made.json["data"]
        assert (made.status_code, told["health"], told["reason"]) == (201, "unhealthy", reason), illness
        assert reason in REASONS
        entry = native(client, user.headers, told["id"])
        assert (entry["state"], entry["reason"], entry["last_seen"]) == ("unhealthy", reason, None)
        checked = client.get(f"/check_health/{told['id']}", headers=user.headers)
        assert (checked.status_code, checked.json) == (200, {"success": False, "message": "unhealthy"})
        assert SECRET not in made.text + checked.text + json.dumps(entry)
    assert world.canary.hits == 0


UNREACHABLE = {
    "http://nobody.example": "dns",
    "http://closed.example": "refused",
    "https://db.example": "tls",
    "http://inside.example": "not_allowed",
    "http://db.example:22": "not_allowed",
}


def test_a_db_that_cannot_be_reached_says_why(client: FlaskClient, put: Put, world: World) -> None:
    world.at[PUBLIC, 443] = put(address=PUBLIC)
    world.names["closed.example"] = [["93.184.215.15"]]
    world.at["93.184.215.15", 80] = None
    world.names["inside.example"] = [["10.0.0.1"]]
    for url, reason in UNREACHABLE.items():
        data = register(client, **{URL: url}).json["data"]
        assert (data["health"], data["reason"]) == ("unhealthy", reason), url
    assert world.canary.hits == 0


def test_whatever_object_does_not_say_otherwise_is_healthy(client: FlaskClient, put: Put) -> None:
    for body in ({}, {"success": True}, {"message": "healthy"}, {"status": "ok", "success": None}):
        put("db.example", as_json(body))
        assert register(client).json["data"]["health"] == "healthy", body


def test_health_is_put_behind_the_address_with_or_without_a_slash(client: FlaskClient, put: Put) -> None:
    for suffix in ("", "/", "/below", "/below/"):
        server = put()
        make(client, **{URL: f"http://db.example{suffix}"})
        wanted = f"GET {suffix.rstrip('/')}/health HTTP/1.1\r\n"
        assert server.requests[0].startswith(wanted.encode()), suffix


def test_nothing_of_the_caller_goes_to_the_db(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    server, user = put(), sign_up(client)
    client.set_cookie("session", "of-the-caller")
    make(client, {**user.headers, "X-Secret": "of-the-caller"})
    sent = server.requests[0].lower()
    assert user.token.lower().encode() not in sent
    assert b"authorization" not in sent
    assert b"cookie" not in sent
    assert b"of-the-caller" not in sent


OWN = {
    PUBLIC_URL: ("healthy", None),
    f"{PUBLIC_URL}/": ("healthy", None),
    "http://LOCALHOST.:5000": ("healthy", None),
    "http://127.0.0.1:5000": ("healthy", None),
    "http://[::1]:5000/": ("healthy", None),
    f"{PUBLIC_URL}/below": ("unhealthy", "bad_status"),
}


def test_our_own_address_is_known_without_a_request(
    make_registry: Callable[..., FlaskClient], sqlite_url: str, world: World
) -> None:
    client = make_registry(sqlite_url, allow=("localhost:5000", "127.0.0.1:5000", "[::1]:5000"))
    for url, (state, reason) in OWN.items():
        data = register(client, **{URL: url}).json["data"]
        assert (data["health"], data["reason"]) == (state, reason), url
        assert client.get(f"/check_health/{data['id']}").json["message"] == state
    assert (world.looked_up, world.dialled, world.canary.hits) == ([], [], 0)


def test_the_example_in_the_document_leads_out_to_nobody(client: FlaskClient, world: World) -> None:
    assert register(client, **{URL: schemas.URL}).status_code == 201
    assert (world.looked_up, world.dialled) == ([], [])


def test_other_addresses_are_not_taken_for_our_own(client: FlaskClient) -> None:
    for url in ("https://localhost:5000", "http://localhost:5001", "http://own.example:5000"):
        assert register(client, **{URL: url}).json["data"]["health"] == "unhealthy", url


def test_of_a_service_below_a_path_only_what_lies_below_is_our_own(client: FlaskClient, put: Put) -> None:
    service.configure(public_url="http://db.example/quay", query_own=query_own)
    server = put()
    assert register(client, **{URL: "http://db.example/quay/"}).json["data"]["health"] == "healthy"
    assert server.hits == 0
    assert register(client, **{URL: "http://db.example/quay2"}).json["data"]["health"] == "healthy"
    assert register(client).json["data"]["health"] == "healthy"
    assert server.hits == 2


def test_a_check_within_ten_seconds_asks_nobody(either_client: FlaskClient, put: Put) -> None:
    server = put()
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False) as now:
        path = f"/check_health/{make(either_client)}"
        for seconds, hits in ((0, 1), (9.9, 1), (0.1, 2), (9.9, 2), (0.1, 3)):
            now.shift(timedelta(seconds=seconds))
            assert either_client.get(path).json == {"success": True, "message": "healthy"}
            assert server.hits == hits
        now.shift(timedelta(seconds=-5))  # the clock was set back
        either_client.get(path)
        assert server.hits == 4
        server.script = as_json({"success": False})
        now.shift(timedelta(seconds=11))
        assert either_client.get(path).json == {"success": False, "message": "unhealthy"}


def test_what_was_seen_last_stays_when_a_db_falls_ill(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    server, user = put(), sign_up(client)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as now:
        user = sign_up(client)
        registry_id = make(client, user.headers)
        server.script = answer("500 Internal Server Error")
        now.shift(timedelta(minutes=1))
        service.sweep()
        entry = native(client, user.headers, registry_id)
    assert (entry["state"], entry["reason"]) == ("unhealthy", "bad_status")
    assert entry["last_seen"] == "2030-01-01T00:00:00.000000Z"
    assert entry["checked_at"] == "2030-01-01T00:01:00.000000Z"


def test_a_probe_of_an_address_that_was_changed_meanwhile_is_dropped(
    client: FlaskClient, put: Put, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    user = sign_up(client)
    registry_id = make(client, user.headers, **{URL: "http://gone.example"})
    probe = probes.probe

    def overtaken(url: str) -> Health:
        monkeypatch.setattr(probes, "probe", probe)
        found = probe(url)
        path = f"/asset_registry/{registry_id}"
        assert client.put(path, json={URL: "http://db.example"}, headers=user.headers).status_code == 200
        return found

    monkeypatch.setattr(probes, "probe", overtaken)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        assert client.get(f"/check_health/{registry_id}", headers=user.headers).json["message"] == "unhealthy"
    assert native(client, user.headers, registry_id)["state"] == "healthy"


def test_slow_dbs_do_not_take_all_threads(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    user, free, came = sign_up(client), threading.Event(), threading.Semaphore(0)

    def wait(connection: socket.socket) -> None:
        came.release()
        free.wait(4)
        HEALTHY(connection)

    server = put("slow.example", wait)
    app = client.application
    slow = [
        threading.Thread(target=register, args=(app.test_client(), user.headers), kwargs={URL: "http://slow.example"})
        for _ in range(2)
    ]
    for thread in slow:
        thread.start()
    try:
        assert came.acquire(timeout=5) and came.acquire(timeout=5)
        made = register(client, user.headers)
        assert (made.status_code, made.json["data"]["health"], made.json["data"]["reason"]) == (201, "unknown", "busy")
        checked = client.get(f"/check_health/{made.json['data']['id']}", headers=user.headers)
        assert checked.json == {"success": False, "message": "unknown"}
        assert native(client, user.headers, made.json["data"]["id"])["checked_at"] is None
        assert register(client, user.headers, **{URL: PUBLIC_URL}).json["data"]["health"] == "healthy"
    finally:
        free.set()
        for thread in slow:
            thread.join()
    put()
    assert client.get(f"/check_health/{made.json['data']['id']}", headers=user.headers).json["success"]
    assert server.hits == 2


def test_no_probe_runs_inside_a_transaction(client: FlaskClient, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.core import db

    put()
    probe, scopes = probes.probe, []

    def noted(url: str) -> Health:
        scopes.append(db._scope.get())
        return probe(url)

    monkeypatch.setattr(probes, "probe", noted)
    registry_id = make(client)
    client.put(f"/asset_registry/{registry_id}", json={URL: "http://gone.example"})
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        client.get(f"/check_health/{registry_id}")
    service.sweep()
    assert scopes == [None] * 4


def test_a_sweep_asks_everybody_once_those_first_that_wait_longest(
    either_client: FlaskClient, put: Put, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, user = either_client, sign_up(either_client)
    well = put("well.example")
    put("ill.example", as_json({}, "503 Service Unavailable"))
    ids = [
        make(client, user.headers, visibility="private", **{URL: f"http://{name}.example"})
        for name in ("well", "ill", "gone", "well")
    ]
    hits = well.hits
    put("ill.example")
    assert service.sweep() == 4
    assert well.hits == hits + 1  # the address of two entries is asked once
    states = [native(client, user.headers, one)["state"] for one in ids]
    assert states == ["healthy", "healthy", "unhealthy", "healthy"]
    monkeypatch.setattr("app.assets_registry.service.health.SWEPT", 1)
    before = [native(client, user.headers, one)["checked_at"] for one in ids]
    swept = set()
    for _ in ids:
        assert service.sweep() == 1
        now = [native(client, user.headers, one)["checked_at"] for one in ids]
        swept |= {place for place in range(4) if now[place] != before[place]}
        before = now
    assert swept == {0, 1, 2, 3}


@pytest.mark.usefixtures("in_a_hurry")
def test_a_sweep_ends_in_its_time_and_keeps_what_it_found(
    client: FlaskClient, put: Put, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = sign_up(client)
    put()
    put("slow.example")
    quick = make(client, user.headers)
    slow = [make(client, user.headers, **{URL: f"http://slow.example/{number}"}) for number in range(20)]
    before = native(client, user.headers, quick)["checked_at"]
    put("slow.example", hang)
    monkeypatch.setattr("app.assets_registry.service.health.SWEEP_SECONDS", 0.6)
    started = time.monotonic()
    swept = service.sweep()
    assert time.monotonic() - started < 2
    assert 1 <= swept < 21
    assert native(client, user.headers, quick)["checked_at"] > before
    states = [native(client, user.headers, one)["state"] for one in slow]
    assert states.count("unhealthy") == swept - 1


def test_s20_the_operator_can_open_an_address(make_registry: Callable[..., FlaskClient], sqlite_url: str) -> None:
    """The whole way over real loopback, with nothing made up."""
    server = Server(HEALTHY)
    url = f"http://127.0.0.1:{server.port}"
    client = make_registry(sqlite_url)
    try:
        http.configure((f"127.0.0.1:{server.port}",))
        data = register(client, **{URL: url}).json["data"]
        assert (data["health"], server.hits) == ("healthy", 1)
        http.configure(())
        data = register(client, **{URL: url}).json["data"]
        assert (data["health"], data["reason"], server.hits) == ("unhealthy", "not_allowed", 1)
    finally:
        server.close()
