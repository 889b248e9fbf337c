"""How long it takes from the command to a service that is ready, on a folder with nothing in it."""

import os
import subprocess
import time
from pathlib import Path
from statistics import median

from tests.bench.servers import ROOT, end

STARTS = 3
SECONDS = 60


def seconds_to_ready(folder: Path) -> float:
    """The median over some starts, each on an empty folder and ended by SIGTERM."""
    return median(_one(folder / f"start-{number}") for number in range(STARTS))


def _one(data: Path) -> float:
    command = ["timeout", str(SECONDS), str(ROOT / "scripts" / "serve"), "--port", "0", "--data", str(data)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ))
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith(b"ready http://"):
                return time.monotonic() - began
        raise SystemExit(f"scripts/serve was not ready within {SECONDS} s")
    finally:
        end(process)
        process.stdout.close()
