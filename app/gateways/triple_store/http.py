"""HTTP to one SPARQL 1.1 server: bodies capped, time bounded, errors in our own words."""

import os
import time
from http.cookiejar import DefaultCookiePolicy
from typing import NoReturn

import requests
import urllib3

from app.core.errors import Unavailable, UpstreamFailed
from app.gateways.triple_store.values import SECONDS, QueryRefused, out_of_bytes, out_of_time

CONNECT_SECONDS = 2.0
UPDATE_SECONDS = 120.0
PIECE = 64 * 1024
MAX_WIRE = 16_000_000  # of an answer before it is written in the format asked for; servers indent their JSON
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
Fields = list[tuple[str, str]]


class Endpoint:
    """The two addresses of a dataset. Threads share its connections; a forked process makes its own."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: requests.Session | None = None
        self._pid = 0

    def ask(self, fields: Fields, accept: str) -> bytes:
        """The answer to a query, within five seconds."""
        return self._post("query", fields, accept, SECONDS)

    def change(self, text: str) -> None:
        """Run an update."""
        self._post("update", [("update", text)], "*/*", UPDATE_SECONDS)

    def close(self) -> None:
        """Close the connections of this process."""
        if self._session is not None and self._pid == os.getpid():
            self._session.close()
        self._session = None

    def _post(self, what: str, fields: Fields, accept: str, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        try:
            with self._sent(what, fields, accept, seconds) as response:
                body = _body(response, end)
                if response.status_code >= 300:
                    _fail(response.status_code, body, what, end)
                return body
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise _down(error) from error
        except requests.Timeout as error:
            raise _late(what) from error
        except _BROKEN as error:
            if time.monotonic() > end - SECONDS / 5 and not isinstance(error, requests.ConnectionError):
                raise _late(what) from error  # the server cut it off when its time was over
            raise _down(error) from error

    def _sent(self, what: str, fields: Fields, accept: str, seconds: float) -> requests.Response:
        return self._connections().post(
            f"{self._url}/{what}",
            data=fields,
            headers={"Accept": accept, "User-Agent": "quaymaster", "Timeout": f"{seconds:g}"},  # Fuseki reads the last
            timeout=(CONNECT_SECONDS, seconds),
            allow_redirects=False,
            stream=True,
        )

    def _connections(self) -> requests.Session:
        if self._session is None or self._pid != os.getpid():
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.mount(self._url, requests.adapters.HTTPAdapter(pool_maxsize=16))
            self._session, self._pid = session, os.getpid()
        return self._session


def _body(response: requests.Response, end: float) -> bytes:
    pieces, size = [], 0
    while piece := response.raw.read1(PIECE, decode_content=True):
        size += len(piece)
        if size > MAX_WIRE:
            raise out_of_bytes()
        if time.monotonic() > end:
            raise out_of_time()
        pieces.append(piece)
    return b"".join(pieces)


def _fail(status: int, body: bytes, what: str, end: float) -> NoReturn:
    message = " ".join(body.decode(errors="replace").split())[:500]
    if what == "query" and status == 400:
        raise QueryRefused(f"The query is not valid SPARQL 1.1: {message}")
    if what == "query" and status in (408, 500, 503, 504) and time.monotonic() > end - SECONDS / 5:
        raise out_of_time()
    if status == 503:
        raise Unavailable(f"The SPARQL server is not available: {message}", retry_after=5)
    hint = " See TRIPLE_STORE_URL." if status in (301, 302, 303, 307, 308, 401, 403, 404, 405) else ""
    raise UpstreamFailed(f"The SPARQL server answered {status} to a {what}: {message}{hint}")


def _late(what: str) -> Exception:
    if what == "query":
        return out_of_time()
    return Unavailable(f"The SPARQL server did not end an update within {UPDATE_SECONDS:g} s.", retry_after=30)


def _down(error: Exception) -> Unavailable:
    return Unavailable(
        f"The SPARQL server cannot be reached ({type(error).__name__}). See TRIPLE_STORE_URL.", retry_after=5
    )
