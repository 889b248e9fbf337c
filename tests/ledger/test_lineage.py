"""Lineage and ledger: what is shown, what is cut, and that history cannot be changed; on both databases."""

import itertools
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exc, text

from app.core.db import database, transaction
from app.entities import service as entities
from app.ledger import drawing, service
from app.ledger.graph import Edge, Graph
from app.ledger.service import Activity
from app.users import service as users
from app.users.callers import Caller
from tests.conftest import PASSWORD, SignUp


def person(name: str) -> Caller:
    email = f"{name}@example.org"
    shown = users.create_user(email=email, password=PASSWORD, first_name=name, last_name="U", role="r")
    return Caller(users.seq_of(shown["user_id"]), shown["user_id"], email, name, "U", False, frozenset(), "")


@pytest.fixture
def owner(either_url: str, make_app: Callable[..., Flask]) -> Caller:
    make_app(either_url)
    return person("owner")


def thing(owner: Caller, title: str, visibility: str = "internal") -> entities.EntityRow:
    with transaction():
        return entities.create("ml_dataset", owner, title, visibility=visibility)


def act(owner: Caller, used: list[Any], made: list[Any], kind: str = "test.make") -> str:
    with transaction():
        label = f"{kind} {'+'.join(one.title for one in made)}"
        return service.record(Activity(kind, label), owner, used=[u.seq for u in used], generated=[m.seq for m in made])


def titles(graph: Graph) -> set[str]:
    return {node["title"] for node in graph.nodes if node["type"] == "entity"}


def walk(caller: Caller, root: Any, direction: str = "both", depth: int = 5) -> Graph:
    return service.lineage(caller, root.id, direction=direction, depth=depth)


def test_a_chain_is_walked_both_ways(owner: Caller) -> None:
    a, b, c = (thing(owner, name) for name in "abc")
    act(owner, [a], [b])
    act(owner, [b], [c])
    assert titles(walk(owner, a)) == titles(walk(owner, b)) == titles(walk(owner, c)) == {"a", "b", "c"}
    assert titles(walk(owner, b, "upstream")) == {"a", "b"}
    assert titles(walk(owner, b, "downstream")) == {"b", "c"}


def test_edges_run_along_time(owner: Caller) -> None:
    a, b = thing(owner, "a"), thing(owner, "b")
    done = act(owner, [a], [b])
    assert set(walk(owner, b).edges) == {Edge(a.id, done, "used"), Edge(done, b.id, "generated")}


def test_a_diamond_is_drawn_once(owner: Caller) -> None:
    a, b, c, d = (thing(owner, name) for name in "abcd")
    act(owner, [a], [b])
    act(owner, [a], [c])
    act(owner, [b, c], [d])
    graph = walk(owner, d)
    assert len(graph.nodes) == len({node["id"] for node in graph.nodes}) == 7
    assert len(graph.edges) == 7


def test_a_cycle_ends(owner: Caller) -> None:
    a, b = thing(owner, "a"), thing(owner, "b")
    act(owner, [a], [b])
    act(owner, [b], [a])
    graph = walk(owner, a, depth=20)
    assert titles(graph) == {"a", "b"}
    assert not graph.truncated
    assert ElementTree.fromstring(drawing.draw(graph)) is not None


def test_the_depth_cuts_and_says_so(owner: Caller) -> None:
    chain = [thing(owner, f"t{n}") for n in range(6)]
    for before, after in itertools.pairwise(chain):
        act(owner, [before], [after])
    graph = walk(owner, chain[0], depth=3)
    assert titles(graph) == {"t0", "t1", "t2", "t3"}
    assert graph.truncated
    assert not walk(owner, chain[0], depth=5).truncated


def test_acts_that_make_nothing_are_no_links(owner: Caller) -> None:
    a, b = thing(owner, "a"), thing(owner, "b")
    act(owner, [a, b], [], "test.compare")
    assert titles(walk(owner, a)) == {"a"}


def test_what_the_caller_may_not_see_is_cut_with_what_lies_beyond(owner: Caller) -> None:
    stranger = person("stranger")
    a, hidden, c = thing(owner, "a"), thing(owner, "hidden", "private"), thing(owner, "c")
    act(owner, [a], [hidden])
    secret = act(owner, [hidden], [c])
    assert titles(walk(owner, c)) == {"a", "hidden", "c"}
    graph = walk(stranger, c)
    assert titles(graph) == {"c"}
    assert secret not in {node["id"] for node in graph.nodes}
    assert not graph.truncated


def test_a_lineage_is_found_by_alias_and_iri(owner: Caller) -> None:
    a = thing(owner, "a")
    entities.add_alias(a.seq, "handle", "prefix/ABC-123")
    for reference in (a.id, "prefix/ABC-123", f"http://localhost:5000/id/ml_dataset/{a.id}"):
        assert service.lineage(owner, reference, direction="both", depth=1).root == a.id


@pytest.mark.parametrize("table", ["acts", "act_links"])
@pytest.mark.parametrize("change", ["UPDATE {} SET position = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_history_cannot_be_changed(owner: Caller, table: str, change: str) -> None:
    if change.startswith("TRUNCATE") and database.dialect == "sqlite":
        change = "DELETE FROM {}"
    act(owner, [thing(owner, "a")], [thing(owner, "b")])
    statement = change.format(table).replace("position = 1", "kind = 'x'" if table == "acts" else "position = 1")
    with pytest.raises(exc.DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(statement))


def test_the_ledger_lists_own_acts_newest_first_and_names_only_what_is_visible(
    either_client: FlaskClient, sign_up: SignUp
) -> None:
    client, user, other = either_client, sign_up(either_client), sign_up(either_client)
    made = client.post("/api/ml_datasets", json={"name": "d", "visibility": "private"}, headers=user.headers).json
    client.patch(f"/api/ml_datasets/{made['dataset_id']}", json={"description": "x"}, headers=user.headers)
    client.put(f"/api/entities/{made['dataset_id']}/grants/{other.id}", json={"right": "write"}, headers=user.headers)
    client.patch(f"/api/ml_datasets/{made['dataset_id']}", json={"description": "y"}, headers=other.headers)
    acts = client.get("/api/ledger", headers=user.headers).json["data"]
    assert [one["kind"] for one in acts] == ["entities.share", "ml_assets.update", "ml_assets.register"]
    assert acts[2]["generated"] == [{"id": made["dataset_id"], "kind": "ml_dataset", "title": "d"}]
    assert acts[0]["agent"]["user_id"] == user.id
    client.delete(f"/api/entities/{made['dataset_id']}/grants/{other.id}", headers=user.headers)
    (theirs,) = client.get("/api/ledger", headers=other.headers).json["data"]
    assert (theirs["kind"], theirs["used"]) == ("ml_assets.update", [])
    assert client.get("/api/ledger", query_string={"all": "true"}, headers=user.headers).status_code == 403


def test_an_admin_reads_the_acts_of_all(make_app: Callable[..., Flask], either_url: str, sign_up: SignUp) -> None:
    app = make_app(either_url)
    client = app.test_client()
    client.post("/api/ml_datasets", json={"name": "d"}, headers=sign_up(client).headers)
    users.create_user(email="a@example.org", password=PASSWORD, is_admin=True, first_name="A", last_name="A", role="r")
    token = client.post("/api/users/get-auth-token", auth=("a@example.org", PASSWORD)).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/ledger", headers=headers).json["data"] == []
    assert len(client.get("/api/ledger?all=true", headers=headers).json["data"]) == 1


@pytest.mark.parametrize(
    ("accept", "query", "status", "kind"),
    [
        (None, {}, 200, "application/json"),
        ("*/*", {}, 200, "application/json"),
        ("image/svg+xml", {}, 200, "image/svg+xml"),
        ("application/json", {"format": "svg"}, 200, "image/svg+xml"),
        ("image/svg+xml", {"format": "json"}, 200, "application/json"),
        ("text/turtle", {}, 406, "application/problem+json"),
    ],
)
def test_a_lineage_comes_as_json_or_as_a_picture(
    client: FlaskClient, sign_up: SignUp, accept: str | None, query: dict[str, str], status: int, kind: str
) -> None:
    user = sign_up(client)
    made = client.post("/api/ml_datasets", json={"name": "<b>&d"}, headers=user.headers).json["dataset_id"]
    headers = {**user.headers, **({"Accept": accept} if accept else {})}
    answer = client.get(f"/api/lineage/{made}", query_string=query, headers=headers)
    assert (answer.status_code, answer.mimetype) == (status, kind)
    if kind == "image/svg+xml":
        picture = ElementTree.fromstring(answer.data)
        assert any("<b>&d" in (node.text or "") for node in picture.iter())
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


TEXT = st.text(max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(TEXT, min_size=1, max_size=8),
    edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16),
)
def test_any_graph_makes_a_picture_that_is_xml_and_runs_nothing(names: list[str], edges: list[tuple[int, int]]) -> None:
    nodes = tuple(
        {
            "id": str(n),
            "type": "act" if n % 2 else "entity",
            "kind": "k_" + name,
            "title": name,
            "location": '/x"' + name,
        }
        for n, name in enumerate(names)
    )
    linked = tuple(Edge(str(a), str(b), "used") for a, b in edges if a < len(names) and b < len(names))
    picture = ElementTree.fromstring(drawing.draw(Graph("0", nodes, linked, False)))
    assert not [node for node in picture.iter() if node.tag.endswith(("script", "foreignObject", "image"))]
