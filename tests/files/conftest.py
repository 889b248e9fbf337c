"""A database and a store for the byte engine, and what its tests need of both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.core.db import database, reading, transaction
from app.entities import service as entities
from app.files import service as files
from app.files.service import rows
from app.gateways import object_store
from app.messaging import service as messaging
from app.users import service as users
from app.users.callers import Caller
from tests.conftest import SignUp
from tests.files.tus_client import Tus

MakeApp = Callable[..., Flask]
SETTINGS = {"store": "here", "quota": 0, "nobodys_quota": 0, "max_bytes": 2**40, "upload_seconds": 3600}


@dataclass
class Engine:
    """The byte engine on one database and one store."""

    owner: Caller

    def set(self, **given: Any) -> None:
        """Other settings of this deployment; another `store` makes it another deployment on the same database."""
        files.configure(**{**SETTINGS, **given})
        messaging.configure(given.get("store", "here"))

    def send(self, data: bytes, owner: Caller | None = None, **given: Any) -> files.StoredFile:
        named = {"file_name": "a.bin", "media_type": "application/x-test", **given}
        with files.begin(owner or self.owner, **named) as sink:
            sink.write(data)
            return sink.finish()

    def adopt(self, file: files.StoredFile, owner: Caller | None = None) -> int:
        with transaction():
            entity = entities.create("ml_model", owner or self.owner, "a thing")
            files.adopt(file, entity.seq, owner or self.owner)
        return entity.seq

    def kept(self, data: bytes, **given: Any) -> tuple[files.StoredFile, int]:
        file = self.send(data, **given)
        return file, self.adopt(file)

    def row(self, seq: int) -> Any:
        with reading() as session:
            return session.execute(select(rows.objects).where(rows.objects.c.seq == seq)).first()

    def keys(self) -> list[str]:
        return [stat.key for stat in object_store.listing()]

    def content(self, seq: int) -> bytes:
        return b"".join(files.source(seq).open(0, None))

    def count(self, state: str | None = None) -> int:
        query = select(func.count()).select_from(rows.objects)
        with reading() as session:
            return session.scalar(query if state is None else query.where(rows.objects.c.state == state)) or 0

    def age(self, seconds: int = 7200) -> None:
        """Let all rows look as if nobody had touched them for so long."""
        with transaction() as session:
            session.execute(update(rows.objects).values(touched_at=rows.ago(seconds)))


def make_caller(name: str = "owner") -> Caller:
    person = {"first_name": "S", "last_name": "U", "role": "r", "password": "a password of a test"}
    return caller_of(users.create_user(email=f"{name}@example.org", **person)["user_id"])


def caller_of(user_id: str) -> Caller:
    return Caller(users.seq_of(user_id), user_id, "-", "S", "U", False, frozenset({"read", "write"}), "-")


@pytest.fixture
def file_store(tmp_path: Path) -> str:
    folder = tmp_path / "objects"
    folder.mkdir()
    return folder.as_uri()


def engine_on(url: str, store: str) -> Iterator[Engine]:
    database.configure(url, pool_size=20)
    object_store.configure(store)
    object_store.make_bucket()
    entities.configure("http://127.0.0.1:5000")
    entities.register_kind("ml_model", "/api/ml_models/{id}")
    files.configure(**SETTINGS)
    messaging.configure("here")
    messaging.register("files.delete", files.delete_object)
    messaging.register("files.verify", files.verify_upload)
    yield Engine(make_caller())
    object_store.close()
    database.dispose()


@dataclass
class Service:
    """The service over HTTP, one user of it, and the byte engine behind it."""

    tus: Tus
    stranger: Tus
    client: FlaskClient
    engine: Engine

    def verify(self) -> int:
        """What the worker does."""
        return messaging.run_once()

    def content(self, path: str) -> bytes:
        """The bytes of a ready upload, once it is a thing's."""
        file = files.claim_upload(self.engine.owner, path.rsplit("/", 1)[1])
        self.engine.adopt(file)
        return self.engine.content(file.seq)


def service_on(app: Flask, store: str, sign_up: SignUp) -> Iterator[Service]:
    client = app.test_client()
    owner, stranger = sign_up(client), sign_up(client)
    for _ in engine_on(database.engine.url.render_as_string(hide_password=False), store):
        engine = Engine(caller_of(owner.id))
        yield Service(Tus(client, owner.headers), Tus(client, stranger.headers), client, engine)


@pytest.fixture
def service(make_app: MakeApp, sqlite_url: str, file_store: str, sign_up: SignUp) -> Iterator[Service]:
    """On SQLite and a folder."""
    yield from service_on(make_app(sqlite_url, OBJECT_STORE_URL=file_store), file_store, sign_up)


@pytest.fixture
def either_service(make_app: MakeApp, either_url: str, file_store: str, sign_up: SignUp) -> Iterator[Service]:
    """On each database, and a folder."""
    yield from service_on(make_app(either_url, OBJECT_STORE_URL=file_store), file_store, sign_up)


@pytest.fixture
def service_on_each_store(
    make_app: MakeApp, sqlite_url: str, object_store_url: str, sign_up: SignUp
) -> Iterator[Service]:
    """On SQLite, with a real S3 server and with a folder."""
    yield from service_on(make_app(sqlite_url, OBJECT_STORE_URL=object_store_url), object_store_url, sign_up)


@pytest.fixture
def engine(sqlite_url: str, file_store: str) -> Iterator[Engine]:
    """On SQLite and a folder."""
    yield from engine_on(sqlite_url, file_store)


@pytest.fixture
def either_engine(either_url: str, file_store: str) -> Iterator[Engine]:
    """On each database, and a folder."""
    yield from engine_on(either_url, file_store)


@pytest.fixture
def engine_on_each_store(sqlite_url: str, object_store_url: str) -> Iterator[Engine]:
    """On SQLite, with a real S3 server and with a folder."""
    yield from engine_on(sqlite_url, object_store_url)
