"""Starts the real servers that tests need, once for a whole run, and stops them at its end.

Processes of one run (pytest-xdist) share a server: the scripts start it under a lock, in a folder that the run knows.
TEST_POSTGRES_URL, TEST_MLFLOW2_URL and TEST_MLFLOW3_URL name servers that run already.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def start(script: str, *arguments: str) -> dict[str, str]:
    """Run a script that starts or installs something; what it prints. Skips, or fails when REQUIRE_SERVICES=1."""
    done = subprocess.run(
        ["bash", str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    if done.returncode != 0:
        refuse(f"{script} failed: {done.stderr.strip()[-600:]}")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def refuse(reason: str) -> None:
    """Skip the test for want of a service; in CI that is a failure."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def stop_all(root: Path) -> None:
    """Stop every server below the folder of a run, and remove the folder."""
    folders = [str(path.parent) for path in root.glob("*/pid")]
    if folders:
        subprocess.run(["bash", str(HERE / "stop.sh"), *folders], check=False, timeout=120)
    shutil.rmtree(root, ignore_errors=True)
