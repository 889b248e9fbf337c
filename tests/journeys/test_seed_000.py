"""Every request that seed text 000 prints for users and models, sent as printed; only host, token and body length differ.

The dataspace requests of that text come with the dataspace.
"""

import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, Live
from tests.services.running import refuse

SEEDS = ROOT.parent / "shared" / "seeds"
LATER = ("/api/dataspace_connector/", "/api/dataspace_resource/")


@dataclass(frozen=True)
class Printed:
    """One curl line of the text."""

    path: str
    arguments: tuple[str, ...]


@pytest.fixture(scope="module")
def printed() -> list[Printed]:
    """The requests of the text in their order."""
    files = sorted(SEEDS.glob("000_*.txt"))
    if not files:
        refuse(f"the seed texts are not at {SEEDS}")
    commands = re.findall(r"^curl .*?(?=^(?!-H|-d|\{|\}|\"|')|\Z)", files[0].read_text(), re.MULTILINE | re.DOTALL)
    return [as_request(command) for command in commands]


def as_request(command: str) -> Printed:
    arguments = shlex.split(command.replace("\\\n", " "))
    url = next(argument for argument in arguments if argument.startswith("http"))
    return Printed(url.removeprefix("http://localhost:5000"), tuple(arguments))


def send(request: Printed, url: str, token: str) -> tuple[int, str]:
    arguments = []
    for argument in request.arguments:
        argument = argument.replace("http://localhost:5000", url)
        argument = re.sub(r"(?<=^Authorization: Bearer ).*", token, argument)
        if not argument.startswith(("Content-Length:", "Host:")):
            arguments.append(argument)
        elif arguments[-1] == "-H":
            arguments.pop()
    command = [*arguments, "--silent", "--noproxy", "*", "--write-out", "\n%{http_code}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def test_the_text_prints_the_requests_that_we_know(printed: list[Printed]) -> None:
    assert [request.path for request in printed if not request.path.startswith(LATER)] == [
        "/api/users/register",
        "/api/users/get-auth-token",
        "/api/ml_models/add_model",
    ]


@pytest.mark.parametrize("tracking", ["a store without that run", "MLflow 2", "MLflow 3", "nothing that listens"])
def test_every_printed_request_works(
    printed: list[Printed], start_service: Callable[..., Live], request: pytest.FixtureRequest, tracking: str
) -> None:
    import json

    url = start_service(**environment(request, tracking)).url
    token, answers = "", []
    for one in printed:
        if one.path.startswith(LATER):
            continue
        status, body = send(one, url, token)
        answers.append((one.path, status))
        token = json.loads(body).get("token", token)
    assert answers == [
        ("/api/users/register", 201),
        ("/api/users/get-auth-token", 200),
        ("/api/ml_models/add_model", 201),
    ]
    model = json.loads(body)
    sent = json.loads(printed[2].arguments[-1])
    assert sent.items() <= model.items()
    assert re.fullmatch("[0-9a-f]{64}", model["model_id"])
    assert model["timestamp"]
    assert model["tracking"]["state"] == "unresolved"
    assert model["tracking"]["reason"]


def environment(request: pytest.FixtureRequest, tracking: str) -> dict[str, str]:
    if tracking.startswith("MLflow"):
        return {"MLFLOW_TRACKING_URI": request.getfixturevalue(f"mlflow{tracking[-1]}_server")}
    if tracking.startswith("nothing"):
        return {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}
    return {}


def test_the_text_is_not_copied_into_the_project(printed: list[Printed]) -> None:
    email = re.search(r'"email": "([^"]+)"', printed[0].arguments[-1])
    assert email
    for path in (path for folder in ("app", "tests", "docs", "examples") for path in (ROOT / folder).rglob("*")):
        if path.is_file() and path.suffix in (".py", ".md", ".json", ".sh", ".yml"):
            assert email[1] not in Path(path).read_text(), path
