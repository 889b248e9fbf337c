"""The processes of a run: a real PostgreSQL and MLflow, our service and the floor, each on its core, all ended at the end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "tests" / "services"
BIN = Path(sys.executable).parent
SECONDS_TO_START = 60
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the process at the root of its tree."""

    url: str
    pid: int


@dataclass(frozen=True)
class Cores:
    """Where the measured server runs, and where everything else does."""

    server: int
    load: int


def cores() -> Cores:
    """The first two cores that this process may use; on a machine with one, both are that one."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[min(1, len(allowed) - 1)])


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder for all that a run leaves behind; PostgreSQL's user must be able to pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="quay-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def service(
    script: str, folder: Path, core: int | None, *arguments: str, **environ: str
) -> Iterator[tuple[dict[str, str], int]]:
    """A server of tests/services on a core, or on any: what its script printed, and its process."""
    command = [*bound(core), "bash", str(SERVICES / script), str(folder), *arguments]
    try:
        done = subprocess.run(
            command, env=os.environ | environ, capture_output=True, text=True, timeout=420, check=False
        )
        if done.returncode:
            raise SystemExit(f"{script} failed: {done.stderr.strip()[-600:]}")
        printed = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        yield printed, int((folder / "pid").read_text())
    finally:
        if folder.exists():
            subprocess.run(["bash", str(SERVICES / "stop.sh"), str(folder)], check=False, timeout=60)


@contextmanager
def gunicorn(
    application: str, folder: Path, core: int | None, *, workers: int = 1, threads: int = 4, **environ: str
) -> Iterator[Server]:
    """An application under gunicorn, on one core or on any; its log goes to a file in `folder`."""
    metrics = folder / "metrics"
    metrics.mkdir(parents=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*bound(core), str(BIN / "gunicorn"), application, "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads), "--keep-alive", "75"]
    command += ["--log-level", "warning", "--no-control-socket", "--config", str(ROOT / "docker" / "gunicorn.conf.py")]
    own = {"PUBLIC_URL": url, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ | own, stdout=log, stderr=log)
    try:
        _wait_for(process, url, folder / "log")
        yield Server(url, process.pid)
    finally:
        end(process)


def bound(core: int | None) -> list[str]:
    return [] if core is None else ["taskset", "-c", str(core)]


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            _direct.open(url, timeout=5).close()
        except urllib.error.HTTPError:  # an answer is an answer
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"a server did not start; its log says:\n{log.read_text()[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, politely first."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that the kernel says is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request."""
    headers = headers if body is None else {**headers, "Content-Type": "application/json"}
    try:
        with _direct.open(urllib.request.Request(url, data=body, headers=headers), timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
