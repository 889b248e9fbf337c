"""Accounts, tokens and API keys over HTTP."""

import base64
import json
import re
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.core.clock import utcnow
from app.users import passwords, service
from tests.conftest import PASSWORD, SignUp

PERSON = {"first_name": "Sample", "last_name": "User", "role": "ML Engineer"}
NEW = {"email": "new@example.org", "password": PASSWORD, **PERSON}


def log_in(client: FlaskClient, email: str, password: str = PASSWORD) -> Any:
    return client.post("/api/users/get-auth-token", auth=(email, password))


def make_admin(app: Flask, client: FlaskClient) -> dict[str, str]:
    with app.app_context():
        service.create_user(email="admin@example.org", password=PASSWORD, is_admin=True, **PERSON)
    return {"Authorization": f"Bearer {log_in(client, 'admin@example.org').json['token']}"}


def test_signing_up_gives_an_account_without_its_password(client: FlaskClient) -> None:
    answer = client.post("/api/users/register", json=NEW)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/users/me"
    assert re.fullmatch("[0-9a-f]{64}", answer.json["user_id"])
    assert {"email": NEW["email"], **PERSON}.items() <= answer.json.items()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", answer.json["timestamp"])
    assert PASSWORD not in answer.text
    assert "argon2" not in answer.text


@pytest.mark.parametrize("email", ["new@example.org", "NEW@example.org"])
def test_a_known_email_is_a_conflict(client: FlaskClient, email: str) -> None:
    client.post("/api/users/register", json=NEW)
    answer = client.post("/api/users/register", json={**NEW, "email": email})
    assert answer.status_code == 409
    assert email in answer.json["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", ""),
        ("email", None),
        ("password", "short"),
        ("password", "new@example.org"),
        ("password", "x" * 257),
        ("password", 12345678),
        ("first_name", ""),
        ("last_name", "   "),
        ("role", "x" * 201),
        ("orcid", "0000-0002-1825-0098"),
        ("orcid", "not an orcid"),
        ("is_admin", True),
        ("user_id", "0" * 64),
        ("timestamp", "2020-01-01T00:00:00Z"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(client: FlaskClient, field: str, value: Any) -> None:
    answer = client.post("/api/users/register", json={**NEW, field: value})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/{field}"]
    assert client.post("/api/users/register", json=NEW).status_code == 201


@pytest.mark.parametrize("field", ["email", "password", "first_name", "last_name", "role"])
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    answer = client.post("/api/users/register", json={key: value for key, value in NEW.items() if key != field})
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/{field}"]


def test_orcid_and_affiliation_are_kept(client: FlaskClient) -> None:
    more = {"orcid": "0000-0002-1825-0097", "affiliation": "Example Institute"}
    assert more.items() <= client.post("/api/users/register", json={**NEW, **more}).json.items()


def test_a_token_has_43_characters_and_is_not_cached(client: FlaskClient, sign_up: SignUp) -> None:
    answer = log_in(client, sign_up(client).email)
    assert answer.status_code == 200
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer.json["token"])
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("password", ["päss wörd: with: colons", "パスワードです!!", " leading and trailing "])
def test_any_text_may_be_a_password(client: FlaskClient, sign_up: SignUp, password: str) -> None:
    email = sign_up(client, password=password).email
    login = base64.b64encode(f"{email}:{password}".encode()).decode()
    answer = client.post("/api/users/get-auth-token", headers={"Authorization": f"Basic {login}"})
    assert answer.status_code == 200


def test_several_tokens_live_side_by_side(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    log_in(client, user.email)
    assert client.get("/api/users/me", headers=user.headers).status_code == 200


def test_unknown_user_wrong_password_and_disabled_user_look_the_same(
    app: Flask, client: FlaskClient, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, disabled = sign_up(client), sign_up(client)
    client.post(f"/api/users/{disabled.id}/disable", headers=make_admin(app, client))
    work: list[int] = []
    verify = passwords._hasher.verify
    passwords._nobody()
    monkeypatch.setattr(passwords, "_hasher", Counting(verify, work))
    answers = []
    for email, password in ((known.email, "wrong"), ("nobody@example.org", PASSWORD), (disabled.email, PASSWORD)):
        before = len(work)
        answer = log_in(client, email, password)
        body = {**answer.json, "request_id": ""}
        answers.append((answer.status_code, body, answer.headers["WWW-Authenticate"], len(work) - before))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401
    assert answers[0][3] == 1


class Counting:
    """A hasher that counts what it is asked to verify."""

    def __init__(self, verify: Callable[..., bool], work: list[int]) -> None:
        self._verify, self._work = verify, work

    def verify(self, password_hash: str, password: str) -> bool:
        self._work.append(1)
        return self._verify(password_hash, password)

    def check_needs_rehash(self, _hash: str) -> bool:
        return False


def test_a_token_dies_after_an_hour(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    with time_machine.travel(utcnow() + timedelta(minutes=59), tick=False):
        assert client.get("/api/users/me", headers=user.headers).status_code == 200
    with time_machine.travel(utcnow() + timedelta(minutes=61), tick=False):
        assert client.get("/api/users/me", headers=user.headers).status_code == 401


def test_one_token_can_be_revoked(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    other = {"Authorization": f"Bearer {log_in(client, user.email).json['token']}"}
    assert client.delete("/api/users/auth-token", headers=user.headers).status_code == 204
    assert client.get("/api/users/me", headers=user.headers).status_code == 401
    assert client.get("/api/users/me", headers=other).status_code == 200


def test_all_tokens_can_be_revoked_and_keys_live_on(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    key = issue(client, user.headers).json["api_key"]
    assert client.delete("/api/users/auth-tokens", headers=user.headers).status_code == 204
    assert client.get("/api/users/me", headers=user.headers).status_code == 401
    assert client.get("/api/users/me", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def issue(client: FlaskClient, headers: dict[str, str], **given: Any) -> Any:
    return client.post("/api/users/me/api-keys", json={"label": "test", **given}, headers=headers)


def test_a_new_password_kills_the_tokens(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    key = issue(client, user.headers).json["api_key"]
    change = {"old_password": PASSWORD, "new_password": "another long one"}
    assert client.put("/api/users/me/password", json=change, headers=user.headers).status_code == 204
    assert client.get("/api/users/me", headers=user.headers).status_code == 401
    assert log_in(client, user.email).status_code == 401
    assert log_in(client, user.email, "another long one").status_code == 200
    assert client.get("/api/users/me", headers={"Authorization": key}).status_code == 200


def test_a_new_password_kills_the_keys_when_asked(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    key = issue(client, user.headers).json["api_key"]
    change = {"old_password": PASSWORD, "new_password": "another long one", "revoke_keys": True}
    client.put("/api/users/me/password", json=change, headers=user.headers)
    assert client.get("/api/users/me", headers={"Authorization": key}).status_code == 401


def test_a_wrong_old_password_changes_nothing(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    change = {"old_password": "wrong", "new_password": "another long one"}
    answer = client.put("/api/users/me/password", json=change, headers=user.headers)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/old_password")
    assert log_in(client, user.email).status_code == 200


def claims(key: str) -> dict[str, Any]:
    part = key.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_api_key_has_the_shape_of_a_jwt(client: FlaskClient, sign_up: SignUp) -> None:
    answer = issue(client, sign_up(client).headers, days=30, scopes=["read"])
    assert answer.status_code == 201
    key = answer.json["api_key"]
    header, _, signature = key.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256"}
    assert len(base64.urlsafe_b64decode(signature + "=")) == 32
    assert type(claims(key)["user_id"]) is int
    life = claims(key)["exp"] - utcnow().timestamp()
    assert 29 * 86400 < life <= 30 * 86400


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}"])
def test_a_key_is_accepted_with_and_without_scheme(client: FlaskClient, sign_up: SignUp, form: str) -> None:
    key = issue(client, sign_up(client).headers).json["api_key"]
    assert client.get("/api/users/me", headers={"Authorization": form.format(key)}).status_code == 200


def test_a_key_that_was_tampered_with_is_refused(client: FlaskClient, sign_up: SignUp) -> None:
    head, body, tail = issue(client, sign_up(client).headers).json["api_key"].split(".")
    other = tail[:-1] + ("B" if tail.endswith("A") else "A")
    for forged in (f"{head}.{body}.", f"{head}.{body}x.{tail}", f"{head}.{body}.{other}"):
        assert client.get("/api/users/me", headers={"Authorization": forged}).status_code == 401


def test_keys_are_listed_without_their_secret_and_revoked(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    key = issue(client, user.headers, label="laptop").json
    listed = client.get("/api/users/me/api-keys", headers=user.headers)
    assert [row["label"] for row in listed.json["data"]] == ["laptop"]
    assert key["api_key"] not in listed.text
    assert client.delete(f"/api/users/me/api-keys/{key['id']}", headers=user.headers).status_code == 204
    assert client.get("/api/users/me", headers={"Authorization": key["api_key"]}).status_code == 401
    assert client.get("/api/users/me/api-keys", headers=user.headers).json["data"] == []
    assert client.delete(f"/api/users/me/api-keys/{key['id']}", headers=user.headers).status_code == 404


def test_nobody_can_see_or_revoke_the_key_of_another(client: FlaskClient, sign_up: SignUp) -> None:
    user, other = sign_up(client), sign_up(client)
    key = issue(client, user.headers).json
    path = f"/api/users/me/api-keys/{key['id']}"
    assert client.get(path, headers=other.headers).status_code == 404
    assert client.delete(path, headers=other.headers).status_code == 404
    assert client.get("/api/users/me", headers={"Authorization": key["api_key"]}).status_code == 200


def test_a_key_for_reading_cannot_write(client: FlaskClient, sign_up: SignUp) -> None:
    key = {"Authorization": issue(client, sign_up(client).headers, scopes=["read"]).json["api_key"]}
    assert client.get("/api/users/me", headers=key).status_code == 200
    answer = client.post("/api/ml_datasets", json={"name": "d"}, headers=key)
    assert (answer.status_code, "write" in answer.json["detail"]) == (403, True)


def test_a_key_without_the_scope_account_cannot_touch_the_account(client: FlaskClient, sign_up: SignUp) -> None:
    key = {"Authorization": issue(client, sign_up(client).headers).json["api_key"]}
    for method, path, body in (
        ("POST", "/api/users/me/api-keys", {"label": "more"}),
        ("GET", "/api/users/me/api-keys", None),
        ("PUT", "/api/users/me/password", {"old_password": PASSWORD, "new_password": "x" * 9}),
        ("PATCH", "/api/users/me", {"role": "Boss"}),
        ("DELETE", "/api/users/auth-tokens", None),
    ):
        assert client.open(path, method=method, json=body, headers=key).status_code == 403, path


def test_a_key_cannot_beget_more_scopes_than_it_has(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    key = {"Authorization": issue(client, user.headers, scopes=["write", "account"]).json["api_key"]}
    assert issue(client, key, scopes=["write"]).status_code == 201
    assert issue(client, key, scopes=["read"]).status_code == 403


def test_a_profile_changes_only_where_asked(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    answer = client.patch("/api/users/me", json={"role": "Data Steward"}, headers=user.headers)
    assert (answer.json["role"], answer.json["first_name"]) == ("Data Steward", "Sample")
    assert client.get("/api/users/me", headers=user.headers).json["role"] == "Data Steward"
    for forbidden in ("email", "is_admin", "user_id"):
        assert client.patch("/api/users/me", json={forbidden: "x"}, headers=user.headers).status_code == 422


def test_an_admin_lists_finds_disables_and_enables(app: Flask, client: FlaskClient, sign_up: SignUp) -> None:
    user, admin = sign_up(client, "findable@example.org"), make_admin(app, client)
    assert len(client.get("/api/users", headers=admin).json["data"]) == 2
    found = client.get("/api/users", query_string={"q": "FINDable"}, headers=admin).json["data"]
    assert [row["user_id"] for row in found] == [user.id]
    assert client.post(f"/api/users/{user.id}/disable", headers=admin).json["disabled"] is True
    assert client.get("/api/users/me", headers=user.headers).status_code == 401
    assert log_in(client, user.email).status_code == 401
    assert client.post(f"/api/users/{user.id}/enable", headers=admin).json["disabled"] is False
    assert client.get("/api/users/me", headers=user.headers).status_code == 401
    assert log_in(client, user.email).status_code == 200


def test_an_admin_cannot_lock_themselves_out(app: Flask, client: FlaskClient) -> None:
    admin = make_admin(app, client)
    own = client.get("/api/users/me", headers=admin).json["user_id"]
    assert client.post(f"/api/users/{own}/disable", headers=admin).status_code == 409


def test_others_are_not_admins(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client, role="admin")
    assert client.get("/api/users", headers=user.headers).status_code == 403
    assert client.post(f"/api/users/{user.id}/disable", headers=user.headers).status_code == 403


def test_registration_may_be_kept_to_admins(make_app: Callable[..., Flask], sqlite_url: str) -> None:
    app = make_app(sqlite_url, REGISTRATION="admin")
    client = app.test_client()
    assert client.post("/api/users/register", json=NEW).status_code == 401
    admin = make_admin(app, client)
    assert client.post("/api/users/register", json=NEW, headers=admin).status_code == 201
    token = {"Authorization": f"Bearer {log_in(client, NEW['email']).json['token']}"}
    assert client.post("/api/users/register", json={**NEW, "email": "x@example.org"}, headers=token).status_code == 403


def test_after_ten_wrong_tries_an_account_is_closed_for_a_while(
    make_app: Callable[..., Flask], either_url: str
) -> None:
    client = make_app(either_url, RATE_LIMITS="on").test_client()
    client.post("/api/users/register", json=NEW)
    token = log_in(client, NEW["email"]).json["token"]
    for email in (NEW["email"], "nobody@example.org"):
        assert [log_in(client, email, "wrong").status_code for _ in range(10)] == [401] * 10
        closed = log_in(client, email.upper(), PASSWORD)
        assert closed.status_code == 429
        assert 0 < int(closed.headers["Retry-After"]) <= 900
    assert client.get("/api/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    with time_machine.travel(utcnow() + timedelta(minutes=16), tick=True):
        assert log_in(client, NEW["email"]).status_code == 200


def test_a_right_password_forgets_the_wrong_ones(make_app: Callable[..., Flask], sqlite_url: str) -> None:
    client = make_app(sqlite_url, RATE_LIMITS="on").test_client()
    client.post("/api/users/register", json=NEW)
    for _ in range(3):
        assert [log_in(client, NEW["email"], "wrong").status_code for _ in range(9)] == [401] * 9
        assert log_in(client, NEW["email"]).status_code == 200


def test_parallel_tries_cannot_outrun_the_limit(make_app: Callable[..., Flask], either_url: str) -> None:
    app = make_app(either_url, RATE_LIMITS="on")
    app.test_client().post("/api/users/register", json=NEW)
    statuses: list[int] = []

    def attack() -> None:
        client = app.test_client()
        statuses.extend(log_in(client, NEW["email"], "wrong").status_code for _ in range(4))

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 10 + [429] * 22


def test_an_address_has_a_limit_too(
    make_app: Callable[..., Flask], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRIES", "5 per 5 minutes")
    client = make_app(sqlite_url, RATE_LIMITS="on").test_client()
    statuses = [log_in(client, f"user{n}@example.org", "wrong").status_code for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2


def test_no_secret_stands_in_the_database_in_clear(client: FlaskClient, sign_up: SignUp, sqlite_url: str) -> None:
    user = sign_up(client)
    key = issue(client, user.headers).json["api_key"]
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    dump = "\n".join(connection.iterdump())
    connection.close()
    for secret in (PASSWORD, user.token, key, key.split(".")[2]):
        assert secret not in dump


@pytest.mark.parametrize("replay", [False, True])
def test_answers_with_secrets_are_never_replayed(client: FlaskClient, sign_up: SignUp, replay: bool) -> None:
    user = sign_up(client)
    headers = {**user.headers, **({"Idempotency-Key": "once"} if replay else {})}
    assert issue(client, headers).json["api_key"] != issue(client, headers).json["api_key"]


def test_sixteen_threads_that_sign_up_and_change_lose_nothing(make_app: Callable[..., Flask], either_url: str) -> None:
    app = make_app(either_url, WEB_THREADS=16)
    done: list[str] = []
    failures: list[str] = []

    def live(number: int) -> None:
        client = app.test_client()
        email = f"user{number}@example.org"
        registered = client.post("/api/users/register", json={**NEW, "email": email})
        token = {"Authorization": f"Bearer {log_in(client, email).json['token']}"}
        for turn in range(3):
            role = f"role {number}/{turn}"
            answer = client.patch("/api/users/me", json={"role": role}, headers=token)
            if (registered.status_code, answer.status_code) != (201, 200) or answer.json["role"] != role:
                failures.append(answer.text)
        done.append(client.get("/api/users/me", headers=token).json["role"])

    threads = [threading.Thread(target=live, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(done) == sorted(f"role {number}/2" for number in range(16))
