"""The worker process: by itself, and as a child of the embedded service."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.conftest import ROOT, SECRET_KEY, Live
from tests.messaging.conftest import until


def children(pid: int) -> dict[int, str]:
    """The processes that this one started, with their command lines."""
    found = {}
    for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            found[int(number)] = Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ").strip()
        except OSError:  # it ended in between
            continue
    return found


def worker_of(pid: int) -> int | None:
    return next((child for child, command in children(pid).items() if command.endswith("worker")), None)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def due(database: Path) -> int:
    """How many periodic tasks a worker has looked for."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM periodic_tasks").fetchone()[0]


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_worker_runs_beside_the_web_process_and_ends_with_the_service(start_service: Callable[..., Live]) -> None:
    live = start_service()
    worker = until(lambda: worker_of(live.process.pid), 30)
    everybody = list(children(live.process.pid))
    assert len(everybody) == 2
    until(lambda: due(live.data / "quaymaster.db"), 60)
    began = time.monotonic()
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(60) == 0
    assert time.monotonic() - began < 20
    assert not any(alive(pid) for pid in [worker, *everybody])


@linux
def test_a_worker_that_dies_is_started_again_and_the_web_goes_on(start_service: Callable[..., Live]) -> None:
    live = start_service()
    first = until(lambda: worker_of(live.process.pid), 30)
    os.kill(first, signal.SIGKILL)
    second = until(lambda: (found := worker_of(live.process.pid)) not in (None, first) and found, 30)
    assert alive(second)
    assert requests.get(f"{live.url}/health", timeout=10).status_code == 200


@linux
def test_when_the_web_process_dies_the_service_ends_with_its_worker(start_service: Callable[..., Live]) -> None:
    live = start_service()
    worker = until(lambda: worker_of(live.process.pid), 30)
    web = next(pid for pid, command in children(live.process.pid).items() if "gunicorn" in command)
    os.kill(web, signal.SIGKILL)
    assert live.process.wait(60) == 1
    assert not alive(worker)


@linux
def test_no_process_outlives_a_service_that_is_killed(start_service: Callable[..., Live]) -> None:
    live = start_service()
    until(lambda: worker_of(live.process.pid), 30)
    everybody = list(children(live.process.pid))
    live.process.kill()
    live.process.wait(20)
    until(lambda: not any(alive(pid) for pid in everybody), 35)
    again = start_service(live.data, int(live.url.rsplit(":", 1)[1]))
    assert again.url == live.url


def test_a_worker_waits_for_a_database_without_tables_and_then_works(postgres_server: str, tmp_path: Path) -> None:
    name = f"empty_{os.getpid()}_{time.monotonic_ns()}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "OBJECT_STORE_URL": f"{tmp_path.as_uri()}/objects?make=1",
    }
    quay = [sys.executable, "-m", "app.cli"]
    log = tmp_path / "log"
    with log.open("w") as output:
        worker = subprocess.Popen([*quay, "worker"], cwd=ROOT, env={**plain, **settings}, stderr=output)
    try:
        until(lambda: "waits for the database" in log.read_text(), 60)
        assert worker.poll() is None
        subprocess.run([*quay, "migrate"], cwd=ROOT, env={**plain, **settings}, check=True, timeout=120)
        until(lambda: "worker ready" in log.read_text(), 60)
    finally:
        worker.terminate()
        status = worker.wait(40)
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        engine.dispose()
    assert status == 0
    assert "worker ends" in log.read_text() and "Traceback" not in log.read_text()
