"""Taking over an original assets DB from a file of `mongoexport`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from app import cli
from app.assets_db.mongoexport import documents
from app.core.errors import Malformed
from tests.assets_db.conftest import query
from tests.conftest import SignUp

OID = {"$oid": "65f000000000000000000001"}
ORIGINALS: list[dict[str, Any]] = [
    {
        "_id": OID,
        "asset_uri": "model:1-a",
        "asset_name": "model",
        "asset_id": "0b0c8f26-5f2c-4d2e-9a55-0c2c6d7ad001",
        "asset_version": {"version": "1", "tag": "a"},
        "asset_metadata": {"size": {"$numberLong": "9007199254740993"}, "made": {"$date": "2024-01-01T00:00:00Z"}},
        "asset_public_url": "http://old.example.org/asset-object/0b0c8f26-5f2c-4d2e-9a55-0c2c6d7ad001",
        "asset_file_info": {"file_type": "image/png", "file_size": 0},
        "asset_tags": ["x"],
    },
    {"_id": {"$oid": "65f000000000000000000002"}, "asset_name": "external", "asset_id": "", "asset_version": None},
    {"_id": {"$oid": "65f000000000000000000003"}, "asset_uri": "ghost:1-1", "asset_tags": ["ghost"]},  # made by a PUT
    {"_id": {"$oid": "65f000000000000000000004"}, "asset_name": 5},
]


def lines(found: list[Any]) -> str:
    return "\n".join(json.dumps(one) for one in found) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        lines(ORIGINALS),
        json.dumps(ORIGINALS),
        json.dumps(ORIGINALS, indent=2),
        "[" + ",\n".join(map(json.dumps, ORIGINALS)) + "]\n",
        "\ufeff" + lines(ORIGINALS),
    ],
)
def test_every_form_of_mongoexport_is_read(text: str) -> None:
    assert list(documents(io.StringIO(text))) == ORIGINALS


def test_documents_that_lie_across_pieces_are_read_whole() -> None:
    many = [{"n": number, "text": "x" * 300_000} for number in range(12)]
    told: list[int] = []
    assert list(documents(io.StringIO(lines(many)), told.append)) == many
    assert sum(told) == len(lines(many))


@pytest.mark.parametrize("text", ['{"a": 1', '{"a": }', "nonsense", '{"a": 1}\n{"b"'])
def test_what_is_no_json_is_named_by_its_number(text: str) -> None:
    with pytest.raises(Malformed, match=r"Document [12] is not JSON"):
        list(documents(io.StringIO(text)))


@pytest.fixture
def command(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`quay import aios` on the database of the test."""
    for name, value in {"DATABASE_URL": sqlite_url, "SECRET_KEY": "k" * 40, "LOG_LEVEL": "ERROR"}.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "assets.json"

    def run(found: list[Any], *more: str) -> tuple[int, str]:
        path.write_text(lines(found))
        done = CliRunner().invoke(cli.main, ["import", "aios", str(path), *more])
        return done.exit_code, done.output

    return run


def test_an_import_can_be_done_again_and_tells_what_it_could_not_take(client: FlaskClient, command: Any) -> None:
    status, said = command(ORIGINALS)
    assert status == 1
    assert "document 4 was not taken: asset_name must be a text" in said
    assert "3 new, 0 same, 1 refused" in said
    assert "0 new, 3 same, 1 refused" in command(ORIGINALS)[1]
    assert query(client, {}) == ["model:1-a", "", ""]
    found = client.get("/asset/model:1-a").json["data"]
    assert found["asset_id"] == ORIGINALS[0]["asset_id"]
    assert found["asset_public_url"] == ORIGINALS[0]["asset_public_url"]
    assert found["asset_metadata"] == {"size": 9007199254740993, "made": "2024-01-01T00:00:00Z"}
    assert client.get(f"/asset-object/{found['asset_id']}").status_code == 404


def test_what_differs_from_what_is_here_is_reported_and_stays(client: FlaskClient, command: Any) -> None:
    command(ORIGINALS[:1])
    changed = {**ORIGINALS[0], "asset_tags": ["other"]}
    status, said = command([changed])
    assert (status, "says something else" in said) == (1, True)
    other_id = {**ORIGINALS[0], "asset_id": "0b0c8f26-5f2c-4d2e-9a55-0c2c6d7ad002", "asset_tags": ["other"]}
    assert "is taken by another asset" in command([other_id])[1]
    assert client.get("/asset/model:1-a").json["data"]["asset_tags"] == ["x"]


def test_imported_assets_may_belong_to_somebody(client: FlaskClient, command: Any, sign_up: SignUp) -> None:
    owner = sign_up(client)
    assert command(ORIGINALS[:1], "--owner", owner.email)[0] == 0
    assert query(client, {}, headers=owner.headers) == ["model:1-a"]
    assert query(client, {}) == []
    assert command(ORIGINALS[:1], "--owner", "nobody@example.org")[0] == 1
