"""A registry in a world whose names and routes are made up: every connection ends on loopback."""

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.assets_db import envelope
from app.assets_registry import service
from app.assets_registry.routes import bp
from app.core import errors
from app.entities import service as entities
from app.gateways import http
from tests.gateways.http.servers import Script, Server, World, answer

PUBLIC_URL = "http://localhost:5000"
ENTRY: dict[str, Any] = {
    "asset_registry_name": "ResNet Models registry",
    "asset_registry_metadata": {"framework": "PyTorch", "version": "1.0"},
    "asset_registry_tags": ["image-classification", "deep-learning"],
    "asset_registry_public_url": "http://db.example",
}
URL = "asset_registry_public_url"
OWN_ASSETS = [{"asset_uri": "Own:1.0-a"}, {"asset_uri": "Own:2.0-a"}]


def as_json(value: Any, status: str = "200 OK", *headers: str) -> Script:
    return answer(status, json.dumps(value).encode(), "Content-Type: application/json", *headers)


HEALTHY = as_json({"success": True, "message": "healthy"})


@pytest.fixture
def world() -> Iterator[World]:
    """Nothing is listed in OUTBOUND_ALLOW, and what no server was put at leads to the canary."""
    made = World(Server())
    yield made
    made.close()
    http.configure(())


Put = Callable[..., Server]


@pytest.fixture
def put(world: World) -> Put:
    """A server that is found at http://NAME, each name at an address of its own."""

    def act(name: str = "db.example", script: Script = HEALTHY, address: str | None = None) -> Server:
        number = zlib.crc32(name.encode()) & 0xFFFF
        return world.put(name, Server(script), address or f"93.184.{number >> 8}.{number & 255}", 80)

    return act


def query_own(_caller: Any, _wanted: Any, limit: int) -> list[dict[str, Any]]:
    return OWN_ASSETS[:limit]


def wire(app: Flask) -> None:
    """What the factory does for this room."""
    entities.register_kind("assets_db", "/api/assets_dbs/{id}")
    entities.configure(PUBLIC_URL, anyone_changes_ownerless=app.config["QUAY"].anonymous_assets == "write")
    service.configure(public_url=PUBLIC_URL, query_own=query_own)
    for path in ("/asset", "/check_health"):
        errors.register_renderer(path, envelope.SHAPE)
    if "assets_registry" not in app.blueprints:
        app.register_blueprint(bp)


@pytest.fixture
def make_registry(make_app: Callable[..., Flask], world: World) -> Callable[..., FlaskClient]:
    """A client of a registry on the database at this URL; `allow` is its OUTBOUND_ALLOW."""

    def make(url: str, *, allow: tuple[str, ...] = (), **given: str) -> FlaskClient:
        app = make_app(url, **{"ANONYMOUS_ASSETS": "write", **given})
        wire(app)
        http.configure(allow, resolver=world.resolve, connector=world.connect)
        return app.test_client()

    return make


@pytest.fixture
def client(make_registry: Callable[..., FlaskClient], sqlite_url: str) -> FlaskClient:
    return make_registry(sqlite_url)


@pytest.fixture
def either_client(make_registry: Callable[..., FlaskClient], either_url: str) -> FlaskClient:
    return make_registry(either_url)


def register(client: FlaskClient, headers: dict[str, str] | None = None, **given: Any) -> TestResponse:
    return client.post("/asset_registry", json={**ENTRY, **given}, headers=headers or {})


def make(client: FlaskClient, headers: dict[str, str] | None = None, **given: Any) -> str:
    """Register, and give the asset_registry_id."""
    made = register(client, headers, **given)
    assert made.status_code == 201, made.text
    return made.json["data"]["asset_registry_id"]


def find(client: FlaskClient, wanted: Any, headers: dict[str, str] | None = None, **query: Any) -> list[str]:
    """The names of the entries that a filter finds."""
    found = client.post("/asset_registries", json=wanted, headers=headers or {}, query_string=query)
    assert found.status_code == 200, found.text
    return [one["asset_registry_name"] for one in found.json["data"]]


def native(client: FlaskClient, headers: dict[str, str], registry_id: str) -> dict[str, Any]:
    """The entry as native answers show it."""
    page = client.get("/api/assets_dbs", query_string={"limit": 100}, headers=headers)
    assert page.status_code == 200, page.text
    return next(one for one in page.json["data"] if one["asset_registry_id"] == registry_id)
