"""How many SQL statements a list request takes, and whether more rows take more of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app.core.config import Config
from app.core.db import database
from app.factory import assemble
from app.users import token_cache

FEW, MANY = 20, 100
LISTS = (
    "/api/ml_models",
    "/api/ml_models?metric=r2>0.4&sort=-metrics.r2&tag=domain=medicine",
    "/api/ml_models?name=model-7*&q=disease&sort=name",
    "/api/ml_models/{model}/versions",
    "/api/ml_datasets",
    "/api/fl_services",
    "/api/ledger",
    "/api/ledger?entity={model}",
)


@dataclass(frozen=True)
class Count:
    """Statements of one list with few rows and with many."""

    path: str
    few: int
    many: int


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that any engine of this process sends meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def count_all(database_url: str, public_url: str, token: str, model: str) -> list[Count]:
    """Counts of every list of the service."""
    environ = {"DATABASE_URL": database_url, "PUBLIC_URL": public_url, "SECRET_KEY": "-" * 32, "RATE_LIMITS": "off"}
    client = assemble(Config.from_environment({**environ, "LOG_LEVEL": "ERROR"})).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    try:
        paths = [path.format(model=model) for path in LISTS]
        return [Count(path, _count(client, path, FEW, headers), _count(client, path, MANY, headers)) for path in paths]
    finally:
        database.dispose()


def _count(client: FlaskClient, path: str, limit: int, headers: dict[str, str]) -> int:
    token_cache.forget_now()  # the worst case: the token has to be looked up
    with counting() as seen:
        answer = client.get(f"{path}{'&' if '?' in path else '?'}limit={limit}", headers=headers)
    if answer.status_code != 200 or not (answer.json or {}).get("data"):
        raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    return len(seen)
