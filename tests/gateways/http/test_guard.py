"""Who is spoken to: the checklist's S16, S17, S19 and S20, redirects, pinning. The canary must never be hit."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.core.config import ConfigError
from app.core.errors import DomainError, Invalid
from app.gateways import http
from app.gateways.http import Failed, Refused, Rules
from tests.gateways.http.servers import PUBLIC, PUBLIC_V6, Server, World, answer

PLAIN = Rules(plain=True)
Allow = Callable[..., None]
_FORBIDDEN = (
    "127.0.0.1 127.8.8.8 0.0.0.0 169.254.169.254 10.1.2.3 172.16.0.1 172.31.0.1 192.168.1.1 100.64.0.1 255.255.255.255 "
    "[::1] [::] [fc00::1] [fd00:ec2::254] [fe80::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] "
    "[2002:7f00:1::] [ff02::1] 2130706433 0x7f.1 0x7f000001 017700000001 127.1 user@127.0.0.1 93.184.215.14@127.0.0.1 "
    "127.0.0.1. \uff11\uff12\uff17.0.0.1 \u2460\u2461\u2466\u30020.0.1"
)
FORBIDDEN = _FORBIDDEN.split()


@pytest.mark.parametrize("host", FORBIDDEN, ids=ascii)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_s16_an_address_of_our_own_surroundings_is_never_fetched(world: World, scheme: str, host: str) -> None:
    for port in ("", ":8080", f":{world.canary.port}"):
        with pytest.raises(Refused) as caught:
            http.fetch("GET", f"{scheme}://{host}{port}/latest/meta-data", rules=Rules(plain=True, pointer="/webhook"))
        assert caught.value.errors[0].pointer == "/webhook"
    assert (world.dialled, world.canary.hits) == ([], 0)


@pytest.mark.parametrize("host", [h.strip("[]") for h in FORBIDDEN[:21]])
def test_s16_a_name_that_leads_there_is_never_fetched(world: World, host: str) -> None:
    world.names["innocent.example"] = [[host]]
    with pytest.raises(Refused, match="OUTBOUND_ALLOW"):
        http.fetch("GET", "http://innocent.example:8080/", rules=PLAIN)
    assert (world.dialled, world.canary.hits) == ([], 0)


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, PUBLIC_V6, "::1"]])
def test_s16_one_forbidden_address_of_several_is_enough(world: World, addresses: list[str]) -> None:
    world.names["mixed.example"] = [addresses]
    with pytest.raises(Refused):
        http.fetch("GET", "https://mixed.example/")
    assert world.dialled == []


def test_s16_a_forbidden_address_beyond_those_that_are_tried_is_seen_too(world: World) -> None:
    world.names["many.example"] = [[f"93.184.215.{n}" for n in range(20)] + ["10.0.0.1"]]
    with pytest.raises(Refused):
        http.fetch("GET", "https://many.example/")
    world.names["many.example"] = [[f"93.184.215.{n}" for n in range(65)]]
    with pytest.raises(Failed):
        http.fetch("GET", "https://many.example/")
    assert world.dialled == []


def test_s16_the_refusal_names_no_address_but_the_log_does(world: World) -> None:
    world.names["inner.example"] = [["10.1.2.3"]]
    with capture_logs() as logs, pytest.raises(Refused) as caught:
        http.fetch("GET", "https://inner.example/")
    assert "10.1.2.3" not in caught.value.detail
    assert [(entry["log_level"], entry["address"]) for entry in logs] == [("warning", "10.1.2.3")]


def test_s17_the_address_that_was_judged_is_the_one_that_is_dialled(world: World) -> None:
    server = world.put("rebinding.example", Server(answer("200 OK", b"right")), port=80)
    world.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    found = http.fetch("GET", "http://rebinding.example/", rules=PLAIN)
    assert (found.body, world.looked_up, world.dialled) == (b"right", ["rebinding.example"], [(PUBLIC, 80)])
    assert (
        server.requests[0].startswith(b"GET / HTTP/1.1\r\n")
        and b"\r\nHost: rebinding.example\r\n" in server.requests[0]
    )
    assert world.canary.hits == 0


def test_s17_a_redirect_within_the_host_is_judged_anew(world: World) -> None:
    world.put("rebinding.example", Server(answer("302 Found", b"", "Location: /again")), port=80)
    world.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    with pytest.raises(Refused):
        http.fetch("GET", "http://rebinding.example/", rules=PLAIN)
    assert (world.dialled, world.canary.hits) == ([(PUBLIC, 80)], 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_s17_a_redirect_to_the_canary_comes_back_as_the_answer(world: World, method: str, status: int) -> None:
    location = f"http://127.0.0.1:{world.canary.port}/"
    world.put("redirecting.example", Server(answer(f"{status} Go", b"", f"Location: {location}")), port=80)
    found = http.fetch(method, "http://redirecting.example/", rules=PLAIN)
    assert (found.status, found.headers["location"], found.url) == (status, location, "http://redirecting.example/")
    assert (len(world.dialled), world.canary.hits) == (1, 0)


@pytest.mark.parametrize(
    "location",
    ["//127.0.0.1/", "https://a.example/", "http://a.example:8080/", "http://a.example@127.0.0.1/", "file:///x", "::"],
)
def test_s17_no_redirect_leads_elsewhere(world: World, location: str) -> None:
    world.put("a.example", Server(answer("302 Found", b"", f"Location: {location}")), port=80)
    assert http.fetch("GET", "http://a.example/", rules=PLAIN).status in (302, 302)
    assert len(world.dialled) == (1 if location != "::" else 4)  # `::` is a relative path


def test_redirects_within_the_host_are_followed_three_times(world: World) -> None:
    steps = iter(range(1, 100))
    server = world.put("a.example", Server(lambda c: answer("307 Go", b"", f"Location: /{next(steps)}")(c)), port=80)
    found = http.fetch("GET", "http://a.example/", rules=PLAIN, headers={"X-Key": "k"})
    assert (found.status, found.url, server.hits) == (307, "http://a.example/3", 4)
    assert [request.split(b" ")[1] for request in server.requests] == [b"/", b"/1", b"/2", b"/3"]
    assert all(b"X-Key: k" in request for request in server.requests)


def test_a_post_is_never_sent_twice(world: World) -> None:
    server = world.put("a.example", Server(answer("307 Go", b"", "Location: /again")), port=80)
    found = http.fetch("POST", "http://a.example/", body=b"once", rules=PLAIN)
    assert (found.status, server.hits, server.requests[0].endswith(b"\r\n\r\nonce")) == (307, 1, True)


def test_s19_65_ports_of_a_private_host_look_the_same_and_none_is_dialled(world: World) -> None:
    world.names["inner.example"] = [["192.168.1.1"]]
    world.at["192.168.1.1", 8001] = None  # refuses
    seen = set()
    for port in [80, 443, *range(8000, 8063)]:
        with pytest.raises(DomainError) as caught:
            http.fetch("GET", f"http://inner.example:{port}/", rules=PLAIN)
        seen.add((type(caught.value), caught.value.detail))
    assert len(seen) == 1
    assert world.dialled == []


@pytest.mark.parametrize(
    ("entry", "url", "address"),
    [
        ("connector.lan", "http://connector.lan:8080/", "10.0.0.7"),
        ("Connector.LAN.", "http://connector.lan/", "10.0.0.7"),
        ("bücher.example", "http://xn--bcher-kva.example/", "10.0.0.7"),
        ("connector.lan:8449", "http://connector.lan:8449/", "10.0.0.7"),
        ("10.0.0.0/8", "http://connector.lan/", "10.0.0.7"),
        ("10.0.0.7", "http://10.0.0.7/", "10.0.0.7"),
        ("10.0.0.7:8080", "http://connector.lan:8080/", "10.0.0.7"),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.7]/", "::ffff:a00:7"),
        ("fd12::/16", "http://[fd12::7]:8080/", "fd12::7"),
        ("[fd12::7]:8080", "http://[fd12::7]:8080/", "fd12::7"),
        ("::1", "http://[::1]:8080/", "::1"),
        ("mail.lan:25", "http://mail.lan:25/", "10.0.0.7"),
        ("169.254.169.254", "http://169.254.169.254/", "169.254.169.254"),
    ],
)
def test_s20_what_the_operator_lists_works_and_is_off_by_default(
    world: World, allow: Allow, entry: str, url: str, address: str
) -> None:
    world.names = {name: [[address]] for name in ("connector.lan", "xn--bcher-kva.example", "mail.lan")}
    with pytest.raises(Refused):
        http.fetch("GET", url)
    assert world.canary.hits == 0
    with capture_logs() as logs:
        allow("", entry, "other.lan")
        assert http.fetch("GET", url).body == b"hit"
    assert [address for address, _ in world.dialled] == [address]
    assert [entry["event"] for entry in logs] == ["outbound addresses allowed", "outbound request by OUTBOUND_ALLOW"]


@pytest.mark.parametrize(
    ("entry", "url", "address"),
    [
        ("connector.lan", "http://sub.connector.lan/", "10.0.0.7"),
        ("connector.lan", "http://connector.lan.evil.example/", "10.0.0.7"),
        ("connector.lan:8080", "http://connector.lan:8081/", "10.0.0.7"),
        ("connector.lan", "http://10.0.0.7/", "10.0.0.7"),
        ("connector.lan", "http://connector.lan/", "169.254.169.254"),
        ("connector.lan", "http://connector.lan:25/", "10.0.0.7"),
        ("10.0.0.0/8", "http://connector.lan:25/", "10.0.0.7"),
        ("10.0.0.6", "http://connector.lan/", "10.0.0.7"),
        ("10.0.0.7:8080", "http://connector.lan:8081/", "10.0.0.7"),
        ("::1", "http://connector.lan/", "127.0.0.1"),
    ],
)
def test_s20_what_is_listed_opens_nothing_beside_it(
    world: World, allow: Allow, entry: str, url: str, address: str
) -> None:
    names = ("connector.lan", "sub.connector.lan", "connector.lan.evil.example")
    world.names = {name: [[address]] for name in names}
    allow(entry)
    with pytest.raises(Refused):
        http.fetch("GET", url, rules=PLAIN)
    assert world.canary.hits == 0


@pytest.mark.parametrize(
    "entry",
    [
        "10.0.0.1/8",
        "10.0.0.0/33",
        "*",
        "*.lan",
        "0x7f.1",
        "http://a.lan",
        "a.lan:0",
        "a.lan:70000",
        "a b",
        "[::1",
        "a@b",
    ],
)
def test_s20_an_entry_that_means_nothing_stops_the_start_and_is_named(entry: str) -> None:
    with pytest.raises(ConfigError) as caught:
        http.configure([entry])
    assert "OUTBOUND_ALLOW" in str(caught.value) and entry in str(caught.value)


def test_plain_http_needs_the_callers_word(world: World) -> None:
    world.put("a.example", Server(), port=80)
    with pytest.raises(Refused, match="https"):
        http.fetch("GET", "http://a.example/")
    assert world.dialled == []
    assert http.fetch("GET", "http://a.example/", rules=PLAIN).status == 200


@pytest.mark.parametrize("port", [22, 25, 6667])
def test_ports_of_other_protocols_are_refused_at_public_hosts_too(world: World, port: int) -> None:
    world.names["a.example"] = [[PUBLIC]]
    with pytest.raises(Refused, match="port"):
        http.fetch("GET", f"http://a.example:{port}/", rules=PLAIN)
    assert world.dialled == []


def test_the_next_address_is_tried_when_one_refuses(world: World) -> None:
    world.put("a.example", Server(), port=80)
    world.names["a.example"] = [[PUBLIC_V6, PUBLIC]]
    world.at[PUBLIC_V6, 80] = None
    assert http.fetch("GET", "http://a.example/", rules=PLAIN).status == 200
    assert world.dialled == [(PUBLIC_V6, 80), (PUBLIC, 80)]


def test_a_name_without_address_and_a_host_that_refuses_are_named(world: World) -> None:
    world.names["closed.example"] = [[PUBLIC]]
    world.at[PUBLIC, 443] = None
    for host, reason in (("missing.example", "name"), ("closed.example", "connection")):
        with pytest.raises(Failed, match=host) as caught:
            http.fetch("GET", f"https://{host}/")
        assert caught.value.reason == reason


def test_nothing_of_the_environment_steers_a_request(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{world.canary.port}")
    (tmp_path / ".netrc").write_text("machine a.example login me password word\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    server = world.put("a.example", Server(answer("200 OK", b"", "Set-Cookie: a=b")), port=80)
    for _ in range(2):
        assert "set-cookie" not in http.fetch("GET", "http://a.example/", rules=PLAIN).headers
    assert world.dialled == [(PUBLIC, 80)] * 2 and world.canary.hits == 0
    sent = b"".join(server.requests).lower()
    assert b"cookie" not in sent and b"authorization" not in sent


def test_headers_and_methods_cannot_break_a_request(world: World) -> None:
    world.put("a.example", Server(), port=80)
    for headers in (
        {"A": "b\r\nHost: evil"},
        {"A b": "c"},
        {"Host": "evil"},
        {"Proxy-Authorization": "x"},
        {"A": "\x00"},
    ):
        with pytest.raises(Invalid):
            http.fetch("GET", "http://a.example/", headers=headers, rules=PLAIN)
    for method in ("CONNECT", "GET / HTTP/1.1\r\n", "get"):
        with pytest.raises(Invalid):
            http.fetch(method, "http://a.example/", rules=PLAIN)
    assert world.dialled == []


def test_a_body_and_headers_arrive_and_so_does_the_answer(world: World) -> None:
    server = world.put("a.example", Server(answer("201 Made", b"{}", "Content-Type: application/json; x=y")), port=8080)
    found = http.fetch(
        "PUT", "http://a.example:8080/x?y", headers={"authorization": "Bearer t"}, body=b"sent",
        accept_types=["application/json"], rules=PLAIN,
    )  # fmt: skip
    head, body = server.requests[0].split(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"PUT /x?y HTTP/1.1" and body == b"sent"
    assert sorted(lines[1:]) == [
        b"Accept-Encoding: gzip, deflate", b"Accept: application/json", b"Authorization: Bearer t", b"Connection: close",
        b"Content-Length: 4", b"Host: a.example:8080", b"User-Agent: quaymaster",
    ]  # fmt: skip
    assert (found.status, found.body, found.headers["content-type"]) == (201, b"{}", "application/json; x=y")


def test_threads_do_not_mix_their_answers(world: World) -> None:
    found: dict[int, bytes] = {}
    for n in range(12):
        world.put(f"h{n}.example", Server(answer("200 OK", b"%d" % n)), address=f"93.184.215.{n}", port=80)

    def work(n: int) -> None:
        found[n] = b"".join(http.fetch("GET", f"http://h{n}.example/", rules=PLAIN).body for _ in range(3))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: b"%d" % n * 3 for n in range(12)}


def test_the_real_resolver_and_connector_are_guarded_and_reach_what_is_listed() -> None:
    canary = Server()
    url = f"http://localhost:{canary.port}/"
    try:
        http.configure(())
        with pytest.raises(Refused):
            http.fetch("GET", url, rules=PLAIN)
        assert canary.hits == 0
        http.configure(["127.0.0.1", "::1"])
        assert http.fetch("GET", url).body == b"hit"
        canary.close()
        with socket.socket() as closed:  # bound, and nobody listens
            closed.bind(("127.0.0.1", 0))
            with pytest.raises(Failed, match="localhost"):
                http.fetch("GET", f"http://localhost:{closed.getsockname()[1]}/")
    finally:
        canary.close()
        http.configure(())
