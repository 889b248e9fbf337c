"""Callers that are remembered for a moment: never longer than their credential lives."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.clock import utcnow
from app.core.db import database, transaction
from app.users import credentials, token_cache
from tests.conftest import PASSWORD, SignedUp, SignUp

ME = "/api/users/me"


@pytest.fixture
def user(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    """A user whose token was just used, and is therefore remembered."""
    user = sign_up(client)
    assert client.get(ME, headers=user.headers).status_code == 200
    return user


def remembered(user: SignedUp) -> bool:
    return token_cache.find(credentials._digest(user.token)) is not None


def revoke_behind_our_back(user: SignedUp) -> None:
    """As another machine would: this process is not told."""
    with transaction() as session:
        session.execute(text("UPDATE credentials SET revoked_at = :now"), {"now": "2020-01-01T00:00:00.000000Z"})


def test_a_token_is_looked_up_once_in_a_moment(client: FlaskClient, user: SignedUp) -> None:
    assert remembered(user)
    revoke_behind_our_back(user)
    assert client.get(ME, headers=user.headers).status_code == 200


@pytest.mark.parametrize(
    "end",
    [
        lambda client, headers: client.delete("/api/users/auth-token", headers=headers),
        lambda client, headers: client.put(
            "/api/users/me/password",
            headers=headers,
            json={"old_password": PASSWORD, "new_password": "another password of a test"},
        ),
    ],
)
def test_what_ends_a_token_ends_it_at_once(client: FlaskClient, user: SignedUp, end: Callable[..., object]) -> None:
    assert end(client, user.headers).status_code < 300  # type: ignore[attr-defined]
    assert client.get(ME, headers=user.headers).status_code == 401


def test_a_new_name_is_seen_at_once(client: FlaskClient, user: SignedUp) -> None:
    client.patch(ME, json={"first_name": "Other"}, headers=user.headers)
    made = client.post(
        "/api/ml_models", json={"name": "m", "version": "1", "ml_flow_model_path": "runs:/r/m"}, headers=user.headers
    )
    assert made.json["creator"]["first_name"] == "Other"


def test_other_machines_are_believed_two_seconds_at_most(
    client: FlaskClient, user: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke_behind_our_back(user)
    later = time.monotonic() + token_cache.SECONDS
    monkeypatch.setattr(token_cache.time, "monotonic", lambda: later)
    assert client.get(ME, headers=user.headers).status_code == 401
    assert token_cache.SECONDS <= 2


def test_a_remembered_token_expires_in_time(client: FlaskClient, user: SignedUp) -> None:
    with time_machine.travel(utcnow() + timedelta(hours=2), tick=False):
        token_cache._entries[credentials._digest(user.token)] = token_cache.Entry(
            **{**vars(token_cache._entries[credentials._digest(user.token)]), "stale_at": float("inf")}
        )
        assert client.get(ME, headers=user.headers).status_code == 401


def test_a_row_that_was_read_before_a_change_is_not_believed(user: SignedUp) -> None:
    digest = credentials._digest(user.token)
    entry = token_cache._entries[digest]
    seen = token_cache.stamp()
    with transaction():  # another thread revokes between our look at the row and our keeping it
        token_cache.forget_all()
    token_cache.keep(digest, entry.caller, entry.expires_at, seen)
    assert not remembered(user)


def test_what_came_to_nothing_is_not_forgotten(user: SignedUp) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        token_cache.forget_all()
        raise ZeroDivisionError
    assert remembered(user)


def test_the_processes_of_one_service_forget_together(client: FlaskClient, user: SignedUp) -> None:
    database.dispose()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ours, 1)  # until the parent has revoked
        os._exit(0 if client.get(ME, headers=user.headers).status_code == 401 else 1)
    client.delete("/api/users/auth-tokens", headers=user.headers)
    os.write(theirs, b".")
    for end in (ours, theirs):
        os.close(end)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
