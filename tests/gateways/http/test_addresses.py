"""Which addresses and ports the whole internet can reach."""

from ipaddress import ip_address, ip_network

import pytest

from app.gateways.http.addresses import is_public, is_usual_port, may_go_by_name, meant

CLOSED = (
    "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254 "
    "168.63.129.16 169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.2.1 192.88.99.1 "
    "192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 "
    ":: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 "
    "64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 "
    "2002:7f00:1::1 2002:808:808::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 "
    "2606:4700::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1"
)
OPEN = (
    "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.215.14 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.255.255 "
    "169.255.0.1 172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.254 "
    "2606:4700::1 2001:4860:4860::8888 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8"
)


@pytest.mark.parametrize("address", CLOSED.split())
def test_an_address_of_our_own_surroundings_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OPEN.split())
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "network", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"]
)
def test_private_networks_are_closed_to_their_last_address(network: str) -> None:
    found = ip_network(network)
    assert not is_public(found[0]) and not is_public(found[-1])


def test_a_mapped_address_means_its_ipv4_address() -> None:
    assert str(meant(ip_address("::ffff:10.1.2.3"))) == "10.1.2.3"
    assert str(meant(ip_address("64:ff9b::10.1.2.3"))) == "10.1.2.3"
    assert str(meant(ip_address("2606:4700::1"))) == "2606:4700::1"


def test_a_listed_name_may_lead_to_a_private_address_but_not_to_metadata() -> None:
    assert may_go_by_name(ip_address("10.1.2.3")) and may_go_by_name(ip_address("127.0.0.1"))
    assert may_go_by_name(ip_address("fd12::1"))
    closed = ("169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "ff02::1")
    assert [address for address in closed if may_go_by_name(ip_address(address))] == []


def test_usual_ports_are_those_of_the_web_and_the_high_ones() -> None:
    assert all(is_usual_port(port) for port in (80, 443, 1024, 5000, 8080, 8443, 9000, 65535))
    assert not any(
        is_usual_port(port) for port in (0, 1, 21, 22, 23, 25, 53, 110, 445, 587, 1023, 2049, 5060, 6000, 6667)
    )
