"""Which addresses and ports are open to everyone on the internet.

Networks follow the IANA special-purpose registries for IPv4 and IPv6. They stand here, not only in `ipaddress`, because
`is_global` there is true of multicast, 6to4, NAT64 and site-local addresses. Ports follow the Fetch standard.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from app.gateways.http.values import Address

_CLOSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers, and metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's platform service, on every machine there
        "169.254.0.0/16",  # link-local, and metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments, with Teredo and ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)
_UNICAST = ip_network("2000::/3")  # of IPv6, nothing else has been given out for global use
_WRAPPING = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))  # IPv4-mapped, NAT64
_NEVER_BY_NAME = tuple(ip_network(n) for n in ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "fe80::/10", "ff00::/8"))
# of the Fetch standard's bad ports those above 1023: mail, calls, chat, X11 and others that could mistake a request
_BAD_PORTS = frozenset(
    [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080]
)


def meant(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped or NAT64 one leads to; any other as it is."""
    if isinstance(address, IPv6Address) and any(address in network for network in _WRAPPING):
        return ip_address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """True of an address that anyone on the internet could reach as well as we."""
    address = meant(address)
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _UNICAST):
        return False
    return address.is_global and not any(address in network for network in _CLOSED)


def may_go_by_name(address: Address) -> bool:
    """False of link-local and the like: to list a host name must not open a cloud's metadata service."""
    return not any(meant(address) in network for network in _NEVER_BY_NAME)


def is_usual_port(port: int) -> bool:
    """80, 443, and from 1024 on what no other known protocol listens on."""
    return port in (80, 443) or (port >= 1024 and port not in _BAD_PORTS)
