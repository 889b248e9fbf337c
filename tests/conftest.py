"""Fixtures that every test may use: an application over a fresh database, users, and the real servers."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from sqlalchemy import create_engine, make_url, text

from app.core import api, migrations
from app.core.config import Config
from app.core.db import database
from app.factory import create_app

pytest_plugins = ["tests.services.fixtures"]

ROOT = Path(__file__).parents[1]
HEAVY = os.environ.get("QUAY_HEAVY") == "1"
PASSWORD = "a password of a test"
SECRET_KEY = "k" * 40


def make_config(database_url: str, **given: object) -> Config:
    """Settings of a test, from nothing that stands in the environment."""
    environ = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "REGISTRATION": "open",
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "ERROR",
        **{name: str(value) for name, value in given.items()},
    }
    return Config.from_environment(environ)


@pytest.fixture(autouse=True)
def answers_are_what_their_schemas_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer of every test: what its schema would make of it is what is sent."""

    def check(schema: Schema, value: object) -> None:
        dumped = schema.dump(without_fragments(value))
        assert orjson.loads(api.wire(value)) == orjson.loads(api.wire(dumped)), type(schema).__name__

    monkeypatch.setattr(api, "check_answer", check)


def without_fragments(value: object) -> object:
    """An answer with values for what is JSON text already."""
    if isinstance(value, dict):
        return {key: without_fragments(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_fragments(one) for one in value]
    return orjson.loads(orjson.dumps(value)) if isinstance(value, orjson.Fragment) else value


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database; each test starts with a copy."""
    path = tmp_path_factory.mktemp("template") / "quay.db"
    database.configure(f"sqlite:///{path}")
    migrations.upgrade()
    database.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "quay.db"
    shutil.copy(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, worker_id: str) -> str:
    """The URL of a migrated PostgreSQL database; each test starts with a copy."""
    name = f"template_{worker_id}_{secrets.token_hex(4)}"
    _postgres(postgres_server, f'CREATE DATABASE "{name}"')
    url = _named(postgres_server, name)
    database.configure(url)
    migrations.upgrade()
    database.dispose()
    return url


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(8)}"
    template = make_url(postgres_template).database
    _postgres(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
    yield _named(postgres_server, name)
    database.dispose()
    _postgres(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _postgres(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice, once on each database."""
    return request.getfixturevalue(f"{request.param.removesuffix('ql')}_url")


def surprise(error: Exception) -> None:
    raise error


@pytest.fixture
def make_app() -> Iterator[Callable[..., Flask]]:
    """Build the service with settings of one's own."""

    def make(url: str, **given: object) -> Flask:
        app = create_app(make_config(url, **given))
        app.register_error_handler(Exception, surprise)  # a 500 is a failure of the test, whatever it asserts
        return app

    yield make
    database.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask], sqlite_url: str) -> Flask:
    return make_app(sqlite_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def either_client(make_app: Callable[..., Flask], either_url: str) -> FlaskClient:
    """A client of the service on SQLite, then of the service on PostgreSQL."""
    return make_app(either_url).test_client()


@dataclass(frozen=True)
class SignedUp:
    """A registered user with a token."""

    id: str
    email: str
    token: str
    headers: dict[str, str]


SignUp = Callable[..., SignedUp]


@pytest.fixture
def sign_up() -> SignUp:
    """Register a user through the API and fetch a token."""

    def act(client: FlaskClient, email: str | None = None, **fields: str) -> SignedUp:
        email = email or f"{secrets.token_hex(6)}@example.org"
        person = {"first_name": "Sample", "last_name": "User", "role": "ML Engineer", "password": PASSWORD, **fields}
        registered = client.post("/api/users/register", json={"email": email, **person})
        assert registered.status_code == 201, registered.text
        answer = client.post("/api/users/get-auth-token", auth=(email, person["password"]))
        token = answer.json["token"]
        return SignedUp(registered.json["user_id"], email, token, {"Authorization": f"Bearer {token}"})

    return act


@dataclass(frozen=True)
class Live:
    """A running embedded service."""

    url: str
    data: Path
    process: "subprocess.Popen[str]"


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Live]]:
    """Start embedded services as a user would; they end with the test."""
    started: list[Live] = []

    def act(data: Path | None = None, port: int = 0, **environ: str) -> Live:
        data = data or tmp_path / f"service{len(started)}"
        started.append(launch(data, port, {"RATE_LIMITS": "off", "LOG_LEVEL": "ERROR", **environ}))
        return started[-1]

    yield act
    for live in started:
        live.process.terminate()
        live.process.wait(60)
        assert live.process.stdout is not None
        live.process.stdout.close()


def launch(data: Path, port: int, environ: dict[str, str]) -> Live:
    """Run `quay serve` and wait for the line that says it is ready."""
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(data), "--port", str(port)]
    plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    process = subprocess.Popen(command, cwd=ROOT, env={**plain, **environ}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return Live(line.split()[1], data, process)
    raise AssertionError(f"the service did not start: {process.wait(30)}")
