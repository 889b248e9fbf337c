"""The embedded service: one command that migrates, starts the processes, says when they are ready, and ends them cleanly.

The processes are those of every other way to deploy: gunicorn, and `quay worker`. Without the one that answers there is no
service, so when it ends, all end; the worker is started again. Neither outlives this process, however that ends.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from functools import partial
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
SECONDS_BETWEEN_LOOKS = 0.2
LONGEST_PAUSE = 60.0  # before a worker that dies again and again is started again
SECONDS_OF_A_GOOD_RUN = 60.0
PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
SAFETY_NOTE = "note: every account of this machine can reach this service; do not run it on a shared login node"


def web_app(data: str, port: int) -> Flask:
    """The application as the web processes of the service in `data` load it."""
    return create_app(embedded.config(Path(data), port=port))


def serve(data: Path, port: int | None) -> int:
    """Run the service in `data` until SIGTERM or Ctrl-C; the exit status of the process."""
    config = embedded.config(data, port=_free_port() if port == 0 else port)
    with _only_one(data.resolve()):
        _check_port(config)
        _prepare(config)
        stop = _stop_by_signal()
        web, worker = _start_web(config), Worker(config)
        try:
            return _watch(web, worker, config, stop)
        finally:
            _end(web, worker.process)


class Worker:
    """The worker process, started again when it ends, ever later as long as it does not run well."""

    def __init__(self, config: Config) -> None:
        self._command = [sys.executable, "-m", "app.cli", "--data", str(config.data_dir), "worker"]
        self._config = config
        self._pause = 0.5
        self._due = self._began = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def keep_running(self) -> None:
        """Start the worker if none runs and it is time to; say so when one has ended."""
        if self.process is not None and self.process.poll() is not None:
            self._note_end(self.process.returncode)
        if self.process is None and time.monotonic() >= self._due:
            self._began = time.monotonic()
            self.process = _start(self._command, self._config)

    def _note_end(self, status: int) -> None:
        now = time.monotonic()
        self._pause = 1.0 if now - self._began > SECONDS_OF_A_GOOD_RUN else min(LONGEST_PAUSE, 2 * self._pause)
        self._due, self.process = now + self._pause, None
        print(f"the worker ended with status {status}; it is started again in {self._pause:g} s", file=sys.stderr)


def _watch(web: subprocess.Popen[bytes], worker: Worker, config: Config, stop: threading.Event) -> int:
    if not _wait_until_ready(web, config, stop):
        return 0
    print(SAFETY_NOTE, flush=True)
    print(f"ready {config.public_url}", flush=True)
    while not stop.is_set():
        if web.poll() is not None:
            print(f"the web process ended by itself with status {web.returncode}", file=sys.stderr)
            return 1
        worker.keep_running()
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return 0


def _stop_by_signal() -> threading.Event:
    """What SIGTERM and Ctrl-C set. They raise nothing: raised while a child is forked, it would get lost."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # a second one must not break off the ending
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return stop


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
    settings.pin_public_url(config.public_url, config.assets_db_id)
    database.dispose()


def _start_web(config: Config) -> subprocess.Popen[bytes]:
    metrics = _metrics(config)
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
    return _start(command, config)


def _start(command: list[str], config: Config) -> subprocess.Popen[bytes]:
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(_metrics(config))}
    bound = partial(_end_with_parent, ctypes.CDLL(None), os.getpid()) if sys.platform == "linux" else None
    return subprocess.Popen(command, env=environ, preexec_fn=bound)  # noqa: S603, PLW1509 - this process has one thread


def _metrics(config: Config) -> Path:
    assert config.data_dir is not None
    return config.data_dir / "metrics"


def _end_with_parent(libc: ctypes.CDLL, parent: int) -> None:
    """In a child, before its program begins: SIGTERM for it when its parent dies, even by SIGKILL."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died in between
        os._exit(1)


def _wait_until_ready(web: subprocess.Popen[bytes], config: Config, stop: threading.Event) -> bool:
    """True when the web process answers, False when a signal came first."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and not stop.is_set():
        if web.poll() is not None:
            raise ConfigError("The web process could not start; its reason stands above.")
        try:
            with opener.open(f"{config.public_url}/health/ready", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)  # polling a process that has no other way to tell us
    if stop.is_set():
        return False
    raise ConfigError(f"The service did not become ready in {SECONDS_TO_START} s; see the log above.")


def _end(*children: subprocess.Popen[bytes] | None) -> None:
    running = [child for child in children if child is not None and child.poll() is None]
    for child in running:
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in running:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
