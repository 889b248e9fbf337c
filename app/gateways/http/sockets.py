"""Connections to one checked address: dialled by number, cut off when their time or their allowance of bytes is used up."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from app.gateways.http.values import Failed, Late, Target

Connector = Callable[[str, int, float], socket.socket]
CONNECT_SECONDS = 2.0


class Meter:
    """The time and the bytes that are left of one exchange, over all reads and writes, however small each is."""

    def __init__(self, host: str, seconds: float) -> None:
        self.host = host
        self.allowance = 0
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left; raises Late when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Late(self.host)
        return left

    def count(self, size: int) -> None:
        """Note bytes that came in; raises Failed when they were too many."""
        self.allowance -= size
        if self.allowance < 0:
            raise Failed(self.host, "too large", "sent more than is read from it.")


class _Metered:
    """A socket that asks its meter before each call."""

    meter: Meter | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        size: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        if self.meter is not None:
            self.meter.count(size)
        return size

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        sent: int = super().send(*args, **kwargs)  # type: ignore[misc]
        return sent

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().sendall(*args, **kwargs)  # type: ignore[misc]

    def _arm(self) -> None:
        if self.meter is not None:
            self.settimeout(self.meter.left())  # type: ignore[attr-defined]


class _Plain(_Metered, socket.socket):
    pass


class Secure(_Metered, ssl.SSLSocket):
    """A metered socket that speaks TLS; made by a context."""


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection to an address given in numbers; nothing is looked up."""
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((address, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(connector: Connector, target: Target, addresses: Sequence[str], meter: Meter) -> socket.socket:
    """A connection to the first address that takes one; raises OSError of the last when none does."""
    refusal: OSError = OSError("no address")
    for address in addresses:
        try:
            dialled = connector(address, target.port, min(CONNECT_SECONDS, meter.left()))
        except OSError as error:
            refusal = error
            continue
        connection = _Plain(fileno=dialled.detach())
        connection.meter = meter
        return connection
    raise refusal
