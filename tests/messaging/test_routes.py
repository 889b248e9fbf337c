"""The outbox over HTTP, for admins."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.messaging import claiming, service
from app.users import service as users
from tests.conftest import PASSWORD, SignUp
from tests.messaging.conftest import put


@pytest.fixture
def client(make_app: Callable[..., Flask], either_url: str) -> FlaskClient:
    return make_app(either_url).test_client()


@pytest.fixture
def admin(client: FlaskClient) -> dict[str, str]:
    """The headers of an admin."""
    email = "root@example.org"
    with client.application.app_context():
        users.create_user(
            email=email, password=PASSWORD, first_name="A", last_name="B", role="Administrator", is_admin=True
        )
    token = client.post("/api/users/get-auth-token", auth=(email, PASSWORD)).json["token"]
    return {"Authorization": f"Bearer {token}"}


def bury(lane: str = "a", payload: dict[str, Any] | None = None) -> str:
    """A dead letter."""

    def handler(_delivery: service.Delivery) -> None:
        raise service.Undeliverable("The topic does not exist. Create it, then retry.")

    service.register("note", handler)
    id = put(lane, payload)
    assert service.run_once() == 0
    return id


def test_an_admin_finds_a_dead_letter_and_why_it_died(client: FlaskClient, admin: dict[str, str]) -> None:
    id = bury(payload={"url": "https://bob:hunter2@host", "token": "hunter2", "n": 1})
    other = put("b", kind="telegram")
    listed = client.get("/api/outbox?state=dead&lane=a&kind=note", headers=admin)
    assert (listed.status_code, [m["id"] for m in listed.json["data"]]) == (200, [id])
    assert [m["id"] for m in client.get("/api/outbox", headers=admin).json["data"]] == [id, other]
    first = client.get("/api/outbox?limit=1", headers=admin)
    assert 'rel="next"' in first.headers["Link"] and [m["id"] for m in first.json["data"]] == [id]
    shown = client.get(f"/api/outbox/{id}", headers=admin).json
    assert (shown["state"], shown["attempts"]) == ("dead", 1)
    assert shown["error"] == "The topic does not exist. Create it, then retry."
    assert shown["payload"] == {"url": "https://bob:***@host", "token": "***", "n": 1}
    assert shown["dead_at"].endswith("Z")
    assert "lease" not in shown


def test_an_admin_tries_a_dead_letter_again(client: FlaskClient, admin: dict[str, str]) -> None:
    id = bury()
    sent: list[str] = []
    service.register("note", lambda delivery: sent.append(delivery.id))
    assert service.run_once() == 0
    again = client.post(f"/api/outbox/{id}/retry", headers=admin)
    assert (again.status_code, again.json["state"], again.json["attempts"]) == (200, "waiting", 0)
    assert (service.run_once(), sent) == (1, [id])
    assert client.get(f"/api/outbox/{id}", headers=admin).status_code == 404


def test_an_admin_brings_forward_what_waits(client: FlaskClient, admin: dict[str, str]) -> None:
    sent: list[str] = []
    service.register("note", lambda delivery: sent.append(delivery.id))
    id = put("a", delay=600)
    assert service.run_once() == 0
    assert client.post(f"/api/outbox/{id}/retry", headers=admin).status_code == 200
    assert (service.run_once(), sent) == (1, [id])


def test_an_admin_discards_a_dead_letter_and_nothing_else(client: FlaskClient, admin: dict[str, str]) -> None:
    id, waiting = bury(), put("b")
    refused = client.delete(f"/api/outbox/{waiting}", headers=admin)
    assert (refused.status_code, "is waiting" in refused.json["detail"]) == (409, True)
    claiming.claim(1, 60)
    refused = client.delete(f"/api/outbox/{waiting}", headers=admin)
    assert (refused.status_code, "is sending" in refused.json["detail"]) == (409, True)
    refused = client.post(f"/api/outbox/{waiting}/retry", headers=admin)
    assert (refused.status_code, "being sent" in refused.json["detail"]) == (409, True)
    assert client.delete(f"/api/outbox/{id}", headers=admin).status_code == 204
    assert [m["id"] for m in client.get("/api/outbox", headers=admin).json["data"]] == [waiting]
    assert client.delete(f"/api/outbox/{id}", headers=admin).status_code == 404
    assert client.post(f"/api/outbox/{id}/retry", headers=admin).status_code == 404


def test_nobody_but_an_admin_comes_near_the_outbox(client: FlaskClient, sign_up: SignUp) -> None:
    id, user = bury(), sign_up(client)
    calls = [
        ("GET", "/api/outbox"),
        ("GET", f"/api/outbox/{id}"),
        ("POST", f"/api/outbox/{id}/retry"),
        ("DELETE", f"/api/outbox/{id}"),
    ]
    for method, path in calls:
        assert client.open(path, method=method, headers=user.headers).status_code == 403
        assert client.open(path, method=method).status_code == 401
    assert service.get(id)["state"] == "dead"
