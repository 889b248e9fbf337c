"""What goes in and out of the guard, and its errors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from app.core.errors import FieldError, Invalid, UpstreamFailed, UpstreamTimeout

Address = IPv4Address | IPv6Address
Reason = Literal["name", "connection", "tls", "protocol", "too large", "media type"]


class Refused(Invalid):
    """422: the URL itself may not be fetched; `errors` points at the field that holds it."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"The URL {detail}", errors=[FieldError(pointer, f"The URL {detail}")])


class Failed(UpstreamFailed):
    """502: the host in the message answered badly or not at all; `reason` is its class, for states and counters."""

    def __init__(self, host: str, reason: Reason, detail: str) -> None:
        super().__init__(f"{host} {detail}")
        self.reason = reason


class Late(UpstreamTimeout):
    """504: the host in the message did not answer completely in its time."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} did not answer in time. Try again later.")
        self.reason = "timeout"


@dataclass(frozen=True)
class Rules:
    """How one call differs from the usual.

    plain: http is accepted for any address, not only for those of OUTBOUND_ALLOW.
    ca_file: PEM file of the authorities that are trusted here, instead of the public ones.
    pointer: where the caller's caller finds the URL, for errors.
    """

    plain: bool = False
    ca_file: str | None = None
    pointer: str = "/url"


@dataclass(frozen=True)
class Request:
    """One request with its caps: seconds for everything together, bytes for the decoded body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 5.0
    max_bytes: int = 1024 * 1024
    accept_types: Sequence[str] | None = None
    rules: Rules = Rules()


@dataclass(frozen=True)
class Target:
    """A URL in canonical form. `address` is set where the host is written as one."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole of it; a fragment was dropped."""
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True)
class Answer:
    """A whole answer. Names of headers are in lower case; `url` is the one that answered, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True)
class Streamed:
    """An answer whose body is read piece by piece; reading may raise Failed or Late."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    url: str
