"""Several deployments that share one metadata database, each with a store of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.config import ConfigError
from app.core.db import database
from app.messaging import service as messaging
from tests.assets_db.conftest import FORM, METADATA, URI, form, query
from tests.conftest import make_config


@pytest.fixture
def deployment(make_app: Callable[..., Any], either_url: str, tmp_path: Path) -> Callable[[str], FlaskClient]:
    """The process of one deployment; it replaces the one before, since a process has one configuration."""

    def act(name: str) -> FlaskClient:
        database.dispose()
        (tmp_path / name).mkdir(exist_ok=True)
        own = {"PUBLIC_URL": f"http://{name}.example.org", "OBJECT_STORE_URL": f"file://{tmp_path}/{name}"}
        given = {"ANONYMOUS_ASSETS": "write", "RATE_LIMITS": "on", "ASSETS_DB_ID": name, **own}
        return make_app(either_url, **given).test_client()

    return act


def send(client: FlaskClient, data: bytes) -> dict[str, Any]:
    answer = client.post("/upload_asset", data=form(data, json.dumps(METADATA)), content_type=FORM)
    assert answer.status_code == 201, answer.text
    return answer.json


def test_all_see_all_metadata_and_files_come_from_where_they_lie(deployment: Callable[[str], FlaskClient]) -> None:
    north = deployment("north")
    there = send(north, b"north")
    assert there["public_url"] == f"http://north.example.org/asset-object/{there['asset_id']}"
    south = deployment("south")
    here = send(south, b"south")  # the same uri, in another assets DB
    assert query(south, {}) == [URI, URI]
    assert query(south, {"assets_db_id": "north"}) == [URI]
    assert south.get(f"/asset/{URI}").json["data"]["assets_db_id"] == "south"
    assert south.get(f"/asset-object/{here['asset_id']}").data == b"south"
    away = south.get(f"/asset-object/{there['asset_id']}")
    assert (away.status_code, away.headers["Location"]) == (307, there["public_url"])
    refused = south.delete(f"/asset/{there['asset_id']}")
    assert (refused.status_code, "north" in refused.json["error"]) == (409, True)


def test_each_deletes_only_from_its_own_store(deployment: Callable[[str], FlaskClient], tmp_path: Path) -> None:
    north = deployment("north")
    there = send(north, b"north")
    assert north.delete(f"/asset/{there['asset_id']}").status_code == 200
    files = lambda: [path for path in (tmp_path / "north").rglob("*") if path.is_file()]  # noqa: E731
    deployment("south")
    messaging.run_once()
    assert len(files()) == 1
    deployment("north")
    messaging.run_once()
    assert files() == []


def test_each_deployment_keeps_its_own_address(deployment: Callable[[str], FlaskClient], either_url: str) -> None:
    from app.factory import create_app

    deployment("north")
    deployment("south")
    for name in ("north", "south"):
        moved = make_config(either_url, ASSETS_DB_ID=name, PUBLIC_URL="http://other.example.org", RATE_LIMITS="on")
        with pytest.raises(ConfigError, match=f"was made as http://{name}"):
            create_app(moved)
