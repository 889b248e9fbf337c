"""URLs of strangers: one strict reading, so that no two parts of the service understand a URL differently.

Only http and https, no user information, no control or space characters, no backslash. Hosts are lower-cased, mapped by
UTS 46 and lose one trailing dot. IPv4 addresses are four decimal numbers; what the WHATWG URL standard would also read as
one (decimal, octal, hexadecimal, fewer parts) is refused, since resolvers differ on it.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from app.gateways.http.values import Address, Refused, Target

MAX_LENGTH = 4096
_UNSAFE = re.compile("[\x00-\x20\x7f-\xa0\\\\\u2028\u2029\ud800-\udfff]")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?)?.*")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT = "/%:@!$&'()*+,;=~?"


def parse(url: str, pointer: str = "/url") -> Target:
    """The URL in canonical form; raises Refused with what is wrong with it. Nothing is looked up."""
    try:
        return _parsed(url)
    except ValueError as error:
        raise Refused(pointer, f"{error}.") from error


def onward(target: Target, location: str) -> Target | None:
    """Where a redirect leads when that is the same scheme, host and port, else nothing."""
    if not location or _UNSAFE.search(location):
        return None
    try:
        found = _parsed(urljoin(target.url, location))
    except ValueError:
        return None
    same = (found.scheme, found.host, found.port) == (target.scheme, target.host, target.port)
    return found if same else None


def canonical_host(text: str) -> tuple[str, Address | None]:
    """A host name or an address (IPv6 in brackets) in canonical form; raises ValueError with what is wrong."""
    if text.startswith("["):
        try:
            address = IPv6Address(text[1:-1])
        except ValueError as error:
            raise ValueError("has no valid IPv6 address between its brackets") from error
        return str(address), address
    name = _mapped(text).lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(name)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("has no valid host name")
    return name, None


def _mapped(text: str) -> str:
    if text.isascii():
        return text
    try:
        return idna.encode(text, uts46=True).decode()
    except UnicodeError as error:
        raise ValueError("has no valid host name") from error


def _ipv4(name: str) -> tuple[str, Address]:
    try:
        address = IPv4Address(name)
    except ValueError as error:
        raise ValueError("has an oddly written IPv4 address: write four decimal numbers") from error
    return str(address), address


def _parsed(url: str) -> Target:
    if len(url) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    if _UNSAFE.search(url):
        raise ValueError("has a space, a control character or a backslash: percent-encode it")
    found = _URL.fullmatch(url)
    scheme = found[1].lower() if found else ""
    if not found or scheme not in ("http", "https"):
        raise ValueError("must start with https:// or http://")
    host, address, port = _authority(found[2] or "")
    path = quote((found[3] or "/") + (found[4] or ""), safe=_KEPT)
    return Target(scheme, host, port or {"http": 80, "https": 443}[scheme], path, address)


def _authority(text: str) -> tuple[str, Address | None, int]:
    if "@" in text:
        raise ValueError("must not hold a user name or a password")
    found = _AUTHORITY.fullmatch(text)
    if not found:
        raise ValueError("has no valid host and port")
    host, address = canonical_host(found[1])
    port = int(found[2]) if found[2] else 0
    if found[2] and not 0 < port < 65536:
        raise ValueError("has a port that does not exist: use 1 to 65535")
    return host, address, port
