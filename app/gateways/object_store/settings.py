"""OBJECT_STORE_URL, read. Pure: nothing is asked here."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

FORMS = "file:///ABSOLUTE/FOLDER or s3://BUCKET[/PREFIX]?endpoint=URL"
_PARAMETERS = {"file": {"make"}, "s3": {"make", "endpoint", "region", "public_endpoint"}}


@dataclass(frozen=True)
class FolderSettings:
    """A folder, and whether it may be made."""

    path: str
    make: bool


@dataclass(frozen=True)
class S3Settings:
    """A bucket; without `endpoint` it is one of AWS. Keys that are empty are looked for where boto3 looks."""

    bucket: str
    prefix: str  # empty, or with a slash at its end
    endpoint: str | None
    public_endpoint: str | None
    region: str | None
    make: bool
    connections: int


def parse(url: str, connections: int) -> FolderSettings | S3Settings:
    """The settings that a URL holds; raises ValueError, naming the part that is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in _PARAMETERS:
        raise ValueError(f"OBJECT_STORE_URL must be {FORMS}.")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(given) - _PARAMETERS[parts.scheme]):
        raise ValueError(f"OBJECT_STORE_URL has a parameter that is not known: {unknown[0]}.")
    make = given.get("make") == "1"
    if parts.scheme == "file":
        return FolderSettings(_folder(parts.netloc, parts.path), make)
    prefix = unquote(parts.path).strip("/")
    return S3Settings(
        bucket=_bucket(parts.netloc),
        prefix=f"{prefix}/" if prefix else "",
        endpoint=_address(given, "endpoint"),
        public_endpoint=_address(given, "public_endpoint"),
        region=given.get("region") or None,
        make=make,
        connections=connections,
    )


def _folder(host: str, path: str) -> str:
    if host or not path.startswith("/") or not path.strip("/"):
        raise ValueError("OBJECT_STORE_URL must be file:///ABSOLUTE/FOLDER.")
    return unquote(path).rstrip("/")


def _bucket(name: str) -> str:
    if not name or "@" in name or ":" in name:
        raise ValueError(
            "OBJECT_STORE_URL must name a bucket: s3://BUCKET. Keys belong into AWS_ACCESS_KEY_ID and so on."
        )
    return name


def _address(given: dict[str, str], name: str) -> str | None:
    value = given.get(name)
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(f"OBJECT_STORE_URL: {name} must be the http(s) address of an S3 server, without a login.")
    return value.rstrip("/")
