"""MLflow's own SQLite store, without a server; answers take the shape that a server gives, so that one parser reads both."""

import mimetypes
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from app.core.errors import DomainError, NotFound, Unavailable, UpstreamFailed
from app.gateways.tracking.http import CHUNK
from app.gateways.tracking.values import ArtifactStream

MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class StoreBackend:
    """Opens a store; MLflow itself is loaded when it is first asked, since that takes a second."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._file = Path(uri.removeprefix("sqlite:///"))

    def check(self) -> None:
        """Raise when there can be no store."""
        if not self._file.parent.is_dir():
            raise Unavailable(f"The folder of the MLflow store {self._file} does not exist; see MLFLOW_TRACKING_URI.")

    @cached_property
    def _client(self) -> Any:
        import mlflow  # noqa: PLC0415 - a second of work that only this backend needs

        return mlflow.MlflowClient(self._uri, registry_uri=self._uri)

    def run(self, run_id: str) -> dict[str, Any]:
        """`{"run": ...}`."""
        return {"run": self._ask("get_run", run_id)}

    def history(self, run_id: str, key: str, page_token: str | None) -> dict[str, Any]:
        """`{"metrics": [...]}`, all of it at once."""
        self._ask("get_run", run_id)
        return {"metrics": self._ask_many("get_metric_history", run_id, key)}

    def version(self, name: str, version: str) -> dict[str, Any]:
        """One registered version."""
        return self._ask("get_model_version", name, version)

    def version_by_alias(self, name: str, alias: str) -> dict[str, Any]:
        """The registered version that an alias leads to."""
        return self._ask("get_model_version_by_alias", name, alias)

    def versions_of(self, run_id: str) -> list[dict[str, Any]]:
        """Registered versions that came of a run."""
        return self._ask_many("search_model_versions", f"run_id='{run_id}'", 100)

    def logged_model(self, model_id: str) -> dict[str, Any]:
        """A logged model: its `info`."""
        return self._ask("get_logged_model", model_id)["info"]

    def entries(self, root: str, path: str) -> list[dict[str, Any]]:
        """Files and folders directly below a folder; `path` in them is the bare name."""
        folder = self._inside(root, path)
        if not folder.is_dir():
            return []
        return [
            {
                "path": found.name,
                "is_dir": found.is_dir(),
                "file_size": None if found.is_dir() else found.stat().st_size,
            }
            for found in sorted(folder.iterdir())
        ]

    def read(self, root: str, path: str, limit: int) -> bytes:
        """A small file."""
        file = self._file_at(root, path)
        if file.stat().st_size > limit:
            raise UpstreamFailed(f"The file {path} has more than {limit} bytes.")
        return file.read_bytes()

    def open(self, root: str, path: str) -> ArtifactStream:
        """A file of any size, streamed."""
        file = self._file_at(root, path)
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        stream = file.open("rb")

        def chunks() -> Iterator[bytes]:
            with stream:
                while chunk := stream.read(CHUNK):
                    yield chunk

        return ArtifactStream(path.rsplit("/", 1)[-1], file.stat().st_size, media_type, chunks(), stream.close)

    def _file_at(self, root: str, path: str) -> Path:
        file = self._inside(root, path)
        if not file.is_file():
            raise NotFound(f"MLflow has no file {path}.")
        return file

    def _inside(self, root: str, path: str) -> Path:
        """The path on disk; a link must not lead out of the root either."""
        parts = urlsplit(root)
        if parts.scheme not in ("", "file"):
            raise UpstreamFailed(f"These files are kept at {parts.scheme}:, which cannot be read from here.")
        top = Path(unquote(parts.path) if parts.scheme else root).resolve()
        found = (top / path).resolve()
        if not found.is_relative_to(top):
            raise NotFound(f"MLflow has no file {path}.")
        return found

    def _ask(self, method: str, *arguments: Any) -> Any:
        return _as_rest(self._call(method, arguments))

    def _ask_many(self, method: str, *arguments: Any) -> list[Any]:
        return [_as_rest(found) for found in self._call(method, arguments)]

    def _call(self, method: str, arguments: tuple[Any, ...]) -> Any:
        if not self._file.exists():
            raise NotFound("Nothing has been logged to MLflow yet.")
        try:
            return getattr(self._client, method)(*arguments)
        except Exception as error:
            raise _translated(error) from error


def _translated(error: Exception) -> DomainError:
    code = getattr(error, "error_code", "")
    message = str(getattr(error, "message", ""))[:300]
    if code in MISSING:
        return NotFound(f"MLflow does not know it: {message}")
    return UpstreamFailed(f"The MLflow store cannot be read: {message or type(error).__name__}.")


def _as_rest(found: Any) -> dict[str, Any]:
    """What the server would have answered for this object."""
    from mlflow.utils.proto_json_utils import message_to_json  # noqa: PLC0415 - comes with mlflow, which is loaded late

    return orjson.loads(message_to_json(found.to_proto()))
