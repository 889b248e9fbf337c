"""Reading URLs of strangers: what is refused, and the one form of what is not."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.gateways.http import Refused, check_url, urls

HOSTILE = (
    "",
    "example.org",
    "//example.org/",
    "/etc/passwd",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "gopher://example.org:70/_x",
    "ftp://example.org/",
    "data:text/plain,x",
    "dict://example.org:11211/stat",
    "jar:http://example.org!/x",
    "ws://example.org/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "javascript:alert(1)",
    "http:",
    "http://",
    "http:///path",
    "http:example.org",
    "https:/example.org",
    "http://?x",
    "http://#x",
    "http://:80/",
    "http://user@example.org/",
    "http://user:word@example.org/",
    "http://@example.org/",
    "http://example.org@127.0.0.1/",
    "http://example.org%40127.0.0.1/",
    "http://127.0.0.1\\@example.org/",
    "http://example.org\\.evil.org/",
    "http://exa mple.org/",
    "http://example.org/a b",
    " http://example.org/",
    "http://example.org/\n",
    "http://example.org/\r\nHost: evil",
    "http://exam\tple.org/",
    "http://example.org/\x00",
    "http://example.org/\x7f",
    "http://example.org/\u2028",
    "http://example.org/\ud800",
    "http://example.org:0/",
    "http://example.org:65536/",
    "http://example.org:99999/",
    "http://example.org:/",
    "http://example.org:-1/",
    "http://example.org:80:80/",
    "http://example.org:\uff18\uff10/",
    "http://example.org:0x50/",
    "http://example..org/",
    "http://example.org../",
    "http://.example.org/",
    "http://./",
    "http://-example.org/",
    "http://example-.org/",
    "http://exa%6dple.org/",
    "http://*.example.org/",
    "http://" + "a" * 64 + ".org/",
    "http://" + "a." * 127 + "org/",
    "http://example.org/" + "a" * 4096,
    "http://xn--\u00e4.org/",
    "http://a\u200db.org/",
    "http://\u2603\ufe0f\u20e3/",
    "http://[::1/",
    "http://::1/",
    "http://[::1]]/",
    "http://[::1]x/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[v1.x]/",
    "http://[]/",
    "http://[127.0.0.1]/",
    "http://[::1.2.3]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0x7f.0.0.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0x/",
    "http://127.0.0.01/",
    "http://127.0.0.256/",
    "http://1.2.3.4.5/",
    "http://example.1/",
    "http://127.0.0.1../",
    "http://2130706433./",
    "http://\uff12\uff11\uff13\uff10\uff17\uff10\uff16\uff14\uff13\uff13/",
    "http://\u2460\u2461\u2466.1/",
)


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_url_is_refused_with_its_place_and_a_reason(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check_url(url, "/access_url")
    assert caught.value.status == 422
    assert [error.pointer for error in caught.value.errors] == ["/access_url"]
    assert caught.value.detail.startswith("The URL ") and caught.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///x", "must start with https:// or http://"),
        ("http://me:word@example.org/", "must not hold a user name or a password"),
        ("http://0x7f.1/", "four decimal numbers"),
        ("http://example.org/ ", "percent-encode"),
        ("http://example.org:0/", "1 to 65535"),
    ],
)
def test_a_refusal_says_what_to_do_and_does_not_repeat_the_url(url: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as caught:
        check_url(url)
    assert url not in caught.value.detail and "word@" not in caught.value.detail


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org:08443/", "https://example.org:8443/"),
        ("https://example.org./", "https://example.org/"),
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c"),
        ("https://example.org?b=c", "https://example.org/?b=c"),
        ("https://example.org/%2e%2E/ä?q=ö", "https://example.org/%2e%2E/%C3%A4?q=%C3%B6"),
        ("https://example.org/{x}|<y>\"'", "https://example.org/%7Bx%7D%7C%3Cy%3E%22'"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://ⓔⓧample.org/", "https://example.org/"),
        ("http://assets_db:5000/health", "http://assets_db:5000/health"),
        ("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://[::FFFF:127.0.0.1]:8080/", "http://[::ffff:7f00:1]:8080/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
    ],
)
def test_a_url_has_one_form(url: str, canonical: str) -> None:
    assert check_url(url) == canonical


@given(st.text(max_size=40).map(lambda text: "http://" + text) | st.from_regex(r"https?://[^/]{1,20}(:\d+)?/.*"))
@example("http://[::ffff:1.2.3.4]")
@example("http://0.0.0.0")
@example("http://xn--a.example")
def test_whatever_the_text_is_it_is_refused_or_its_form_is_final(text: str) -> None:
    try:
        canonical = check_url(text)
    except Refused:
        return
    assert canonical.isascii() and canonical.isprintable()
    assert check_url(canonical) == canonical
    target, seen = urls.parse(canonical), urlsplit(canonical)  # another reader sees the same host
    assert (seen.hostname, seen.port or target.port, seen.username) == (target.host, target.port, None)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b?c", "https://example.org/b?c"),
        ("b", "https://example.org/a/b"),
        ("https://EXAMPLE.org:443/b", "https://example.org/b"),
        ("//example.org/b", "https://example.org/b"),
        ("", None),
        ("http://example.org/b", None),
        ("https://example.org:8443/b", None),
        ("https://www.example.org/b", None),
        ("//127.0.0.1/", None),
        ("https://example.org@127.0.0.1/", None),
        ("https://127.0.0.1\\@example.org/", None),
        ("file:///etc/passwd", None),
        ("https://[::1", None),
        ("/\r\nx", None),
    ],
)
def test_a_redirect_leads_onward_within_its_scheme_host_and_port_only(location: str, leads_to: str | None) -> None:
    found = urls.onward(urls.parse("https://example.org/a/"), location)
    assert (found and found.url) == leads_to
