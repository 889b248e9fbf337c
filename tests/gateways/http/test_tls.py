"""TLS is always verified, for the name in the URL, by the public authorities or by the one private CA that is named."""

import datetime
import ssl
from pathlib import Path

import pytest

from app.core.errors import Unavailable
from app.gateways import http
from app.gateways.http import Failed, Rules
from tests.gateways.http.servers import PUBLIC, Authority, Server, World, answer


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def trusting(authority: Authority) -> Rules:
    return Rules(ca_file=str(authority.file))


def test_a_private_ca_is_trusted_where_it_is_named_and_nowhere_else(world: World, authority: Authority) -> None:
    server = world.put("a.example", Server(answer("200 OK", b"safe"), authority.context("a.example")))
    assert http.fetch("GET", "https://a.example/", rules=trusting(authority)).body == b"safe"
    with pytest.raises(Failed, match=r"a\.example has a certificate that is not trusted") as caught:
        http.fetch("GET", "https://a.example/")
    assert caught.value.reason == "tls"
    assert len(server.requests) == 1


def test_the_name_of_the_host_stays_while_the_address_is_pinned(world: World, authority: Authority) -> None:
    server = world.put("a.example", Server(context=authority.context("a.example")), port=8443)
    http.fetch("GET", "https://A.example.:8443/x", rules=trusting(authority))
    assert world.dialled == [(PUBLIC, 8443)]
    assert server.names == ["a.example"]
    assert b"\r\nHost: a.example:8443\r\n" in server.requests[0]


def test_redirects_within_the_host_are_verified_too(world: World, authority: Authority) -> None:
    steps = iter([answer("302 Found", b"", "Location: /b"), answer("200 OK", b"there")])
    world.put("a.example", Server(lambda c: next(steps)(c), authority.context("a.example")))
    found = http.fetch("GET", "https://a.example/a", rules=trusting(authority))
    assert (found.body, found.url) == (b"there", "https://a.example/b")


@pytest.mark.parametrize("names", [["b.example"], ["*.a.example"], [PUBLIC]])
def test_a_certificate_for_another_name_is_refused(world: World, authority: Authority, names: list[str]) -> None:
    server = world.put("a.example", Server(context=authority.context(*names)))
    with pytest.raises(Failed, match="not trusted"):
        http.fetch("GET", "https://a.example/", rules=trusting(authority))
    assert server.requests == []


def test_an_address_in_the_url_must_stand_in_the_certificate(world: World, authority: Authority) -> None:
    rules = trusting(authority)
    world.put("a.example", Server(context=authority.context(PUBLIC)))
    assert http.fetch("GET", f"https://{PUBLIC}/", rules=rules).body == b"hit"
    world.put("a.example", Server(context=authority.context("a.example")))
    with pytest.raises(Failed):
        http.fetch("GET", f"https://{PUBLIC}/", rules=rules)


def test_an_expired_certificate_and_another_authority_are_refused(
    world: World, authority: Authority, tmp_path: Path
) -> None:
    world.put("old.example", Server(context=authority.context("old.example", valid=datetime.timedelta(hours=-1))))
    with pytest.raises(Failed, match="expired"):
        http.fetch("GET", "https://old.example/", rules=trusting(authority))
    other = Authority(tmp_path, "another CA")
    world.put("a.example", Server(context=authority.context("a.example")))
    with pytest.raises(Failed, match="not trusted"):
        http.fetch("GET", "https://a.example/", rules=trusting(other))


def test_an_old_protocol_and_what_is_no_tls_are_refused(world: World, authority: Authority) -> None:
    context = authority.context("a.example")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    for server in (Server(context=context), Server()):
        world.put("a.example", server)
        with pytest.raises(Failed, match=r"a\.example does not speak TLS") as caught:
            http.fetch("GET", "https://a.example/", timeout=1, rules=trusting(authority))
        assert caught.value.reason == "tls"


def test_a_ca_file_that_cannot_be_read_is_named(world: World, tmp_path: Path) -> None:
    world.put("a.example", Server())
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(Unavailable, match=name):
            http.fetch("GET", "https://a.example/", rules=Rules(ca_file=str(tmp_path / name)))


def test_a_ca_file_that_was_replaced_counts_at_once(world: World, authority: Authority, tmp_path: Path) -> None:
    world.put("a.example", Server(context=authority.context("a.example")))
    file = tmp_path / "used.pem"
    file.write_bytes(Authority(tmp_path, "the old CA").file.read_bytes())
    rules = Rules(ca_file=str(file))
    with pytest.raises(Failed):
        http.fetch("GET", "https://a.example/", rules=rules)
    file.write_bytes(authority.file.read_bytes())
    assert http.fetch("GET", "https://a.example/", rules=rules).body == b"hit"
