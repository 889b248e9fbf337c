"""The guard itself: read the URL, look its host up once, judge every address, speak to what was judged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from socket import socket

import structlog

from app.gateways.http import lookup, sockets, tls, urls
from app.gateways.http.addresses import is_public
from app.gateways.http.allow_list import AllowList
from app.gateways.http.exchange import Exchange, check, in_our_words
from app.gateways.http.lookup import Resolver
from app.gateways.http.sockets import Connector, Meter
from app.gateways.http.values import Address, Failed, Refused, Request, Streamed, Target

MAX_REDIRECTS = 3
MAX_ADDRESSES = 64  # judged; more is no honest answer
MAX_TRIED = 4
_REDIRECTS = (301, 302, 303, 307, 308)
log = structlog.get_logger()


class Client:
    """Fetches by one allow-list. Nothing is kept between calls, so threads and forked processes may share it."""

    def __init__(
        self, allow: Sequence[str], resolver: Resolver = lookup.resolve, connector: Connector = sockets.dial
    ) -> None:
        self._allow = AllowList(allow)
        self._resolver, self._connector = resolver, connector
        if entries := list(self._allow):
            log.info("outbound addresses allowed", entries=entries)

    @contextmanager
    def stream(self, request: Request) -> Iterator[Streamed]:
        """The answer to a request, its body unread; the connection ends with the block."""
        check(request)
        exchange = self._followed(request)
        try:
            yield exchange.streamed()
        finally:
            exchange.close()

    def _followed(self, request: Request) -> Exchange:
        """Redirects are followed for GET and HEAD on the same scheme, host and port; all others are the answer."""
        target = urls.parse(request.url, request.rules.pointer)
        meter = Meter(target.host, request.timeout)
        for _ in range(MAX_REDIRECTS):
            exchange = self._exchange(target, request, meter)
            if request.method not in ("GET", "HEAD") or exchange.status not in _REDIRECTS:
                return exchange
            found = urls.onward(target, exchange.headers.get("location", ""))
            if found is None:
                return exchange
            exchange.close()
            target = found
        return self._exchange(target, request, meter)

    def _exchange(self, target: Target, request: Request, meter: Meter) -> Exchange:
        addresses = self._judged(target, request, meter)
        with in_our_words(target.host):
            connection: socket = sockets.connect(self._connector, target, addresses, meter)
            if target.scheme == "https":
                connection = tls.secure(connection, target.host, request.rules.ca_file, meter)
        return Exchange(connection, target, request, meter)

    def _judged(self, target: Target, request: Request, meter: Meter) -> list[str]:
        """The addresses to connect to, in numbers; raises Refused when one of all is not allowed."""
        found = [target.address] if target.address else self._addresses(target, meter)
        for address in found:
            objection = self._allow.objection(target, address, plain=request.rules.plain)
            if objection:
                log.warning("outbound request refused", host=target.host, port=target.port, address=str(address))
                raise Refused(request.rules.pointer, objection)
            if not is_public(address):
                log.info("outbound request by OUTBOUND_ALLOW", host=target.host, port=target.port, address=str(address))
        return [str(address) for address in found[:MAX_TRIED]]

    def _addresses(self, target: Target, meter: Meter) -> list[Address]:
        texts = lookup.look_up(self._resolver, target, meter)
        if not texts or len(texts) > MAX_ADDRESSES:
            raise Failed(target.host, "name", "has no address, or too many: is its name right?")
        return [ip_address(text) for text in dict.fromkeys(texts)]
