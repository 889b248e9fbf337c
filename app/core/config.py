"""Settings: read from the environment, one typed class, refused at the start when a value is wrong."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ConfigError(Exception):
    """A setting has a value that cannot be used; the message names the setting."""


def _whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isdecimal() or not minimum <= int(value) <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        return int(value)

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value and urlsplit(value).scheme not in schemes:
            raise ValueError(f"must be a URL that starts with {' or '.join(s + ':' for s in schemes)}")
        return value.rstrip("/") if value.startswith("http") else value

    return read


def _triple_store(value: str) -> str:
    if value != "child://" and urlsplit(value).scheme not in ("http", "https"):
        raise ValueError("must be child:// or the http(s) address of a SPARQL 1.1 dataset")
    return value.rstrip("/") if value.startswith("http") else value


def _database(value: str) -> str:
    value = value.replace("postgresql://", "postgresql+psycopg://", 1)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _object_store(value: str) -> str:
    parts = urlsplit(value)
    folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if not folder and not (parts.scheme == "s3" and parts.netloc):
        raise ValueError("must be file:///ABSOLUTE/FOLDER or s3://BUCKET?endpoint=URL")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", value):
        raise ValueError("must be at most 100 letters, digits and . _ : -")
    return value


def _word(value: str) -> str:
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError("must be visible ASCII characters without spaces")
    return value


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    if any(len(key) < 32 for key in keys):
        raise ValueError("must be a comma-separated list of keys of at least 32 characters each")
    return keys


def _entries(value: str) -> tuple[str, ...]:
    entries = tuple(entry.strip() for entry in value.split(",") if entry.strip())
    if any(re.search(r"[\s@\\?#]|://", entry) for entry in entries):
        raise ValueError("must be a comma-separated list of host names, addresses, networks and host:port, not of URLs")
    return entries


def _flag(value: str) -> bool:
    return _one_of("on", "off")(value) == "on"


def _setting(read: Callable[[str], Any], default: str, doc: str, *, secret: bool = False, empty: Any = "") -> Any:
    return field(metadata={"read": read, "default": default, "doc": doc, "secret": secret, "empty": empty})


@dataclass(frozen=True)
class Config:
    """Every setting of the service, each read from the variable of the same name in capitals."""

    # where the service lives
    public_url: str = _setting(
        _url("http", "https"),
        "http://localhost:5000",
        "address under which clients reach the service; kept at first start",
    )
    secret_key: tuple[str, ...] = _setting(
        _keys, "", "comma-separated list of secrets; the first encrypts and signs, all decrypt", secret=True, empty=()
    )
    trusted_proxies: int = _setting(_whole(0, 10), "0", "number of reverse proxies whose X-Forwarded headers count")
    web_workers: int = _setting(_whole(1, 64), "2", "processes that answer requests")
    web_threads: int = _setting(_whole(1, 256), "8", "threads of each process")
    log_level: str = _setting(_one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "least level that is logged")

    # what it keeps
    database_url: str = _setting(_database, "", "sqlite:///FILE or postgresql://...", secret=True)

    object_store_url: str = _setting(
        _object_store,
        "",
        "where files are kept: file:///FOLDER, or s3://BUCKET?endpoint=URL, with &make=1 to let `quay migrate` make the "
        "bucket and &public_endpoint=URL where clients reach the store by another address",
    )
    aws_access_key_id: str = _setting(_word, "", "key of the S3 store", secret=True)
    aws_secret_access_key: str = _setting(_word, "", "secret of the S3 store", secret=True)
    max_upload_bytes: int = _setting(_whole(1, 2**50), str(2**40), "largest file that is taken")
    user_quota_bytes: int = _setting(_whole(0, 2**60), "0", "bytes that the files of one user may have; 0 for no limit")
    anonymous_quota_bytes: int = _setting(
        _whole(0, 2**60), str(10 * 2**30), "bytes that all files which belong to nobody may have; 0 for no limit"
    )
    upload_hours: int = _setting(_whole(1, 8760), "24", "hours after which an upload in several requests is forgotten")
    downloads: str = _setting(
        _one_of("pipe", "redirect"), "pipe", "files pass through the service, or clients are sent to the S3 store"
    )
    assets_db_id: str = _setting(
        _name,
        "",
        "name of this assets DB; needed where several deployments share a database, else made at first start",
    )

    # who may come in
    anonymous_assets: str = _setting(
        _one_of("off", "read", "write"), "read", "what callers without a token may do with public assets"
    )
    registration: str = _setting(_one_of("open", "admin"), "admin", "who may register users: anyone, or admins only")
    rate_limits: bool = _setting(_flag, "on", "off is accepted on a loopback PUBLIC_URL only")
    rate_limit_url: str = _setting(
        _url("redis", "rediss", "valkey", "valkeys"),
        "",
        "Valkey for the exact limits; without it, a table",
        secret=True,
    )

    # systems beside it
    mlflow_tracking_uri: str = _setting(
        _url("http", "https", "sqlite"),
        "",
        "MLflow server, or sqlite:///FILE of a store; without it, its routes answer 503",
    )

    outbound_allow: tuple[str, ...] = _setting(
        _entries,
        "",
        "comma-separated hosts, addresses, networks and host:port that URLs of users may lead to besides public ones",
        empty=(),
    )
    triple_store_url: str = _setting(
        _triple_store,
        "child://",
        "where questions are asked: child:// for a process of ours, or the address of a SPARQL 1.1 dataset of our own",
        secret=True,
    )

    # set by the embedded service only, never from the environment
    embedded: bool = field(default=False)
    data_dir: Path | None = field(default=None)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **given: Any) -> "Config":
        """Settings from `environ` (default: the process's), `given` ones standing before them.

        Raises ConfigError with the name of the setting that is missing or wrong.
        """
        environ = os.environ if environ is None else environ
        values = {f.name: _read(f, environ) for f in cls.settings() if f.name not in given}
        config = cls(**values, **given)
        config._check()
        return config

    @classmethod
    def settings(cls) -> list[Field[Any]]:
        """The fields that come from the environment, in the order of this class."""
        return [f for f in fields(cls) if "read" in f.metadata]

    @property
    def on_loopback(self) -> bool:
        return urlsplit(self.public_url).hostname in LOOPBACK

    def _check(self) -> None:
        for name in ("database_url", "secret_key"):
            if not getattr(self, name):
                raise ConfigError(f"{name.upper()} is not set. Set it, or {name.upper()}_FILE, see .env.example.")
        if not self.rate_limits and not self.on_loopback:
            raise ConfigError("RATE_LIMITS=off is refused unless PUBLIC_URL is a loopback address.")


def read_setting(name: str, raw: str) -> Any:
    """The value that the setting of this name has when the environment says `raw`; raises ConfigError."""
    setting = next(f for f in Config.settings() if f.name.upper() == name)
    try:
        return setting.metadata["read"](raw)
    except ValueError as error:
        raise ConfigError(f"{name} {error}.") from error


def _read(setting: Field[Any], environ: Mapping[str, str]) -> Any:
    name = setting.name.upper()
    raw = environ.get(name, "").strip()
    if setting.metadata["secret"] and not raw and environ.get(f"{name}_FILE"):
        raw = _read_file(f"{name}_FILE", Path(environ[f"{name}_FILE"]))
    raw = raw or setting.metadata["default"]
    return read_setting(name, raw) if raw else setting.metadata["empty"]


def _read_file(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{name} names {path}, which cannot be read: {error.strerror}.") from error
