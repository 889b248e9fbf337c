"""`kill -9` while files come: no row without its object, after one gc no object without a row, and uploads go on."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from app.core.db import database, reading
from app.files import service as files
from app.files.service import rows
from app.gateways import object_store
from app.messaging import service as messaging
from tests.conftest import HEAVY, ROOT, Live
from tests.files.live import Sender, send_slowly

MIB = 1024 * 1024
POINTS = ("1", "50", "99", "written", "stored", "adopting")


@pytest.mark.parametrize("point", POINTS)
def test_a_service_that_dies_leaves_no_half_file(sqlite_url: str, object_store_url: str, point: str) -> None:
    connect(sqlite_url, object_store_url)
    object_store.make_bucket()
    for _ in range(20 if HEAVY else 1):
        command = [
            sys.executable,
            "-m",
            "tests.faults.dying_upload",
            sqlite_url,
            object_store_url,
            point,
            str(30 * MIB),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
        assert one_row_of("started") == 1, "the intent was committed before the first byte"
        assert one_row_of("adopted") == 0
        assert files.verify().clean
        assert files.gc().swept.objects == 0, "it may still be alive"
        files.gc(untouched_seconds=0)
        assert one_row_of("started") == one_row_of("sweeping") == 0
        assert list(object_store.listing()) == []
        assert list(object_store.pending()) == []
    database.dispose()


def connect(url: str, store: str) -> None:
    database.configure(url)
    object_store.configure(store)
    messaging.configure("here")
    files.configure(store="here", quota=0, nobodys_quota=0, max_bytes=2**40, upload_seconds=3600)


def one_row_of(state: str) -> int:
    with reading() as session:
        query = select(func.count()).select_from(rows.objects).where(rows.objects.c.state == state)
        return session.scalar(query) or 0


def descendants(pid: int) -> list[int]:
    """The process and all that it started, itself first."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def kill(live: Live) -> None:
    """All processes of a service at once."""
    for pid in descendants(live.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    live.process.wait(30)


def test_an_upload_survives_the_death_of_the_service(start_service: Callable[..., Live]) -> None:
    live = start_service()
    sender = Sender(live.url).sign_up()
    port = urlsplit(live.url).port
    rng = random.Random(5)
    for number in range(20 if HEAVY else 1):
        data = rng.randbytes(24 * MIB)
        path = sender.begin(len(data))
        seen = send_until_killed(live, sender, path, data, rng.uniform(0.05, 0.95) if HEAVY else 0.6)
        live = start_service(live.data, port)
        at = sender.offset(path)
        assert seen <= at <= len(data), "what was said to be safe is safe"
        sender.resume(path, data)
        sender.ready(path, data)
        assert number or at >= 8 * MIB, "whole parts that arrived long ago are not lost"


def send_until_killed(live: Live, sender: Sender, path: str, data: bytes, share: float) -> int:
    """Send, and kill the service when this share was sent; the last offset that it told."""
    connection = sender.open(path, 0, len(data))
    cut = int(len(data) * share)

    def send() -> None:
        with suppress(OSError):
            send_slowly(connection, data[:cut])

    thread = threading.Thread(target=send)
    thread.start()
    seen = 0
    while thread.is_alive():
        seen = max(seen, sender.offset(path))
        time.sleep(0.02)
    if not HEAVY:
        until = time.monotonic() + 20
        while seen < 8 * MIB and time.monotonic() < until:
            seen = sender.offset(path)
    kill(live)
    thread.join(30)
    connection.close()
    return seen
