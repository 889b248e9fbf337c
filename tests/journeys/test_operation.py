"""The embedded service and the command line, as an operator uses them."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.conftest import PASSWORD, ROOT, Live


def quay(*arguments: str, text: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, env={**plain, **environ}, cwd=ROOT, timeout=60, check=False
    )


def test_the_service_keeps_its_first_port_until_it_is_rebased(
    start_service: Callable[..., Live], tmp_path: Path
) -> None:
    data = tmp_path / "kept"
    first = start_service(data)
    first.process.terminate()
    assert first.process.wait(60) == 0
    refused = quay("serve", "--data", str(data), "--port", "1234")
    assert refused.returncode != 0
    assert "quay rebase" in refused.stderr
    port = first.url.rsplit(":", 1)[1]
    again = start_service(data, int(port))
    assert again.url == first.url
    again.process.terminate()
    again.process.wait(60)
    assert quay("--data", str(data), "rebase", "--public-url", "http://127.0.0.1:1234").returncode == 0
    refused = quay("serve", "--data", str(data), "--port", port)
    assert "made as http://127.0.0.1:1234" in refused.stderr


def test_sigterm_ends_requests_well_and_data_stays(start_service: Callable[..., Live], tmp_path: Path) -> None:
    live = start_service(tmp_path / "d")
    person = {"email": "a@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    assert requests.post(f"{live.url}/api/users/register", json=person, timeout=10).status_code == 201
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(60) == 0
    again = start_service(tmp_path / "d", int(live.url.rsplit(":", 1)[1]))
    assert requests.post(f"{again.url}/api/users/register", json=person, timeout=10).status_code == 409


def test_a_client_that_only_keeps_its_connection_open_does_not_hold_up_the_end(
    start_service: Callable[..., Live],
) -> None:
    live = start_service()
    with requests.Session() as idle:
        assert idle.get(f"{live.url}/health", timeout=10).status_code == 200
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(25) == 0  # the grace for requests that are answered is 30 s


def test_two_services_cannot_share_a_folder(start_service: Callable[..., Live]) -> None:
    live = start_service()
    second = quay("serve", "--data", str(live.data), "--port", live.url.rsplit(":", 1)[1])
    assert (second.returncode, "already running" in second.stderr) == (1, True)


def test_a_port_that_is_taken_is_told(start_service: Callable[..., Live], tmp_path: Path) -> None:
    port = start_service().url.rsplit(":", 1)[1]
    other = quay("serve", "--data", str(tmp_path / "other"), "--port", port)
    assert (other.returncode, "is taken" in other.stderr) == (1, True)


def test_an_operator_makes_an_admin_and_a_key(start_service: Callable[..., Live]) -> None:
    live = start_service()
    data = str(live.data)
    made = quay("--data", data, "users", "add", "--email", "root@example.org", "--admin", text=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    issued = quay(
        "--data",
        data,
        "keys",
        "issue",
        "--email",
        "root@example.org",
        "--days",
        "3",
        "--scope",
        "read",
        "--scope",
        "account",
    )
    key = issued.stdout.splitlines()[-1]
    assert issued.stdout.strip() == key
    listed = requests.get(f"{live.url}/api/users", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert (listed.status_code, listed.json()["data"][0]["is_admin"]) == (200, True)
    again = quay("--data", data, "users", "add", "--email", "root@example.org", text=f"{PASSWORD}\n")
    assert (again.returncode, "Traceback" in again.stderr) == (1, False)
    short = quay("--data", data, "users", "add", "--email", "x@example.org", text="short\n")
    assert (short.returncode, "8 characters" in short.stderr) == (1, True)
    assert quay("--data", data, "keys", "issue", "--email", "nobody@example.org").returncode == 1
    assert PASSWORD not in (made.stdout + made.stderr + issued.stdout + issued.stderr)


def test_an_operator_has_everything_described_beforehand(start_service: Callable[..., Live]) -> None:
    live = start_service()
    person = {"email": "a@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    requests.post(f"{live.url}/api/users/register", json=person, timeout=10)
    login = requests.post(f"{live.url}/api/users/get-auth-token", auth=("a@example.org", PASSWORD), timeout=10)
    headers = {"Authorization": f"Bearer {login.json()['token']}"}
    for name in ("one", "two"):
        body = {"name": name, "version": "1", "ml_flow_model_path": "runs:/r/m"}
        requests.post(f"{live.url}/api/ml_models", json=body, headers=headers, timeout=10)
    done = quay("--data", str(live.data), "describe")
    assert (done.returncode, done.stdout) == (0, "2 things are described\n"), done.stderr
    (database,) = live.data.glob("*.db")
    with closing(sqlite3.connect(database)) as connection:
        kept = connection.execute(
            "SELECT e.title FROM descriptions d JOIN entities e ON e.seq = d.entity_seq"
        ).fetchall()
    assert sorted(kept) == [("one",), ("two",)]


def test_the_environment_counts_without_a_folder(postgres_url: str) -> None:
    environ = {"DATABASE_URL": postgres_url, "SECRET_KEY": "k" * 40, "PUBLIC_URL": "https://quay.example.org"}
    assert quay("migrate", **environ).returncode == 0
    assert quay("users", "add", "--email", "a@example.org", text=f"{PASSWORD}\n", **environ).returncode == 0
    missing = quay("migrate", SECRET_KEY="k" * 40)
    assert (missing.returncode, "DATABASE_URL" in missing.stderr) == (1, True)


def test_spec_and_postman_need_neither_database_nor_secret() -> None:
    spec, collection = quay("spec"), quay("postman")
    assert json.loads(spec.stdout)["openapi"].startswith("3.0")
    assert json.loads(collection.stdout)["info"]["name"] == "Quaymaster"


def test_readiness_names_what_is_down_and_what_is_only_optional(start_service: Callable[..., Live]) -> None:
    live = start_service(MLFLOW_TRACKING_URI="http://127.0.0.1:1")
    state = requests.get(f"{live.url}/health/ready", timeout=10)
    assert (state.status_code, state.json()["status"]) == (200, "degraded")
    assert state.json()["checks"]["mlflow"]["reason"]
    assert state.json()["checks"]["database"]["ok"] is True
    assert requests.get(f"{live.url}/health", timeout=10).json() == {"success": True, "message": "healthy"}


@pytest.mark.parametrize("workers", ["1", "3"])
def test_metrics_count_over_all_processes(start_service: Callable[..., Live], workers: str) -> None:
    live = start_service(WEB_WORKERS=workers)
    person = {"email": "a@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    requests.post(f"{live.url}/api/users/register", json=person, timeout=10)
    token = requests.post(f"{live.url}/api/users/get-auth-token", auth=("a@example.org", PASSWORD), timeout=10).json()[
        "token"
    ]
    for _ in range(20):
        requests.get(f"{live.url}/health", timeout=10)
    text = requests.get(f"{live.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=10).text
    assert 'quay_requests_total{method="GET",route="/health",status="200"} 20.0' in text
    assert requests.get(f"{live.url}/metrics", timeout=10).status_code == 401
