"""Uploads of assets that are cut off by `kill -9`, and uploads of one uri by many at once: never half an asset."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.assets_db.conftest import FORM, METADATA, form
from tests.conftest import HEAVY, ROOT, Live

ROUNDS = 20 if HEAVY else 1
SIZE = 24 * 2**20
COUNT = 16


def gc(live: Live) -> str:
    """Run `quay gc` on the folder of a service."""
    command = [sys.executable, "-m", "app.cli", "--data", str(live.data), "gc", "--untouched", "0"]
    plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
    done = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kept(data: Path) -> list[str]:
    """The files in the store of a service, as their SHA-256."""
    root = data / "objects"
    files = [path for path in root.rglob("*") if path.is_file() and ".incoming" not in path.parts]
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)


def known(url: str) -> list[str]:
    """What the assets say of their files."""
    found = requests.post(f"{url}/assets", json={}, timeout=30).json()["data"]
    return sorted(one["asset_file_info"]["sha256"] for one in found)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def kill_web_workers(live: Live) -> None:
    """End every process that answers requests, as the kernel does when memory is short; their master starts others."""
    for master in children(live.process.pid):
        if "gunicorn" in Path(f"/proc/{master}/cmdline").read_text():
            for worker in children(master):
                os.kill(worker, signal.SIGKILL)


def send_until(url: str, body: bytes, share: float) -> socket.socket:
    """Send the beginning of an upload; the open connection."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST /upload_asset HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[: int(len(body) * share)])
    return connection


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_worker_that_dies_in_mid_upload_leaves_nothing_behind(
    start_service: Callable[..., Live], share: float
) -> None:
    live = start_service()
    whole = form(b"whole", json.dumps({**METADATA, "asset_name": "whole"}))
    made = requests.post(f"{live.url}/upload_asset", data=whole, headers={"Content-Type": FORM}, timeout=30)
    assert made.status_code == 201, made.text
    for _ in range(ROUNDS):
        with send_until(live.url, form(os.urandom(SIZE), json.dumps(METADATA)), share):
            kill_web_workers(live)
    for _ in range(100):  # until another worker answers
        try:
            assert known(live.url) == [hashlib.sha256(b"whole").hexdigest()]
            break
        except requests.ConnectionError:
            continue
    live.process.terminate()
    live.process.wait(60)
    gc(live)
    assert kept(live.data) == [hashlib.sha256(b"whole").hexdigest()]
    assert list((live.data / "objects" / ".incoming").rglob("*.*")) == []


@pytest.mark.parametrize("point", ["stored", "adopting"])
def test_a_death_between_store_and_database_leaves_no_asset_and_no_object(
    either_url: str, object_store_url: str, point: str
) -> None:
    from app.core.db import database, reading
    from app.files import service as files
    from app.gateways import object_store
    from tests.conftest import make_config

    command = [sys.executable, "-m", "tests.faults.dying_asset", either_url, object_store_url, point, str(9 * 2**20)]
    for _ in range(ROUNDS):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    from sqlalchemy import text

    from app.factory import create_app

    create_app(make_config(either_url, OBJECT_STORE_URL=object_store_url))
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM assets")) == 0
        assert session.scalar(text("SELECT count(*) FROM entities WHERE kind = 'asset'")) == 0
    files.gc(untouched_seconds=0)
    assert list(object_store.listing()) == []
    assert list(object_store.pending()) == []
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM stored_objects")) == 0
    database.dispose()


def test_of_sixteen_uploads_of_one_uri_one_wins(start_service: Callable[..., Live]) -> None:
    live = start_service()
    answers: list[Any] = [None] * COUNT
    ready = threading.Barrier(COUNT)

    def send(number: int) -> None:
        body = form(f"bytes of {number}".encode(), json.dumps(METADATA))
        ready.wait()
        answer = requests.post(f"{live.url}/upload_asset", data=body, headers={"Content-Type": FORM}, timeout=60)
        answers[number] = (answer.status_code, number)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [201] + [409] * (COUNT - 1)
    winner = next(number for status, number in answers if status == 201)
    assert known(live.url) == [hashlib.sha256(f"bytes of {winner}".encode()).hexdigest()]
    live.process.terminate()
    live.process.wait(60)
    gc(live)
    assert len(kept(live.data)) == 1
