"""HTTP to one MLflow server: connections kept alive, bodies capped, calls that can be cut off, errors in our own words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import orjson
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from app.core.errors import DomainError, NotFound, UpstreamFailed, UpstreamTimeout

T = TypeVar("T")
CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0
MAX_JSON = 32 * 1024 * 1024
CHUNK = 256 * 1024
HOST_HINT = " It may not know the name that it is called by: start it with --allowed-hosts."

_call = threading.local()


class _Cuttable:
    """A connection that notes itself in the call that uses it, so that the call can be cut off from another thread."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        getattr(_call, "connections", []).append(self)
        return super().request(*args, **kwargs)  # type: ignore[misc]


class _Plain(_Cuttable, HTTPConnection):
    pass


class _Secure(_Cuttable, HTTPSConnection):
    pass


@contextmanager
def noting(connections: list[Any]) -> Iterator[None]:
    """Within this block, on this thread, connections note themselves in the list."""
    _call.connections = connections
    try:
        yield
    finally:
        _call.connections = []


def cut(connections: list[Any]) -> None:
    """Break off whatever these connections are waiting for."""
    for connection in connections:
        if connection.sock is not None:
            try:
                connection.sock.shutdown(2)
            except OSError:  # it has just ended by itself
                continue


class Server:
    """One MLflow server, below one address; safe for many threads."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "quaymaster"}
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers |= urllib3.make_headers(basic_auth=login)
        secure = parts.scheme == "https"
        kind = HTTPSConnectionPool if secure else HTTPConnectionPool
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = kind(parts.hostname or "", parts.port, timeout=timeout, maxsize=32, retries=False)
        self._pool.ConnectionCls = _Secure if secure else _Plain

    def json(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """The JSON object at a path of the API; raises NotFound, UpstreamFailed or UpstreamTimeout."""
        return self._translated(lambda: self._json(path, query))

    def read(self, path: str, limit: int) -> bytes:
        """A small file; raises UpstreamFailed when it has more than `limit` bytes."""
        return self._translated(lambda: _whole(self._get(path, {}), limit))

    def open(self, path: str) -> BaseHTTPResponse:
        """A response whose body has not been read; the caller closes it."""
        return self._translated(lambda: self._get(path, {}))

    def _json(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        response = self._get(path, {key: value for key, value in query.items() if value is not None})
        body = _whole(response, MAX_JSON)
        try:
            found = orjson.loads(body)
        except ValueError as error:
            raise UpstreamFailed("MLflow answered something that is not JSON. Is MLFLOW_TRACKING_URI right?") from error
        if not isinstance(found, dict):
            raise UpstreamFailed("MLflow answered JSON that is no object.")
        return found

    def _get(self, path: str, query: dict[str, Any]) -> BaseHTTPResponse:
        target = f"{self._prefix}{quote(path)}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        response = self._pool.urlopen(
            "GET", target, headers=self._headers, redirect=False, preload_content=False, decode_content=True
        )
        if response.status != 200:
            raise _failure(response)
        return response

    def _translated(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except DomainError:
            raise
        except (urllib3.exceptions.HTTPError, OSError, AttributeError) as error:
            # AttributeError: urllib3 meets a connection that was cut off under it
            timeout = isinstance(error, urllib3.exceptions.TimeoutError)
            # a refused connection is a kind of timeout to urllib3
            if timeout and not isinstance(error, urllib3.exceptions.NewConnectionError):
                raise UpstreamTimeout("MLflow did not answer in time.") from error
            raise UpstreamFailed("MLflow cannot be reached, or broke the connection off.") from error


def _whole(response: BaseHTTPResponse, limit: int) -> bytes:
    body = bytearray()
    try:
        while len(body) <= limit and (chunk := response.read(CHUNK)):
            body += chunk
    except BaseException:
        response.close()
        raise
    if len(body) > limit:
        response.close()
        raise UpstreamFailed(f"MLflow answered with more than {limit} bytes.")
    response.release_conn()
    return bytes(body)


def _failure(response: BaseHTTPResponse) -> DomainError:
    try:
        answer = orjson.loads(response.read(64 * 1024))
        message = str(answer.get("message", ""))[:300] if isinstance(answer, dict) else ""
    except ValueError:
        message = ""
    finally:
        response.close()
    if response.status in (400, 404):  # version 2 says 400 of an alias that does not exist
        return NotFound(f"MLflow does not know it: {message or 'not found'}")
    hint = HOST_HINT if response.status == 403 else ""
    return UpstreamFailed(f"MLflow answered {response.status}. {message}{hint}".strip())
