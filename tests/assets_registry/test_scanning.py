"""S16 and S19 of the checklist: the registry is no way to find out what is reachable from here."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from app.assets_registry import service
from app.core import limits
from tests.assets_registry.conftest import URL, Put, make, native, register
from tests.conftest import SignUp
from tests.gateways.http.servers import PUBLIC, Server, World

PRIVATE = [
    *("127.0.0.1", "[::1]", "0.0.0.0", "169.254.169.254", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1"),
    *("[fc00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.0.1.", "localhost"),
]
ODD = ["2130706433", "0x7f.1", "017700000001", "user@127.0.0.1", "127.1"]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Turn the limits on, after what the test needs was made."""
    return lambda: monkeypatch.setattr(limits.limiters, "enabled", True)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that takes no connection."""
    with socket.socket() as bound:  # bound and not listening, so that nobody else gets it
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_s16_private_addresses_are_stored_and_never_asked(client: FlaskClient, world: World) -> None:
    world.names["localhost"] = [["127.0.0.1"]]
    made = {}
    for host in PRIVATE:
        url = f"http://{host}:{world.canary.port}"
        answer = register(client, **{URL: url})
        told = answer.json["data"]
        assert (answer.status_code, told["health"], told["reason"]) == (201, "unhealthy", "not_allowed"), host
        made[told["id"]] = url
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        for registry_id, url in made.items():
            assert client.get(f"/check_health/{registry_id}").json["message"] == "unhealthy"
            assert client.put(f"/asset_registry/{registry_id}", json={URL: f"{url}/other"}).status_code == 200
    assert service.sweep() == len(PRIVATE)
    assert (world.dialled, world.canary.hits) == ([], 0)


def test_s16_oddly_written_addresses_are_refused(client: FlaskClient, world: World) -> None:
    for host in ODD:
        answer = register(client, **{URL: f"http://{host}:{world.canary.port}"})
        assert (answer.status_code, answer.json["success"]) == (400, False), host
    # what UTS 46 maps to the plain spelling is judged as that
    mapped = register(client, **{URL: f"http://①27.0.0.1:{world.canary.port}"})
    assert (mapped.status_code, mapped.json["data"]["reason"]) == (201, "not_allowed")
    assert (world.dialled, world.canary.hits) == ([], 0)


def test_s16_a_name_that_leads_inside_is_not_followed(client: FlaskClient, world: World) -> None:
    world.names["inside.example"] = [[PUBLIC, "127.0.0.1"]]
    world.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    world.at[PUBLIC, 80] = None
    inside = register(client, **{URL: "http://inside.example"}).json["data"]
    assert inside["reason"] == "not_allowed"
    rebinding = register(client, **{URL: "http://rebinding.example"}).json["data"]
    assert rebinding["reason"] == "refused"
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        client.get(f"/check_health/{rebinding['id']}")
    assert world.dialled == [(PUBLIC, 80)]
    assert world.canary.hits == 0


def test_s16_without_outbound_allow_a_real_canary_is_never_hit(
    make_app: Callable[..., Any], sqlite_url: str, closed_port: int
) -> None:
    """The guard as the factory configures it, over real loopback; open and closed ports answer alike."""
    from tests.assets_registry.conftest import wire

    app = make_app(sqlite_url, ANONYMOUS_ASSETS="write")
    wire(app)
    client, canary = app.test_client(), Server()
    told = []
    try:
        for port in (canary.port, closed_port):
            made = register(client, **{URL: f"http://127.0.0.1:{port}"})
            registry_id = made.json["data"]["id"]
            with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
                checked = client.get(f"/check_health/{registry_id}")
            demanded = client.post(
                "/asset_registry", json={URL: f"http://127.0.0.1:{port}"}, query_string={"require_healthy": "true"}
            )
            texts = [answer.text.replace(registry_id, "X") for answer in (made, checked, demanded)]
            told.append([text.replace(str(port), "P") for text in texts])
        assert canary.hits == 0
        assert told[0] == told[1]
    finally:
        canary.close()


def test_s19_of_65_checks_by_one_user_most_are_refused(
    either_client: FlaskClient, put: Put, sign_up: SignUp, world: World, limited: Callable[[], None]
) -> None:
    client, user = either_client, sign_up(either_client)
    server = put("h.example", address=PUBLIC)
    world.names |= {f"h{number}.example": [[PUBLIC]] for number in range(65)}
    ids = [make(client, user.headers, **{URL: f"http://h{number}.example"}) for number in range(65)]
    hits = server.hits
    limited()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=11), tick=False):
        answers = [client.get(f"/check_health/{one}", headers=user.headers) for one in ids]
        assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 35
        assert server.hits == hits + 30
        assert {answer.json["message"] for answer in answers[:30]} == {"healthy"}
        for answer in answers[30:]:
            assert answer.json["success"] is False
            assert 0 < int(answer.headers["Retry-After"]) <= 60
        # what was found is told from the cache
        assert client.get(f"/check_health/{ids[0]}", headers=user.headers).status_code == 200
        # the same user from elsewhere, and another user from here, are refused too
        elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
        again = client.get(f"/check_health/{ids[40]}", headers=user.headers, environ_overrides=elsewhere)
        assert again.status_code == 429
        assert client.get(f"/check_health/{ids[41]}", headers=sign_up(client).headers).status_code == 429
        assert server.hits == hits + 30


def test_s19_registering_and_changing_count_as_well(
    client: FlaskClient, put: Put, sign_up: SignUp, limited: Callable[[], None]
) -> None:
    user, server = sign_up(client), put()
    path = f"/asset_registry/{make(client, user.headers)}"
    limited()
    changes = [client.put(path, json={URL: f"http://db.example/{n}"}, headers=user.headers) for n in range(30)]
    assert {answer.status_code for answer in changes} == {200}
    before = client.get(path, headers=user.headers).json
    refused = client.put(path, json={URL: "http://db.example/x"}, headers=user.headers)
    assert (refused.status_code, refused.json["success"]) == (429, False)
    assert client.get(path, headers=user.headers).json == before
    assert register(client, user.headers).status_code == 429
    assert server.hits == 31
    # what connects nowhere is not counted
    assert client.put(path, json={"asset_registry_name": "x"}, headers=user.headers).status_code == 200
    assert register(client, user.headers, **{URL: "http://localhost:5000"}).status_code == 201


def test_s19_a_check_tells_three_words_and_nothing_else(client: FlaskClient, put: Put, sign_up: SignUp) -> None:
    put()
    user = sign_up(client)
    told = set()
    for url in ("http://db.example", "http://nobody.example", "http://127.0.0.1:5001"):
        registry_id = make(client, user.headers, **{URL: url})
        answer = client.get(f"/check_health/{registry_id}", headers=user.headers)
        assert sorted(answer.json) == ["message", "success"]
        told.add(answer.json["message"])
        assert native(client, user.headers, registry_id)["state"] == answer.json["message"]
    assert told == {"healthy", "unhealthy"}
