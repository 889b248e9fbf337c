"""Who may see what: the SQL condition against the plain rule, on both databases, and the routes of things of any kind."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.db import reading, transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.entities import service
from tests.conftest import SignUp
from tests.ledger.test_lineage import person, thing

THING = st.tuples(
    st.integers(0, 2),  # owner
    st.sampled_from(["private", "internal", "public"]),
    st.booleans(),  # deleted
    st.sets(st.tuples(st.integers(0, 2), st.sampled_from(["read", "write"])), max_size=2),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=st.lists(THING, min_size=1, max_size=6))
def test_the_condition_is_the_plain_rule(either_url: str, make_app: Callable[..., Flask], things: list[Any]) -> None:
    make_app(either_url)
    people = [person(f"p{n}-{secrets.token_hex(6)}") for n in range(3)]
    made = []
    for owner, visibility, deleted, grants in things:
        entity = thing(people[owner], "t", visibility)
        rights = {user: right for user, right in grants if user != owner}
        for user, right in rights.items():
            service.grant(people[owner], entity.id, people[user].id, right)
        if deleted:
            service.delete(people[owner], entity.id)
        made.append((entity.seq, owner, visibility, deleted, set(rights)))
    for asking, caller in [(None, None), *enumerate(people)]:
        wanted = {
            seq
            for seq, owner, visibility, deleted, granted in made
            if not deleted
            and (
                visibility == "public"
                or (asking is not None and (visibility == "internal" or asking in {owner, *granted}))
            )
        }
        with reading() as session:
            mine = [seq for seq, *_ in made]
            query = select(service.columns.seq).where(service.visible_to(caller), service.columns.seq.in_(mine))
            assert set(session.scalars(query)) == wanted


def test_holds_refuse_a_deletion_with_all_reasons(either_url: str, make_app: Callable[..., Flask]) -> None:
    make_app(either_url)
    owner = person("owner")
    entity = thing(owner, "t")
    service.hold(entity.seq, "one", "It is offered.")
    service.hold(entity.seq, "two", "It is under agreement.")
    with pytest.raises(Conflict) as caught:
        service.delete(owner, entity.id)
    assert [error.detail for error in caught.value.errors] == ["It is offered.", "It is under agreement."]
    assert service.get(owner, entity.id).revision == 1
    service.release(entity.seq, "one")
    with pytest.raises(Conflict):
        service.delete(owner, entity.id)
    service.release(entity.seq, "two")
    service.delete(owner, entity.id)
    with pytest.raises(NotFound):
        service.get(owner, entity.id)


def test_an_alias_belongs_to_one_thing(either_url: str, make_app: Callable[..., Flask]) -> None:
    make_app(either_url)
    owner = person("owner")
    first, second = thing(owner, "a"), thing(owner, "b")
    service.add_alias(first.seq, "uuid", "1")
    with pytest.raises(Conflict), transaction():
        service.add_alias(second.seq, "uuid", "1")
    service.add_alias(second.seq, "other scheme", "1")
    with pytest.raises(Conflict, match=first.id):
        service.resolve(owner, "1")
    service.remove_alias("uuid", "1")
    assert service.resolve(owner, "1").id == second.id


def test_an_alias_of_a_private_thing_leads_a_stranger_nowhere(either_url: str, make_app: Callable[..., Flask]) -> None:
    make_app(either_url)
    owner, stranger = person("owner"), person("stranger")
    entity = thing(owner, "a", "private")
    service.add_alias(entity.seq, "uuid", "1")
    with pytest.raises(NotFound):
        service.resolve(stranger, "1")


def test_only_the_owner_shares(either_url: str, make_app: Callable[..., Flask]) -> None:
    make_app(either_url)
    owner, friend, other = person("owner"), person("friend"), person("other")
    entity = thing(owner, "a", "private")
    service.grant(owner, entity.id, friend.id, "write")
    with pytest.raises(Forbidden):
        service.grant(friend, entity.id, other.id, "read")
    with pytest.raises(NotFound):
        service.grant(owner, entity.id, "0" * 64, "read")
    with pytest.raises(NotFound):
        service.revoke(owner, entity.id, other.id)


def test_things_are_followed_from_their_iri(client: FlaskClient, sign_up: SignUp) -> None:
    user, other = sign_up(client), sign_up(client)
    made = {
        visibility: client.post(
            "/api/ml_datasets", json={"name": "d", "visibility": visibility}, headers=user.headers
        ).json
        for visibility in ("private", "internal", "public")
    }
    for visibility, headers, status in (
        ("public", {}, 303),
        ("internal", {}, 404),
        ("internal", other.headers, 303),
        ("private", other.headers, 404),
        ("private", user.headers, 303),
        ("public", {"Authorization": "Bearer wrong"}, 401),
    ):
        dataset = made[visibility]["dataset_id"]
        answer = client.get(f"/id/ml_dataset/{dataset}", headers=headers)
        assert (visibility, answer.status_code) == (visibility, status)
        if status == 303:
            assert answer.headers["Location"] == f"/api/ml_datasets/{dataset}"
    assert client.get(f"/id/ml_model/{made['public']['dataset_id']}").status_code == 404


def test_a_thing_of_any_kind_says_where_it_is_served(client: FlaskClient, sign_up: SignUp) -> None:
    user = sign_up(client)
    dataset = client.post("/api/ml_datasets", json={"name": "d"}, headers=user.headers).json["dataset_id"]
    entity = client.get(f"/api/entities/{dataset}", headers=user.headers)
    assert (entity.json["kind"], entity.json["title"]) == ("ml_dataset", "d")
    assert entity.json["location"] == f"/api/ml_datasets/{dataset}"
    assert entity.headers["ETag"] == '"r1"'
