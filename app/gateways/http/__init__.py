"""The one way out for URLs that come from requests, rows, bundles and documents; the operator's settings need no guard.

- The URL is http or https, without user information, in plain spelling (see `urls`); 80, 443 and ports from 1024 on.
- http is accepted where OUTBOUND_ALLOW opens the address, or where the caller asks for it by `Rules(plain=True)`.
- Every address of the host is public, or opened by OUTBOUND_ALLOW. It is looked up once, and the connection goes to what
  was judged; TLS and the Host header keep the host's name. TLS is always verified.
- Redirects are followed for GET and HEAD within the same scheme, host and port, at most three, each judged anew. All
  others come back as the answer.
- One time for everything, from the look-up to the last byte; one size for the decoded body, 64 KiB for its head.
- No proxies, logins or authorities from the environment, no cookies, no connection kept.

Raises Refused (422) for what the URL is, Failed (502) and Late (504) for what its host did, with a `reason` class. Both name
the host, neither has a word of its answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from app.gateways.http import lookup, sockets, urls
from app.gateways.http.client import Client
from app.gateways.http.lookup import Resolver
from app.gateways.http.sockets import Connector
from app.gateways.http.values import Answer, Failed, Late, Refused, Request, Rules, Streamed

__all__ = ["Answer", "Failed", "Late", "Refused", "Rules", "Streamed", "check_url", "configure", "fetch", "stream"]

TIMEOUT = 5.0
MAX_BYTES = 1024 * 1024
USUAL = Rules()
_state: dict[str, Client] = {"client": Client(())}


def configure(
    allow: Sequence[str], *, resolver: Resolver = lookup.resolve, connector: Connector = sockets.dial
) -> None:
    """Open what OUTBOUND_ALLOW lists: host names, addresses, networks, host:port. Raises ConfigError with a bad entry.

    The resolver and the connector are given by tests only.
    """
    _state["client"] = Client(allow, resolver, connector)


def check_url(url: str, pointer: str = "/url") -> str:
    """The URL in canonical form, for storing; raises Refused. Nothing is looked up: addresses are judged when it is used."""
    return urls.parse(url, pointer).url


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = TIMEOUT,
    max_bytes: int = MAX_BYTES,
    accept_types: Sequence[str] | None = None,
    rules: Rules = USUAL,
) -> Answer:
    """The whole answer, whatever its status, within `timeout` seconds and `max_bytes` of decoded body.

    `accept_types` (`application/json`, `text/*`) are asked for, and a 2xx answer of another type raises Failed.
    """
    with stream(
        method,
        url,
        headers=headers,
        body=body,
        timeout=timeout,
        max_bytes=max_bytes,
        accept_types=accept_types,
        rules=rules,
    ) as found:
        return Answer(found.status, found.headers, b"".join(found.chunks), found.url)


@contextmanager
def stream(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = TIMEOUT,
    max_bytes: int = MAX_BYTES,
    accept_types: Sequence[str] | None = None,
    rules: Rules = USUAL,
) -> Iterator[Streamed]:
    """As `fetch`, for bodies that are passed on in pieces of up to 64 KiB.

    The time counts what the caller does in between, so give as much as the whole may take. Pieces that were read before
    a limit was hit have been handed out already: the caller drops them when reading raises.
    """
    request = Request(method, url, headers or {}, body, timeout, max_bytes, accept_types, rules)
    with _state["client"].stream(request) as found:
        yield found
