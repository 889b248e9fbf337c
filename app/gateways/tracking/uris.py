"""The forms in which people name a model of MLflow, taken apart."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.core.errors import FieldError, Invalid

FORMS = "runs:/RUN/PATH, models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-ID or mlflow-artifacts:/PATH"
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LOGGED = re.compile(r"(?P<experiment>[^/]+)/models/(?P<model>m-[0-9a-f]{32})/artifacts/?(?P<path>.*)")
_OF_RUN = re.compile(r"(?P<experiment>[^/]+)/(?P<run>[A-Za-z0-9_-]{1,64})/artifacts/?(?P<path>.*)")


@dataclass(frozen=True)
class RunPath:
    """`runs:/RUN/PATH`."""

    run_id: str
    path: str


@dataclass(frozen=True)
class RegistryVersion:
    """`models:/NAME/VERSION`."""

    name: str
    version: str


@dataclass(frozen=True)
class RegistryAlias:
    """`models:/NAME@ALIAS`."""

    name: str
    alias: str


@dataclass(frozen=True)
class ModelId:
    """`models:/m-ID`, of MLflow 3."""

    model_id: str


@dataclass(frozen=True)
class ProxiedArtifact:
    """`mlflow-artifacts:/...` below a run or, in MLflow 3, below a logged model."""

    path: str
    run_id: str | None
    model_id: str | None


@dataclass(frozen=True)
class Elsewhere:
    """Another scheme, such as `s3:`; MLflow must be asked by another form to find such a model."""

    scheme: str


Reference = RunPath | RegistryVersion | RegistryAlias | ModelId | ProxiedArtifact | Elsewhere


def parse(uri: str) -> Reference:
    """The reference that `uri` is; raises Invalid, naming the forms, when it is none."""
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise _refusal(uri) from error
    if parts.scheme == "runs":
        return _run_path(uri)
    if parts.scheme == "models":
        return _registry(uri)
    if parts.scheme == "mlflow-artifacts":
        return _proxied(uri, uri.partition(":")[2])
    if re.fullmatch(r"[a-z][a-z0-9+.-]*", parts.scheme) and ":/" in uri:
        return Elsewhere(parts.scheme)
    raise _refusal(uri)


def check_path(path: str) -> str:
    """A path below an artifact root, as it is; raises Invalid when it could lead out of it, now or once decoded again."""
    decoded = path
    for _ in range(3):
        parts = decoded.split("/")
        if decoded.startswith("/") or ".." in parts or "\\" in decoded or re.search(r"[\x00-\x1f]", decoded):
            detail = "must be a relative path without .., backslashes and control characters"
            raise Invalid(f"The path {detail}.", errors=[FieldError("/path", detail)])
        decoded = unquote(decoded)
    return path.rstrip("/")


def _run_path(uri: str) -> RunPath:
    run_id, _, path = uri.removeprefix("runs:").lstrip("/").partition("/")
    if not _RUN_ID.fullmatch(run_id) or not path:
        raise _refusal(uri)
    return RunPath(run_id, check_path(path))


def _registry(uri: str) -> Reference:
    rest = uri.removeprefix("models:").lstrip("/")
    if _MODEL_ID.fullmatch(rest):
        return ModelId(rest)
    # names may hold slashes and blanks: the version is what follows the last slash, the alias what follows the last @
    name, _, version = rest.rpartition("/")
    if name and version.isdecimal():
        return RegistryVersion(unquote(name), version)
    name, _, alias = rest.rpartition("@")
    if name and alias:
        return RegistryAlias(unquote(name), alias)
    raise _refusal(uri)


def _proxied(uri: str, rest: str) -> ProxiedArtifact:
    path = urlsplit(f"x:{rest}").path.lstrip("/") if rest.startswith("//") else rest.lstrip("/")
    check_path(path)
    if match := _LOGGED.fullmatch(path):
        return ProxiedArtifact(path.rstrip("/"), None, match["model"])
    if match := _OF_RUN.fullmatch(path):
        return ProxiedArtifact(path.rstrip("/"), match["run"], None)
    raise _refusal(uri)


def _refusal(uri: str) -> Invalid:
    detail = f"must be one of {FORMS}"
    return Invalid(f"{uri[:100]!r} names no model: it {detail}.", errors=[FieldError("/ml_flow_model_path", detail)])
