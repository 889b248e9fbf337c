"""Each guard of the table, taken out in a copy of the project, is missed by the test that is named for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import HEAVY, ROOT
from tests.mutations.mutation import Mutation
from tests.mutations.table import TABLE

SHARED = ROOT.parent / "shared"
PARTS = ("app", "migrations", "tests", "docker", "examples", "scripts", "pyproject.toml", "README.md")


@pytest.mark.parametrize("mutation", TABLE, ids=lambda mutation: f"{mutation.file}: {mutation.before.strip()[:40]}")
def test_the_place_of_each_mutation_is_there_once(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.before) == 1
    path, name = mutation.test.split("::")
    assert f"def {name}(" in (ROOT / path).read_text()


@pytest.mark.skipif(not HEAVY, reason="runs whole tests again: scripts/test --heavy")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutation", TABLE, ids=lambda mutation: f"{mutation.file}: {mutation.before.strip()[:40]}")
def test_each_mutation_is_noticed(mutation: Mutation, tmp_path: Path, postgres_server: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    if SHARED.exists():  # some tests read their cases from beside the project
        (tmp_path / SHARED.name).symlink_to(SHARED)
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, project / part)
    target = project / mutation.file
    target.write_text(target.read_text().replace(mutation.before, mutation.after))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", mutation.test]
    environ = {**os.environ, "TEST_POSTGRES_URL": postgres_server, "PYTHONPATH": str(project)}
    environ = {key: value for key, value in environ.items() if not key.startswith(("PYTEST_", "QUAY_"))}
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 1, f"nothing failed without it:\n{done.stdout[-2000:]}{done.stderr[-1000:]}"
