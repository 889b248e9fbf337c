"""The folder of an embedded service: everything that one person's service keeps, below one directory."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from app.core import settings
from app.core.config import Config, ConfigError
from app.core.db import database

DEFAULT_PORT = 5000
# what the folder decides, whatever stands in the environment
OWN_SETTINGS = ("DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE", "PUBLIC_URL")


def config(data: Path, *, port: int | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Settings of the service in `data`, which is made when missing.

    The first port is kept, because IRIs that were given out contain it; ConfigError says how to change it.
    """
    data = data.resolve()
    (data / "objects").mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port or _kept_port(data) or DEFAULT_PORT}"
    environ = os.environ if environ is None else environ
    values = {name: value for name, value in environ.items() if name not in OWN_SETTINGS}
    values.setdefault("REGISTRATION", "open")
    values.setdefault("ANONYMOUS_ASSETS", "write")
    values.setdefault("OBJECT_STORE_URL", f"{data.as_uri()}/objects")
    values.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{data}/mlflow.db")
    values |= {"DATABASE_URL": database_url(data), "SECRET_KEY": _secret_key(data), "PUBLIC_URL": url}
    return Config.from_environment(values, embedded=True, data_dir=data)


def database_url(data: Path) -> str:
    """The address of the folder's database."""
    return f"sqlite:///{data}/quaymaster.db"


def _secret_key(data: Path) -> str:
    path = data / "secret_key"
    if not path.exists():
        # written aside and renamed, so that a crash leaves no half a key
        aside = data / f".secret_key.{os.getpid()}"
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_hex(32))
        aside.rename(path)
    return path.read_text().strip()


def _kept_port(data: Path) -> int | None:
    if not (data / "quaymaster.db").exists():
        return None
    database.configure(database_url(data))
    try:
        kept = settings.find("public_url")
    except Exception as error:
        raise ConfigError(f"{data} does not hold a service of ours that can be read: {error}") from error
    finally:
        database.dispose()
    return int(kept.rsplit(":", 1)[1]) if kept else None
