"""OUTBOUND_ALLOW: what the operator opens besides the public internet."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from app.core.config import ConfigError
from app.gateways.http.addresses import is_public, is_usual_port, may_go_by_name, meant
from app.gateways.http.urls import canonical_host
from app.gateways.http.values import Address, Target

_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^\[\]:]+)(?::([0-9]{1,5}))?")


@dataclass(frozen=True)
class Entry:
    """A network or a host name, on one port or (0) on any usual one."""

    network: IPv4Network | IPv6Network | None
    host: str
    port: int

    def opens(self, target: Target, address: Address) -> bool:
        """True when it lets this target be fetched from this address."""
        if self.port not in (0, target.port):
            return False
        if self.network is not None:
            return meant(address) in self.network
        return self.host == target.host and may_go_by_name(address)


class AllowList:
    """The entries: host names, addresses, networks (10.0.0.0/8), and host:port, which also opens an unusual port."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Raises ConfigError with the entry that cannot be read."""
        self._entries = tuple(_entry(text.strip()) for text in texts if text.strip())

    def objection(self, target: Target, address: Address, *, plain: bool) -> str:
        """Why the target may not be fetched from that address; empty when it may."""
        opening = [entry for entry in self._entries if entry.opens(target, address)]
        if not opening and not is_public(address):
            return f"leads to an address that is not allowed; the operator can add {target.host} to OUTBOUND_ALLOW."
        if not is_usual_port(target.port) and not any(entry.port for entry in opening):
            return f"has a port that is not allowed; the operator can add {target.authority} to OUTBOUND_ALLOW."
        if target.scheme == "http" and not plain and not opening:
            return f"must start with https://, unless the operator adds {target.host} to OUTBOUND_ALLOW."
        return ""

    def __iter__(self) -> Iterator[str]:
        """The entries as text, for the log."""
        for entry in self._entries:
            yield str(entry.network or entry.host) + (f" port {entry.port}" if entry.port else "")


def _entry(text: str) -> Entry:
    try:
        return Entry(ip_network(text), "", 0)
    except ValueError as error:
        if "/" in text:
            raise ConfigError(f"OUTBOUND_ALLOW: {text} is no network: {error}.") from error
    found = _WITH_PORT.fullmatch(text)
    if not found:
        raise ConfigError(f"OUTBOUND_ALLOW: {text} is no host name, address, network or host:port.")
    try:
        host, address = canonical_host(found[1])
    except ValueError as error:
        raise ConfigError(f"OUTBOUND_ALLOW: {text} {error}.") from error
    port = int(found[2] or 0)
    if port > 65535 or (found[2] and not port):
        raise ConfigError(f"OUTBOUND_ALLOW: {text} has a port that does not exist.")
    return Entry(ip_network(meant(address)) if address else None, host, port)
