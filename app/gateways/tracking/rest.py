"""An MLflow server, of version 2 or 3, by its REST interface."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from urllib3.response import BaseHTTPResponse

from app.core.errors import NotFound, UpstreamFailed
from app.gateways.tracking.http import CHUNK, Server
from app.gateways.tracking.values import ArtifactStream

API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
SCHEME = "mlflow-artifacts:"


class RestBackend:
    """Asks a server; answers are MLflow's own JSON."""

    def __init__(self, uri: str) -> None:
        self._server = Server(uri)

    def check(self) -> None:
        """Raise when the server is not well."""
        self._server.read("/health", 10_000)

    def run(self, run_id: str) -> dict[str, Any]:
        """`{"run": ...}`."""
        return self._server.json(f"{API}/runs/get", {"run_id": run_id})

    def history(self, run_id: str, key: str, page_token: str | None) -> dict[str, Any]:
        """`{"metrics": [...], "next_page_token"}`; an unknown run has no history, as MLflow sees it, but is unknown to us."""
        if page_token is None:
            self.run(run_id)
        query = {"run_id": run_id, "metric_key": key, "max_results": 5000, "page_token": page_token}
        return self._server.json(f"{API}/metrics/get-history", query)

    def version(self, name: str, version: str) -> dict[str, Any]:
        """One registered version."""
        return self._server.json(f"{API}/model-versions/get", {"name": name, "version": version})["model_version"]

    def version_by_alias(self, name: str, alias: str) -> dict[str, Any]:
        """The registered version that an alias leads to."""
        found = self._server.json(f"{API}/registered-models/alias", {"name": name, "alias": alias})
        return found["model_version"]

    def versions_of(self, run_id: str) -> list[dict[str, Any]]:
        """Registered versions that came of a run."""
        query = {"filter": f"run_id='{run_id}'", "max_results": 100}
        return self._server.json(f"{API}/model-versions/search", query).get("model_versions", [])

    def logged_model(self, model_id: str) -> dict[str, Any]:
        """A logged model of MLflow 3: its `info`."""
        return self._server.json(f"{API}/logged-models/{model_id}", {})["model"]["info"]

    def entries(self, root: str, path: str) -> list[dict[str, Any]]:
        """Files and folders directly below a folder; `path` in them is the bare name."""
        return self._server.json(FILES, {"path": _joined(_proxied(root), path)}).get("files", [])

    def read(self, root: str, path: str, limit: int) -> bytes:
        """A small file."""
        with self._missing_told(root, path):
            return self._server.read(f"{FILES}/{_joined(_proxied(root), path)}", limit)

    def open(self, root: str, path: str) -> ArtifactStream:
        """A file of any size, streamed."""
        with self._missing_told(root, path):
            response = self._server.open(f"{FILES}/{_joined(_proxied(root), path)}")
        length = response.headers.get("Content-Length", "")
        encoded = response.headers.get("Content-Encoding")
        size = int(length) if length.isdecimal() and not encoded else None
        name = path.rsplit("/", 1)[-1]
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return ArtifactStream(name, size, media_type, _chunks(response), response.close)

    @contextmanager
    def _missing_told(self, root: str, path: str) -> Iterator[None]:
        """MLflow answers 500 for a file that is not there: look whether it is, before blaming MLflow."""
        try:
            yield
        except UpstreamFailed:
            folder, _, name = path.rpartition("/")
            if name in {item["path"].rsplit("/", 1)[-1] for item in self.entries(root, folder)}:
                raise
            raise NotFound(f"MLflow has no file {path}.") from None


def _joined(root: str, path: str) -> str:
    return f"{root}/{path}" if path else root


def _proxied(root: str) -> str:
    """The path of an artifact root below MLflow's own file proxy."""
    if not root.startswith(SCHEME):
        scheme = root.partition(":")[0]
        raise UpstreamFailed(f"MLflow keeps these files at {scheme}: by itself; start it with --serve-artifacts.")
    rest = root.removeprefix(SCHEME)
    if rest.startswith("//"):
        rest = rest.removeprefix("//").partition("/")[2]
    path = rest.strip("/")
    if not path:
        raise NotFound("MLflow has no files there.")
    return path


def _chunks(response: BaseHTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UpstreamFailed("MLflow broke the download off.") from error
    finally:
        response.close()
