"""Every request that the second text prints, with a real curl as printed, against the embedded service as it comes."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Live
from tests.services import running

SEED = ROOT.parent / "shared" / "seeds" / "001_6acafe8f16eca689.txt"
FILE = "/path/to/your/file.png"


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """The curl commands of the text, in its order."""
    if not SEED.exists():
        running.refuse("the seed texts are not beside the project")
    if shutil.which("curl") is None:
        running.refuse("curl is not installed")
    # pages of the printed text break one block in two, and leave blanks after backslashes
    text = SEED.read_text().replace("\\_", "_").replace("```\n\n```\n\n", "")
    return [
        re.sub(r"\\ *\n", " ", command).strip()
        for command in re.findall(r"^curl .*?(?=```|\Z)", text, re.DOTALL | re.M)
    ]


def curl(url: str, command: str, *more: str) -> tuple[int, Any]:
    """Run a printed command at the service: its status and its answer."""
    command = re.sub(r"http://<(server-url|api-url)>", url, command)
    parts = [*shlex.split(command), "-s", "-S", "-w", "\n%{http_code}", *more]
    done = subprocess.run(parts, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{parts}: {done.stderr}"
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


def test_the_text_prints_fifteen_requests(printed: list[str]) -> None:
    assert len(printed) == 15, printed


def test_every_request_of_the_assets_db_works_as_printed(
    printed: list[str], start_service: Callable[..., Live], tmp_path: Path
) -> None:
    url = start_service().url
    upload, get, update, delete, plain, by_query, fetch, external, health = printed[:9]
    picture = tmp_path / "file.png"
    picture.write_bytes(b"\x89PNG not really")
    status, made = curl(url, upload.replace(FILE, str(picture)))
    assert (status, made["success"], made["asset_uri"]) == (201, True, "SampleAsset:1.0-initial")
    assert made["public_url"] == f"{url}/asset-object/{made['asset_id']}"
    status, found = curl(url, get)
    assert (status, found["data"]["asset_tags"]) == (200, ["image", "sample"])
    assert found["data"]["asset_file_info"]["file_size"] == 15
    assert curl(url, update) == (200, {"success": True, "data": {"message": "Asset updated"}})
    assert curl(url, get)[1]["data"]["asset_metadata"] == {"description": "Updated asset description"}
    # both filters mean what MongoDB means: the whole list, the whole object
    assert curl(url, plain) == (200, {"success": True, "data": []})
    assert curl(url, by_query) == (200, {"success": True, "data": []})
    exact = '{"asset_tags": ["updated", "sample"], "asset_metadata": {"description": "Updated asset description"}}'
    assert len(curl(url, re.sub(r"-d '.*'", f"-d '{exact}'", plain, flags=re.DOTALL))[1]["data"]) == 1
    target = tmp_path / "downloaded_asset"
    status, _ = curl(url, fetch.replace("<asset_id>", made["asset_id"]).replace("downloaded_asset", str(target)))
    assert (status, target.read_bytes()) == (200, picture.read_bytes())
    status, made = curl(url, external)
    assert (status, made["data"]["asset_uri"]) == (201, "Sample Asset:1.0-initial")
    assert curl(url, delete) == (200, {"success": True, "data": {"message": "Asset deleted"}})
    assert curl(url, get)[0] == 404
    assert curl(url, health) == (200, {"success": True, "message": "healthy"})


def test_what_a_query_of_the_text_looks_for_is_found(
    printed: list[str], start_service: Callable[..., Live], tmp_path: Path
) -> None:
    url = start_service().url
    (tmp_path / "file.png").write_bytes(b"1")
    upload = printed[0].replace(FILE, str(tmp_path / "file.png"))
    upload = upload.replace('"description": "Sample asset upload"', '"type": "image"')
    curl(url, upload)
    assert len(curl(url, printed[5])[1]["data"]) == 1
    curl(url, upload.replace("SampleAsset", "Other").replace('"image", "sample"', '"sample"'))
    assert [one["asset_name"] for one in curl(url, printed[4])[1]["data"]] == ["Other"]


def test_every_request_of_the_registry_works_as_printed(printed: list[str], start_service: Callable[..., Live]) -> None:
    url = start_service().url
    create, get, update, delete, query, check = printed[9:]
    # the printed address is another host's: our own stands for it, so that nothing leaves this machine
    status, made = curl(url, create.replace("https://example.com/models/resnet-models-registry", url))
    assert (status, made["data"]["health"]) == (201, "healthy")
    id = made["data"]["id"]
    named = lambda command: re.sub(r"(tes-)?123e4567-e89b-12d3-a456-426614174000", id, command)  # noqa: E731
    status, found = curl(url, named(get))
    assert (status, found["data"]["asset_registry_name"]) == (200, "ResNet Models registry")
    assert [one["asset_registry_id"] for one in curl(url, query)[1]["data"]] == [id]
    assert curl(url, named(check))[0] == 200
    assert curl(url, named(update))[0] == 400  # its body is no JSON, as printed
    repaired = named(update).replace('"TensorFlow" models', '"TensorFlow models"')
    assert curl(url, repaired) == (200, {"success": True, "data": {"message": "Asset registry updated"}})
    assert curl(url, named(get))[1]["data"]["asset_registry_metadata"]["framework"] == "TensorFlow models"
    assert curl(url, named(delete)) == (200, {"success": True, "data": {"message": "Asset registry deleted"}})
    assert curl(url, named(get))[0] == 404
