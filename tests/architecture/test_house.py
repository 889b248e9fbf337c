"""The rules of the house that no linter knows: who commits, how long things may be, which names are banned."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "app").rglob("*.py"))
BANNED = ("utils", "helpers", "common", "misc")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def statements(function: ast.AST) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1


def is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_only_core_db_commits() -> None:
    committing = [str(path.relative_to(ROOT)) for path in FILES if ".commit(" in path.read_text()]
    assert committing == ["app/core/db.py"]


def test_no_file_is_longer_than_400_lines() -> None:
    assert [str(path) for path in FILES if len(path.read_text().splitlines()) > 400] == []


def test_no_function_has_more_than_30_statements() -> None:
    assert [f"{path}:{f.name}" for path in FILES for f in functions(path) if statements(f) > 30] == []


def test_no_route_has_a_body_of_more_than_15_lines() -> None:
    routes = [path for path in FILES if "routes" in path.parts or path.name == "routes.py"]
    assert routes
    # what makes a blueprint of routes is no route
    bodies = [(path, f) for path in routes for f in functions(path) if not any(map(is_function, f.body))]
    assert [f"{path}:{f.name}" for path, f in bodies if body_lines(f) > 15] == []


def test_nothing_has_a_banned_name() -> None:
    assert [str(path) for path in (ROOT / "app").rglob("*") if path.stem in BANNED] == []


@pytest.mark.parametrize("module", ["mlflow", "pandas", "numpy", "boto3", "rdflib"])
def test_heavy_modules_wait_until_they_are_needed(module: str) -> None:
    code = f"import sys, app.factory; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_project_speaks_of_itself_alone() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = ["pypi" + ".org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian.org", "/wo" + "rk/"]
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".ico"):
            text = path.read_text(errors="ignore")
            assert [word for word in words if word in text] == [], name
