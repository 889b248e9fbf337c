"""An assets DB with a folder for its files, and short ways to upload."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.messaging import service as messaging

METADATA: dict[str, Any] = {
    "asset_name": "Sample/Asset",
    "asset_version": {"version": "1.0", "tag": "initial"},
    "asset_metadata": {"description": "A sample"},
    "asset_tags": ["image", "sample"],
}
URI = "Sample/Asset:1.0-initial"

FORM = "multipart/form-data; boundary=------quay"

Upload = Callable[..., TestResponse]


def form(data: bytes, metadata: str, *, name: str = "x", kind: str = "", metadata_first: bool = False) -> bytes:
    """The body of an upload, with the file's name as curl writes it."""
    named = name.replace("\\", "\\\\").replace('"', '\\"')
    typed = f"\r\nContent-Type: {kind}" if kind else ""
    head = f'Content-Disposition: form-data; name="asset"; filename="{named}"{typed}\r\n\r\n'
    field = f'Content-Disposition: form-data; name="asset_metadata"\r\n\r\n{metadata}'.encode()
    parts = [head.encode() + data, field]
    ordered = parts[::-1] if metadata_first else parts
    return b"".join(b"--------quay\r\n" + part + b"\r\n" for part in ordered) + b"--------quay--\r\n"


@pytest.fixture
def make_db(make_app: Callable[..., Flask], tmp_path: Path) -> Callable[..., FlaskClient]:
    """A client of an assets DB on the database at this URL."""

    def make(url: str, **given: str) -> FlaskClient:
        (tmp_path / "objects").mkdir(exist_ok=True)
        settings = {"OBJECT_STORE_URL": f"file://{tmp_path}/objects", "ANONYMOUS_ASSETS": "write", **given}
        return make_app(url, **settings).test_client()

    return make


@pytest.fixture
def client(make_db: Callable[..., FlaskClient], sqlite_url: str) -> FlaskClient:
    return make_db(sqlite_url)


@pytest.fixture
def either_client(make_db: Callable[..., FlaskClient], either_url: str) -> FlaskClient:
    return make_db(either_url)


@pytest.fixture
def upload() -> Upload:
    """Send a file with metadata, as a form."""

    def act(
        client: FlaskClient,
        data: bytes = b"0123456789",
        metadata: Any = METADATA,
        *,
        headers: dict[str, str] | None = None,
        name: str = "file.png",
        kind: str = "image/png",
        metadata_first: bool = False,
    ) -> TestResponse:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata, ensure_ascii=False)
        body = form(data, text, name=name, kind=kind, metadata_first=metadata_first)
        return client.post("/upload_asset", data=body, headers=headers or {}, content_type=FORM)

    return act


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[], list[str]]:
    """The files that lie in the store once what waited to be deleted is."""

    def act() -> list[str]:
        messaging.run_once()
        root = tmp_path / "objects"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    return act


def query(client: FlaskClient, wanted: Any, path: str = "/assets", **given: Any) -> list[str]:
    """The uris that a filter finds."""
    answer = client.post(path, json=wanted, **given)
    assert answer.status_code == 200, answer.text
    return [one["asset_uri"] for one in answer.json["data"]]
