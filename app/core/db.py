"""The database: one engine, short reads, and the only place that commits.

`reading()` gives a session for one short read; `transaction()` one that commits when its block ends and rolls back when
it raises. A transaction inside a transaction joins it, so services compose into one commit. A transaction inside an
open read is refused: on SQLite a read that upgrades fails at once with "database is locked", and on PostgreSQL it would
hold two connections. Transactions therefore begin as `BEGIN IMMEDIATE` on SQLite, and reads commit each statement.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    exc,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from app.core.clock import rfc3339
from app.core.errors import Unavailable

T = TypeVar("T")
RETRIED_STATES = {"40001", "40P01"}  # serialization failure, deadlock
IDLE_SECONDS_BEFORE_PING = 1.0


class Model(DeclarativeBase):
    """Base of every table; constraints get predictable names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(model: type[Model]) -> Table:
    """The table of a model, for statements that read and write columns rather than objects."""
    return cast(Table, model.__table__)


Seq = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only in a column of type INTEGER


class TextJSON(JSON):
    """JSON as text on SQLite, whose own JSON columns would turn a document that is a number into a number of theirs."""


@compiles(TextJSON, "sqlite")
def _as_text(_type: TextJSON, _compiler: Any, **_given: Any) -> str:
    return "TEXT"


Json = TextJSON().with_variant(JSONB(), "postgresql")


class json_rows(FunctionElement[Any]):  # noqa: N801
    """The rows of a scalar subquery as one JSON array of arrays; null or empty when there are none."""

    type = Json
    inherit_cache = True
    name = "json_rows"


@compiles(json_rows, "sqlite")
def _rows_on_sqlite(element: json_rows, compiler: Any, **given: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **given)}))"


@compiles(json_rows, "postgresql")
def _rows_on_postgresql(element: json_rows, compiler: Any, **given: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **given)}))"


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC with microseconds; on SQLite as text of one width, so that it sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return rfc3339(value) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # PostgreSQL's moments come in the zone of the connection, which is UTC
        return _moment_of_text if dialect.name == "sqlite" else None


def _moment_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


@dataclass
class Scope:
    """The session in use here and now, and whether it writes."""

    session: Connection
    writes: bool
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    after_rollback: list[Callable[[], None]] = field(default_factory=list)


_scope: ContextVar[Scope | None] = ContextVar("database_scope", default=None)
_on_begin: list[Callable[[Connection], None]] = []


class Database:
    """The engines of this process: one for short reads, one for transactions."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def configure(self, url: str, *, pool_size: int = 10) -> None:
        """Point this process at a database; nothing is connected before the first use."""
        self.dispose()
        # reads commit each statement: PostgreSQL by a pool of its own, so that no connection has to change its mind at
        # every use; SQLite by itself, as long as nobody says BEGIN
        postgres = not url.startswith("sqlite")
        reads = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None} if postgres else {}
        self._engine = _make_engine(url, pool_size)
        self._writer = self._engine.execution_options(quay_begin="BEGIN IMMEDIATE")
        self._reader = _make_engine(url, pool_size, **reads).execution_options(quay_begin="")

    def dispose(self) -> None:
        """Close all connections, as before a fork."""
        if self._engine is not None:
            self._engine.dispose()
            self._reader.dispose()

    @property
    def engine(self) -> Engine:
        """The engine itself, for migrations and the readiness check."""
        assert self._engine is not None, "the database is not configured"
        return self._engine

    @property
    def reader(self) -> Engine:
        """The engine of short reads."""
        return self._reader

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def open(self, *, writes: bool) -> Connection:
        """A connection for a transaction or for short reads."""
        return (self._writer if writes else self._reader).connect()


def _make_engine(url: str, pool_size: int, **more: Any) -> Engine:
    engine = create_engine(url, **_engine_options(url, pool_size), **more)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkout", _ping_idle)
        event.listen(engine, "checkin", _note_idle)
    return engine


database = Database()


def _engine_options(url: str, pool_size: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "pool_size": pool_size,
        "max_overflow": 2,
        "pool_timeout": 5,
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 20, "isolation_level": None, "check_same_thread": False}
    else:
        # a database that hangs must not take the threads with it
        server = (
            "-c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
        )
        options["connect_args"] = {"connect_timeout": 3, "tcp_user_timeout": 5000, "options": server}
    return options


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("quay_begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


def _note_idle(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_idle(connection: Any, record: Any, proxy: Any) -> None:
    """Notice a database that was restarted, without a round trip on every request."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE_SECONDS_BEFORE_PING:
        return
    if not _answers(connection):
        raise exc.DisconnectionError("the server closed this connection")


def _answers(connection: Any) -> bool:
    try:
        return database.engine.dialect.do_ping(connection)
    except Exception:  # any failure of a ping means the same
        return False


@contextmanager
def reading() -> Iterator[Connection]:
    """A session for one short read; inside a transaction, the session of that transaction."""
    scope = _scope.get()
    if scope is not None:
        yield scope.session
        return
    with _translated(), database.open(writes=False) as session:
        token = _scope.set(Scope(session, writes=False))
        try:
            yield session
        finally:
            _scope.reset(token)


@contextmanager
def transaction(*, bookkeeping: bool = False) -> Iterator[Connection]:
    """All that is written inside becomes visible at once when the block ends, or never.

    `bookkeeping` marks what is not the work of the request itself, such as counting it; no begin hook is called then.
    """
    scope = _scope.get()
    if scope is not None:
        if not scope.writes:
            raise RuntimeError("a transaction must not begin inside an open read: end the read first")
        yield scope.session
        return
    with _translated(), database.open(writes=True) as session:
        scope = Scope(session, writes=True)
        token = _scope.set(scope)
        try:
            for hook in () if bookkeeping else _on_begin:
                hook(session)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            for act in scope.after_rollback:
                act()
            raise
        finally:
            _scope.reset(token)
    for act in scope.after_commit:
        act()


def retrying(body: Callable[[], T], *, attempts: int = 3) -> T:
    """Run `body`, pure database work, in a transaction; again when the database asks for it."""
    for attempt in range(1, attempts + 1):
        try:
            with transaction():
                return body()
        except exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRIED_STATES or attempt == attempts or in_transaction():
                raise
            time.sleep(0.01 * attempt)
    raise AssertionError("unreachable")


def in_transaction() -> bool:
    """Whether a transaction is open here."""
    scope = _scope.get()
    return scope is not None and scope.writes


def after_commit(act: Callable[[], None]) -> None:
    """Do `act` once the open transaction has been committed."""
    scope = _scope.get()
    assert scope is not None and scope.writes, "no transaction is open"
    scope.after_commit.append(act)


def after_rollback(act: Callable[[], None]) -> None:
    """Do `act` if the open transaction comes to nothing."""
    scope = _scope.get()
    assert scope is not None and scope.writes, "no transaction is open"
    scope.after_rollback.append(act)


def on_begin(hook: Callable[[Connection], None]) -> None:
    """Call `hook` first in every outermost transaction."""
    _on_begin.append(hook)


@contextmanager
def _translated() -> Iterator[None]:
    """What the database cannot do now is Unavailable for the caller, not a crash."""
    try:
        yield
    except (exc.TimeoutError, exc.InterfaceError) as error:
        raise Unavailable("The database cannot be reached. Try again shortly.", retry_after=2) from error
    except exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in RETRIED_STATES:
            raise
        raise Unavailable("The database cannot be reached or is busy. Try again shortly.", retry_after=2) from error


def check() -> None:
    """Whether the database answers, for the readiness of the service."""
    with reading() as session:
        session.execute(text("SELECT 1"))
