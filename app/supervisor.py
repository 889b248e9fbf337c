"""The embedded service: one command that migrates, starts the processes, says when they are ready, and ends them cleanly."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import IO

from flask import Flask

from app import embedded
from app.core import migrations, settings
from app.core.config import Config, ConfigError
from app.core.db import database
from app.factory import create_app

SECONDS_TO_START = 60
SECONDS_TO_STOP = 40
SAFETY_NOTE = "note: every account of this machine can reach this service; do not run it on a shared login node"


class Stopped(Exception):
    """A signal asked the service to end."""


def web_app(data: str, port: int) -> Flask:
    """The application as the web processes of the service in `data` load it."""
    return create_app(embedded.config(Path(data), port=port))


def serve(data: Path, port: int | None) -> int:
    """Run the service in `data` until SIGTERM or Ctrl-C; the exit status of the process."""
    config = embedded.config(data, port=_free_port() if port == 0 else port)
    with _only_one(data.resolve()):
        _check_port(config)
        _prepare(config)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        web = _start_web(config)
        try:
            return _watch(web, config)
        except Stopped:
            return _end(web)


def _watch(web: subprocess.Popen[bytes], config: Config) -> int:
    _wait_until_ready(web, config)
    print(SAFETY_NOTE, flush=True)
    print(f"ready {config.public_url}", flush=True)
    status = web.wait()
    print(f"the web process ended by itself with status {status}", file=sys.stderr)
    return 1


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _only_one(data: Path) -> IO[str]:
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigError(
            f"A service is already running on {data}. Stop it, or give another folder by --data."
        ) from error
    return lock


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_of(config: Config) -> int:
    """The port of the service's address."""
    return int(config.public_url.rsplit(":", 1)[1])


def _check_port(config: Config) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port_of(config)))
        except OSError as error:
            raise ConfigError(
                f"Port {port_of(config)} is taken by another program. Give another one by --port."
            ) from error


def _prepare(config: Config) -> None:
    database.configure(config.database_url)
    migrations.upgrade()
    settings.pin_public_url(config.public_url)
    database.dispose()


def _start_web(config: Config) -> subprocess.Popen[bytes]:
    assert config.data_dir is not None
    metrics = config.data_dir / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    command = [
        *(sys.executable, "-m", "gunicorn", f"app.supervisor:web_app({str(config.data_dir)!r}, {port_of(config)})"),
        *(
            "--bind",
            f"127.0.0.1:{port_of(config)}",
            "--preload",
            "--log-level",
            "warning",
            "--limit-request-line",
            "8190",
        ),
        *("--worker-class", "gthread", "--workers", str(config.web_workers), "--threads", str(config.web_threads)),
        *("--graceful-timeout", "30", "--timeout", "120", "--keep-alive", "75"),
        *("--config", str(Path(__file__).parents[1] / "docker" / "gunicorn.conf.py"), "--no-control-socket"),
    ]
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    return subprocess.Popen(command, env=environ)  # noqa: S603


def _wait_until_ready(web: subprocess.Popen[bytes], config: Config) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise ConfigError("The web process could not start; its reason stands above.")
        try:
            with opener.open(f"{config.public_url}/health/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)  # polling a process that has no other way to tell us
    _end(web)
    raise ConfigError(f"The service did not become ready in {SECONDS_TO_START} s; see the log above.")


def _end(web: subprocess.Popen[bytes]) -> int:
    web.terminate()
    try:
        web.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        web.kill()
        web.wait()
    return 0
