"""Idempotency-Key: a request that is sent again is answered again, and never run again; on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import idempotency
from app.core.db import transaction
from tests.conftest import SignedUp, SignUp

DATASET = {"name": "d"}
PATH = "/api/ml_datasets"


def post(client: FlaskClient, user: SignedUp, key: str = "k", body: Any = None, path: str = PATH) -> Any:
    return client.post(path, json=body or DATASET, headers={**user.headers, "Idempotency-Key": key})


def count(client: FlaskClient, user: SignedUp) -> int:
    return len(client.get(PATH, headers=user.headers).json["data"])


def test_a_repeated_request_gets_the_first_answer(either_client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(either_client)
    first, again = post(either_client, user), post(either_client, user)
    assert first.status_code == again.status_code == 201
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count(either_client, user) == 1


def test_another_key_another_user_and_another_route_run_anew(client: FlaskClient, sign_up: SignUp) -> None:
    user, other = sign_up(client), sign_up(client)
    ids = {post(client, *pair).json["dataset_id"] for pair in ((user, "a"), (user, "b"), (other, "a"))}
    assert len(ids) == 3
    assert post(client, user, "a", path="/api/fl_services").status_code == 201


def test_the_same_key_with_another_body_is_refused(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    post(client, user)
    answer = post(client, user, body={"name": "e"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "Idempotency-Key")
    assert count(client, user) == 1


def test_a_request_that_failed_may_be_sent_again(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    assert post(client, user, body={"name": ""}).status_code == 422
    assert post(client, user).status_code == 201


def test_a_key_that_is_too_long_is_refused(client: FlaskClient, sign_up: SignUp) -> None:
    assert post(client, sign_up(client), "k" * 256).status_code == 422


def test_after_a_crash_the_answer_comes_from_the_location(either_client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(either_client)

    def crash(_response: Any) -> None:
        raise SystemExit("killed before the answer was kept")

    hooks = either_client.application.after_request_funcs[None]
    place = hooks.index(idempotency._keep_answer)
    hooks[place] = crash
    with pytest.raises(SystemExit):
        post(either_client, user)
    hooks[place] = idempotency._keep_answer
    again = post(either_client, user)
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    made = again.headers["Location"]
    assert again.json == either_client.get(made, headers=user.headers).json
    assert count(either_client, user) == 1


def test_a_crash_before_the_commit_leaves_neither_thing_nor_claim(
    either_client: FlaskClient, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ledger import service as ledger

    user = sign_up(either_client)
    monkeypatch.setattr(ledger, "record", lambda *_given, **_more: (_ for _ in ()).throw(SystemExit("killed")))
    with pytest.raises(SystemExit):
        post(either_client, user)
    monkeypatch.undo()
    assert count(either_client, user) == 0
    again = post(either_client, user)
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)


def test_a_claim_lapses_after_a_day(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    first = post(client, user).json["dataset_id"]
    with transaction() as session:
        session.execute(text("UPDATE idempotency_claims SET created_at = '2020-01-01T00:00:00.000000Z'"))
    assert post(client, user).json["dataset_id"] != first


def test_eight_at_once_make_one_thing(make_app: Callable[..., Flask], either_url: str, sign_up: SignUp) -> None:
    app = make_app(either_url)
    user = sign_up(app.test_client())
    answers: list[Any] = []
    barrier = threading.Barrier(8)

    def act() -> None:
        barrier.wait()
        answers.append(post(app.test_client(), user))

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["dataset_id"] for answer in answers if answer.status_code == 201}) == 1
    assert count(app.test_client(), user) == 1
