"""The edge: odd JSON and odd requests are refused with what is wrong, and none becomes a 5xx."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.core.edge import MAX_JSON_BYTES, parse_json
from app.core.errors import Malformed
from tests.conftest import SignUp, make_config

ODD = {
    "empty": b"",
    "blank": b"  ",
    "malformed": b'{"name": }',
    "trailing": b'{"name": "x"} x',
    "NUL in a string": b'{"name": "a\\u0000b"}',
    "raw NUL": b'{"name": "a\x00b"}',
    "NUL in a key": b'{"a\\u0000": 1}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "surrogate in a key": b'{"\\udfff": 1}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "1e400": b'{"name": 1e400}',
    "20-digit integer": b'{"name": 99999999999999999999}',
    "5000-digit integer": b'{"name": ' + b"9" * 5000 + b"}",
    "negative beyond 64 bit": b'{"name": -9223372036854775809}',
    "100k deep": b'{"a":' * 100_000,
    "deep lists": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "duplicate key": b'{"name": "x", "name": "y"}',
    "duplicate key inside": b'{"name": {"a": 1, "a": 2}}',
    "BOM": b'\xef\xbb\xbf{"name": "x"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "UTF-16 without BOM": '{"name": "x"}'.encode("utf-16-le"),
    "Latin-1": '{"name": "ü"}'.encode("latin-1"),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_json_is_400_everywhere(client: FlaskClient, sign_up: SignUp, body: bytes) -> None:
    user = sign_up(client)
    for path in ("/api/ml_models", "/api/ml_datasets", "/api/fl_services/add", "/api/users/me/api-keys"):
        answer = client.post(path, data=body, content_type="application/json", headers=user.headers)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), path
    assert client.get("/api/ml_models", headers=user.headers).json["data"] == []


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_422(client: FlaskClient, sign_up: SignUp, body: bytes) -> None:
    answer = client.post(
        "/api/ml_datasets", data=body, content_type="application/json", headers=sign_up(client).headers
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=utf-16"],
)
def test_another_media_type_is_415(client: FlaskClient, sign_up: SignUp, kind: str) -> None:
    answer = client.post("/api/ml_datasets", data=b'{"name": "d"}', content_type=kind, headers=sign_up(client).headers)
    assert answer.status_code == 415
    assert "application/json" in answer.json["detail"] or "UTF-8" in answer.json["detail"]


def test_json_by_another_name_and_with_a_charset_is_read(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    for kind in ("application/json; charset=UTF-8", "application/vnd.quay+json", "APPLICATION/JSON"):
        answer = client.post("/api/ml_datasets", data=b'{"name": "d"}', content_type=kind, headers=user.headers)
        assert answer.status_code == 201


def test_a_body_beyond_the_limit_is_413(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    body = b'{"name": "' + b"x" * MAX_JSON_BYTES + b'"}'
    answer = client.post("/api/ml_datasets", data=body, content_type="application/json", headers=user.headers)
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/api/ml_models/%00", "/api/ml_models?name=%00", "/api/ml_models?%00=1", "/api/ml_models?q=%0a"]
)
def test_control_characters_in_the_url_are_400(client: FlaskClient, sign_up: SignUp, path: str) -> None:
    assert client.get(path, headers=sign_up(client).headers).status_code == 400


@pytest.mark.parametrize("path", ["/api/nothing", "/api//ml_models", "/api/ml_models/", "/docs/../app"])
def test_other_paths_are_404_problems(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PROPFIND"])
def test_other_methods_are_405_with_allow(client: FlaskClient, method: str) -> None:
    answer = client.open("/health", method=method, headers={"X-HTTP-Method-Override": "GET"})
    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)


def test_request_ids_are_taken_over_or_made(client: FlaskClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = client.get("/health", headers={"X-Request-ID": "a b\u00e9"}).headers["X-Request-ID"]
    assert len(made) == 16
    assert client.get("/none", headers={"X-Request-ID": "abc-2"}).json["request_id"] == "abc-2"


@pytest.fixture
def embedded(sqlite_url: str) -> FlaskClient:
    from dataclasses import replace

    from app.factory import create_app

    return create_app(replace(make_config(sqlite_url), embedded=True)).test_client()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::2]", "10.0.0.1", "localhost.", "[", ""])
def test_an_embedded_service_answers_to_loopback_names_only(embedded: FlaskClient, host: str) -> None:
    assert embedded.get("/health", headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:5000", "localhost:80", "[::1]:5000"])
def test_an_embedded_service_answers_to_all_loopback_names(embedded: FlaskClient, host: str) -> None:
    assert embedded.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"Origin": "http://localhost"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "null"}, True),
        ({"Origin": "http://evil.example"}, True),
        ({"Origin": "http://localhost:1234"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
    ],
)
def test_pages_of_other_origins_change_nothing(embedded: FlaskClient, headers: dict[str, str], refused: bool) -> None:
    answer = embedded.post("/api/users/get-auth-token", headers=headers)
    assert answer.status_code == (403 if refused else 401)
    assert embedded.get("/health", headers=headers).status_code == 200


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('abc\u00fc\\"', max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_good_json_is_read_as_python_reads_it(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_json(text.encode()) == json.loads(text)


@given(st.binary(max_size=60) | st.text('{}[]":,\\u0d8\n1e9-.trufalsn ', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_json(data)
    except Malformed:
        return


def test_limits_of_any_route_answer_429_with_retry_after(
    make_app: Callable[..., Flask], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from limits import parse

    from app.core import limits

    monkeypatch.setattr(limits, "ANY_ROUTE", parse("5 per minute"))
    client = make_app(sqlite_url, RATE_LIMITS="on").test_client()
    answers = [client.get("/health") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/ml_models"), ("POST", "/api/none"), ("POST", "/api/ml_models")]
)
def test_no_part_of_a_body_is_left_on_the_connection(client: FlaskClient, method: str, path: str) -> None:
    from io import BytesIO

    body = BytesIO(b'{"name": "x"}')
    answer = client.open(path, method=method, input_stream=body, content_length=13, content_type="application/json")
    assert answer.status_code in (401, 404, 405)
    assert body.tell() == 13


def test_after_a_body_that_is_too_large_the_connection_is_closed(client: FlaskClient) -> None:
    answer = client.post("/api/none", data=b"x" * (MAX_JSON_BYTES + 1))
    assert (answer.status_code, answer.headers["Connection"]) == (404, "close")
