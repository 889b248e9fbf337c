"""Large files through the service and past it: the same file, the same store, in turn.

The store has one core, and who sends to it or fetches from it the other: boto3 or curl alone, or curl and the service. So the
store, which needs twice as long as they do, can do as much either way.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import requests

from tests.bench import cpu, rows
from tests.bench.questions import Asker
from tests.bench.rows import Row, limit_row
from tests.bench.servers import Cores, Server, bound

GIB = 2**30
PAIRS = 5
BUCKET = "bench"
# a client of its own process each time, as ours is
PUT = """
import sys, time, boto3
from botocore.config import Config
made = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", config=Config(signature_version="s3v4",
    s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
began = time.perf_counter()
made.upload_file(sys.argv[2], "bench", sys.argv[3])
print(time.perf_counter() - began)
"""
SIGN = """
import sys, boto3
from botocore.config import Config
made = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", config=Config(signature_version="s3v4",
    s3={"addressing_style": "path"}))
print(made.generate_presigned_url("get_object", Params={"Bucket": "bench", "Key": sys.argv[2]}, ExpiresIn=3600))
"""


class Transfers:
    """One service over one store, and the file that goes through both."""

    def __init__(self, server: Server, store: dict[str, str], token: str, folder: Path, cores: Cores) -> None:
        self.server, self.store, self.folder, self.cores = server, store, folder, cores
        self.asker = Asker(server.url, token)
        self.environ = {**os.environ, **store}
        self._number = 0

    def file(self, size: int) -> Path:
        """A file of random bytes."""
        path = self.folder / f"{size}.bin"
        if not path.exists():
            with path.open("wb") as out:
                for _ in range(size // 2**20):
                    out.write(os.urandom(2**20))
        return path

    def put_directly(self, path: Path) -> float:
        """Seconds of boto3's own upload."""
        return float(self._python(PUT, self.store["S3_ENDPOINT_URL"], str(path), "direct"))

    def put_by_form(self, path: Path, core: int | None = None) -> tuple[float, str]:
        """Seconds of an upload by curl, on the service's core unless another is given, and the asset_id."""
        self._number += 1
        said = {"asset_name": f"large-{self._number}", "asset_version": {"version": "1", "tag": "t"}}
        command = [
            *bound(self.cores.server if core is None else core),
            "curl",
            "-sS",
            "-w",
            "\n%{http_code} %{time_total}",
        ]
        command += [f"{self.server.url}/upload_asset"]
        command += ["-H", f"Authorization: {self.asker.headers['Authorization']}", "-F", f"asset=@{path}"]
        command += ["-F", f"asset_metadata={json.dumps(said)}", "-H", "Expect:"]
        body, _, told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("\n")
        status, seconds = told.split()
        if status != "201":
            raise SystemExit(f"an upload was answered {status}: {body[:300]}")
        return float(seconds), json.loads(body)["asset_id"]

    def fetch(self, url: str, *options: str) -> float:
        """Seconds of a download that is thrown away."""
        command = [*bound(self.cores.server), "curl", "-sS", "-o", "/dev/null"]
        command += ["-w", "%{http_code} %{time_total} %{size_download}", *options, url]
        status, seconds, size = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        if status != "200" or int(size) != GIB:
            raise SystemExit(f"a download was answered {status} with {size} bytes")
        return float(seconds)

    def signed(self, key: str) -> str:
        """An address at which the store itself gives an object."""
        return self._python(SIGN, self.store["S3_ENDPOINT_URL"], key).strip()

    def forget(self, asset_id: str) -> None:
        """Delete an asset, so that the store does not fill the disk."""
        requests.delete(
            f"{self.server.url}/asset/{asset_id}", headers=self.asker.headers, timeout=60
        ).raise_for_status()

    def _python(self, code: str, *arguments: str) -> str:
        command = [*bound(self.cores.server), sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"boto3 failed: {done.stderr[-600:]}")
        return done.stdout

    def memory(self) -> float:
        """The largest memory in MB that a process of the service ever had."""
        tree = cpu.members([self.server.pid], _parents())
        return max(_peak(pid) for pid in tree) / 1024


def measure(transfers: Transfers, ids: Sequence[str]) -> list[Row]:
    """The rows of uploads, memory, downloads, and of what others feel of them."""
    found: list[Row] = []
    if rows.UPLOAD in ids or rows.MEMORY in ids:
        found += _uploads(transfers)
    if rows.PIPED in ids or rows.REDIRECT in ids:
        found += _downloads(transfers)
    if rows.BESIDE in ids:
        found.append(_beside(transfers))
    return [row for row in found if row.id in ids]


def _uploads(transfers: Transfers) -> list[Row]:
    small, large = transfers.file(GIB // 4), transfers.file(GIB)
    before = transfers.memory()
    _, asset_id = transfers.put_by_form(small)
    after_small = transfers.memory()
    transfers.forget(asset_id)
    direct, ours = [], []
    for _ in range(PAIRS):
        direct.append(transfers.put_directly(large))
        seconds, asset_id = transfers.put_by_form(large)
        ours.append(seconds)
        transfers.forget(asset_id)
    after = transfers.memory()
    ratio = median(d / o for d, o in zip(direct, ours, strict=True))
    notes = {"direct_seconds": [round(s, 2) for s in direct], "form_seconds": [round(s, 2) for s in ours]}
    sizes = {"mb_before": round(before), "mb_after_a_quarter": round(after_small), "mb_after": round(after)}
    return [
        rows.least_row(
            rows.UPLOAD, "1 GiB by a form, against boto3 to the same store", ratio, "x direct", 0.90, **notes
        ),
        limit_row(rows.MEMORY, "growth of the largest worker meanwhile", after - before, "MB", 128, **sizes),
    ]


def _downloads(transfers: Transfers) -> list[Row]:
    large = transfers.file(GIB)
    transfers.put_directly(large)
    _, asset_id = transfers.put_by_form(large)
    address = f"{transfers.server.url}/asset-object/{asset_id}"
    token = ("-H", f"Authorization: {transfers.asker.headers['Authorization']}")
    direct, piped, redirected = [], [], []
    for _ in range(PAIRS):
        direct.append(transfers.fetch(transfers.signed("direct")))
        piped.append(transfers.fetch(address, *token))
        redirected.append(transfers.fetch(f"{address}?redirect=true", "-L", *token))
    transfers.forget(asset_id)
    found = []
    for id_, what, times, goal in ((rows.REDIRECT, "by redirect", redirected, 0.95), (rows.PIPED, "piped", piped, 0.6)):
        ratio = median(d / t for d, t in zip(direct, times, strict=True))
        notes = {"direct_seconds": [round(s, 2) for s in direct], "seconds": [round(s, 2) for s in times]}
        found.append(rows.least_row(id_, f"1 GiB {what}, against the store itself", ratio, "x direct", goal, **notes))
    return found


def _beside(transfers: Transfers) -> Row:
    """The p99 of a small request at a fixed pace, idle and while four large files come in from the other core."""
    large = transfers.file(GIB)
    idle = _paced(transfers.asker, lambda: False, 300)
    sent = lambda: transfers.put_by_form(large, transfers.cores.load)[1]  # noqa: E731
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(sent())) for _ in range(4)]
    for thread in threads:
        thread.start()
    busy = _paced(transfers.asker, lambda: not all(thread.is_alive() for thread in threads), 2000)
    for thread in threads:
        thread.join()
    for asset_id in made:
        transfers.forget(asset_id)
    notes = {
        "idle_p99_ms": _p99(idle),
        "busy_p99_ms": _p99(busy),
        "busy_p50_ms": round(median(busy), 2),
        "requests": len(busy),
    }
    return limit_row(
        rows.BESIDE, "p99 of another route during four uploads of 1 GiB", _p99(busy) / _p99(idle), "x idle", 3, **notes
    )


def _paced(asker: Asker, ended: Callable[[], bool], most: int) -> list[float]:
    """Ask 20 times a second, however long an answer takes: waiting counts."""
    times: list[float] = []
    began = time.perf_counter()
    for number in range(most):
        due = began + number / 20
        time.sleep(max(0.0, due - time.perf_counter()))
        if ended():
            break
        asker.timed("/api/users/me")
        times.append((time.perf_counter() - due) * 1000)
    return times


def _p99(times: Sequence[float]) -> float:
    return round(quantiles(times, n=100)[-1], 2)


def _parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = cpu.parent_and_seconds(path.read_text())[0]
        except (OSError, IndexError):  # it ended meanwhile
            continue
    return found


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def store_environ(printed: dict[str, str]) -> dict[str, str]:
    """What the service needs to know of the store."""
    url = f"s3://{BUCKET}?endpoint={printed['S3_ENDPOINT_URL']}&make=1"
    keys: dict[str, Any] = {name: printed[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    return {"OBJECT_STORE_URL": url, **keys}
