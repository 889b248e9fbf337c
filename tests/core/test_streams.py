"""Downloads by the letter of RFC 9110, 9530 and 6266."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import errors, streams
from app.core.streams import Source, disposition, download

BYTES = bytes(range(100))
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
closed: list[str] = []
opened: list[tuple[int, int | None]] = []


def read(start: int, length: int | None) -> Iterator[bytes]:
    opened.append((start, length))
    part = BYTES[start:] if length is None else BYTES[start : start + length]
    try:
        for at in range(0, len(part), 7):
            yield part[at : at + 7]
    finally:
        closed.append("closed")


FULL = {"name": "x.bin", "media_type": "application/x-test", "open": read}
KNOWN = {**FULL, "size": 100, "etag": "abc", "sha256": hashlib.sha256(BYTES).digest(), "modified": WHEN}
SOURCES: dict[str, dict[str, Any]] = {
    "known": KNOWN,
    "unknown size": FULL,
    "no ranges": {**KNOWN, "ranges": False},
    "empty": {**KNOWN, "size": 0, "open": lambda _start, _length: iter(())},
    "too short": {**KNOWN, "size": 120},
    "too long": {**KNOWN, "size": 80},
}


def make_app() -> Flask:
    app = Flask("app")
    errors.init_app(app)
    app.add_url_rule("/<name>", "file", lambda name: download(Source(**SOURCES[name])))
    return app


@pytest.fixture
def client() -> FlaskClient:
    closed.clear()
    opened.clear()
    return make_app().test_client()


def test_the_whole_comes_with_size_digest_and_safe_headers(client: FlaskClient) -> None:
    answer = client.get("/known")
    assert (answer.status_code, answer.data) == (200, BYTES)
    assert answer.headers["Content-Length"] == "100"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == '"abc"'
    assert answer.headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(BYTES).digest()).decode()}:"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_head_tells_all_and_opens_nothing(client: FlaskClient) -> None:
    answer = client.head("/known")
    assert (answer.status_code, answer.headers["Content-Length"], opened) == (200, "100", [])


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-0", 0, 0), ("10-19", 10, 19), ("90-", 90, 99), ("-1", 99, 99), ("-1000", 0, 99), ("50-5000", 50, 99)],
)
def test_a_range_is_a_part(client: FlaskClient, asked: str, start: int, end: int) -> None:
    answer = client.get("/known", headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.data) == (206, BYTES[start : end + 1])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/100"
    assert answer.headers["Content-Length"] == str(end - start + 1)


@pytest.mark.parametrize(
    ("name", "asked"), [("known", "100-"), ("known", "5000-6000"), ("known", "-0"), ("empty", "0-")]
)
def test_a_range_outside_is_416_with_the_size(client: FlaskClient, name: str, asked: str) -> None:
    answer = client.get(f"/{name}", headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{SOURCES[name]['size']}"
    assert opened == []


@pytest.mark.parametrize(
    "asked", ["bytes=5-3", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes", "", "bytes=٣-٤"]
)
def test_a_range_that_is_not_understood_gives_the_whole(client: FlaskClient, asked: str) -> None:
    answer = client.get("/known", headers={"Range": asked.encode().decode("latin-1")})
    assert (answer.status_code, answer.data) == (200, BYTES)


@pytest.mark.parametrize("name", ["unknown size", "no ranges"])
def test_where_ranges_are_not_possible_the_whole_is_given(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/{name}", headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.data, answer.headers["Accept-Ranges"]) == (200, BYTES, "none")


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"abc"', 206),
        ('"other"', 200),
        ('W/"abc"', 200),
        ("Fri, 02 Jan 2026 03:04:05 GMT", 206),
        ("Fri, 02 Jan 2026 03:04:06 GMT", 200),
        ("nonsense", 200),
    ],
)
def test_if_range_guards_a_part_of_another_file(client: FlaskClient, condition: str, status: int) -> None:
    assert client.get("/known", headers={"Range": "bytes=0-4", "If-Range": condition}).status_code == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", '"abc"', 304),
        ("If-None-Match", 'W/"abc", "x"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"x"', 200),
        ("If-Modified-Since", "Fri, 02 Jan 2026 03:04:05 GMT", 304),
        ("If-Modified-Since", "Thu, 01 Jan 2026 03:04:05 GMT", 200),
        ("If-Match", '"abc"', 200),
        ("If-Match", '"x"', 412),
        ("If-Match", 'W/"abc"', 412),
    ],
)
def test_conditions_are_kept(client: FlaskClient, header: str, value: str, status: int) -> None:
    answer = client.get("/known", headers={header: value})
    assert answer.status_code == status
    if status == 304:
        assert (answer.data, answer.headers["ETag"]) == (b"", '"abc"')


@pytest.mark.parametrize("name", ["too short", "too long"])
def test_a_body_of_another_length_is_never_passed_off_as_whole(client: FlaskClient, name: str) -> None:
    with pytest.raises(OSError, match="length that was promised"):
        client.get(f"/{name}").get_data()


def test_the_source_is_closed_when_the_client_leaves() -> None:
    closed.clear()
    app = make_app()
    with app.test_request_context("/known"):
        answer = app.full_dispatch_request()
        body = iter(answer.response)
        next(body)
        answer.close()
    assert closed == ["closed"]


@given(first=st.integers(0, 130), last=st.one_of(st.none(), st.integers(0, 130)), suffix=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_range_is_the_slice(first: int, last: int | None, suffix: bool) -> None:
    asked = f"-{first}" if suffix else f"{first}-{'' if last is None else last}"
    answer = make_app().test_client().get("/known", headers={"Range": f"bytes={asked}"})
    if suffix:
        wanted = BYTES[max(0, 100 - first) :] if first else None
    elif last is not None and last < first:
        wanted = BYTES  # not understood
    else:
        wanted = BYTES[first : (99 if last is None else last) + 1] or None
    assert answer.status_code == (
        416 if wanted is None else 200 if not suffix and last is not None and last < first else 206
    )
    if wanted is not None:
        assert answer.data == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("ümlaut.txt", "attachment; filename=\"umlaut.txt\"; filename*=UTF-8''%C3%BCmlaut.txt"),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ('a"b\r\nX: y', 'attachment; filename="a_bX_ y"'),
        ("报告", "attachment; filename=\"download\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A"),
        ("exe\u202etxt.scr", 'attachment; filename="exetxt.scr"'),
        ("...", 'attachment; filename="download"'),
    ],
)
def test_names_are_safe(name: str, value: str) -> None:
    assert disposition(name) == value


@given(st.text(max_size=400))
def test_any_name_makes_a_header_of_one_line(name: str) -> None:
    value = disposition(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert len(streams._safe_name(name).encode()) <= 255
