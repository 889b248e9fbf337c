"""Questions over HTTP: the protocol, what is seen, what is never seen, and what hostile queries get."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app.entities import service as entities
from app.gateways import triple_store
from app.semantics import sync
from app.semantics.service.examples import EXAMPLES
from tests.conftest import PASSWORD, Live, SignedUp, SignUp
from tests.semantics.test_descriptions import link, make

SPARQL = "/api/semantics/sparql"
TITLES = "SELECT ?title { ?thing a <http://www.w3.org/ns/mls#Model> ; <http://purl.org/dc/terms/title> ?title }"
EVERYTHING = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
Ask = Callable[..., list[str]]


@pytest.fixture
def client(either_client: FlaskClient) -> FlaskClient:
    return either_client


@pytest.fixture
def owner(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


@pytest.fixture
def stranger(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


def values(client: FlaskClient, user: SignedUp, query: str) -> list[str]:
    """The first variable of each row."""
    answer = client.get(SPARQL, query_string={"query": query}, headers=user.headers)
    assert answer.status_code == 200, answer.text
    name = answer.json["head"]["vars"][0]
    return sorted(row[name]["value"] for row in answer.json["results"]["bindings"])


def test_what_was_written_is_seen_by_the_next_question(client: FlaskClient, owner: SignedUp) -> None:
    assert values(client, owner, TITLES) == []
    model = make(client, owner, name="first")
    assert values(client, owner, TITLES) == ["first"]
    client.patch(f"/api/ml_models/{model}", json={"name": "second"}, headers=owner.headers)
    assert values(client, owner, TITLES) == ["second"]
    client.delete(f"/api/ml_models/{model}", headers=owner.headers)
    assert values(client, owner, TITLES) == []
    assert values(client, owner, EVERYTHING) == ["0"]
    client.post(f"/api/ml_models/{model}/restore", headers=owner.headers)
    assert values(client, owner, TITLES) == ["second"]


def test_private_things_are_never_seen_nor_counted(client: FlaskClient, owner: SignedUp, stranger: SignedUp) -> None:
    make(client, owner, name="shown")
    shown = values(client, stranger, EVERYTHING)
    hidden = [make(client, owner, kind, name="hidden", visibility="private") for kind in ("ml_models", "ml_datasets")]
    for user in (owner, stranger):
        assert values(client, user, EVERYTHING) == shown
        assert values(client, user, TITLES) == ["shown"]
    client.patch(f"/api/ml_models/{hidden[0]}", json={"visibility": "public"}, headers=owner.headers)
    assert values(client, stranger, TITLES) == ["hidden", "shown"]
    client.patch(f"/api/ml_models/{hidden[0]}", json={"visibility": "private"}, headers=owner.headers)
    assert values(client, stranger, EVERYTHING) == shown


def test_a_statement_is_shown_as_far_as_all_that_it_names(
    client: FlaskClient, owner: SignedUp, stranger: SignedUp
) -> None:
    model = make(client, owner)
    before = values(client, stranger, EVERYTHING)
    private = make(client, owner, "ml_datasets", name="hidden", visibility="private")
    link(client, owner, model, private)
    trained = "SELECT ?data { ?model <http://data.europa.eu/it6/trainedOn> ?data }"
    assert values(client, stranger, trained) == []
    assert values(client, stranger, EVERYTHING) == before
    client.patch(f"/api/ml_datasets/{private}", json={"visibility": "internal"}, headers=owner.headers)
    assert [iri.rsplit("/", 1)[1] for iri in values(client, stranger, trained)] == [private]
    client.patch(f"/api/ml_datasets/{private}", json={"visibility": "private"}, headers=owner.headers)
    assert values(client, stranger, trained) == []
    assert values(client, stranger, EVERYTHING) == before


def test_search_finds_ones_own_private_models_too(client: FlaskClient, owner: SignedUp, stranger: SignedUp) -> None:
    model = make(client, owner, name="hidden", visibility="private", tags={"domain": "lakes"})
    client.patch(f"/api/semantics/{model}", json={"algorithm": "Random 100%_Forest"}, headers=owner.headers)
    asked = {"algorithm": "100%_forest", "tag": "domain=lakes", "q": "hid"}
    path = "/api/semantics/search"
    found = client.get(path, query_string=asked, headers=owner.headers).json["data"]
    assert [(one["model_id"], one["algorithm"]) for one in found] == [(model, "Random 100%_Forest")]
    assert client.get(path, query_string={"algorithm": "100_"}, headers=owner.headers).json["data"] == []
    assert client.get(path, query_string=asked, headers=stranger.headers).json["data"] == []


@pytest.mark.parametrize(
    "send",
    [
        lambda client, headers: client.get(SPARQL, query_string={"query": TITLES}, headers=headers),
        lambda client, headers: client.post(SPARQL, data={"query": TITLES}, headers=headers),
        lambda client, headers: client.post(
            SPARQL, data=TITLES, content_type="application/sparql-query", headers=headers
        ),
    ],
)
def test_the_three_ways_of_the_protocol_give_one_answer(
    client: FlaskClient, owner: SignedUp, send: Callable[..., Any]
) -> None:
    make(client, owner, name="m")
    answer = send(client, owner.headers)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/sparql-results+json"
    assert [row["title"]["value"] for row in answer.json["results"]["bindings"]] == ["m"]


TABLES = [
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
]
GRAPHS = ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        (TITLES, TABLES),
        ("ASK { ?s ?p ?o }", TABLES[:2]),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", GRAPHS),
        ("DESCRIBE ?s WHERE { ?s a <http://www.w3.org/ns/mls#Model> }", GRAPHS),
    ],
)
def test_each_form_answers_in_each_of_its_formats(
    client: FlaskClient, owner: SignedUp, query: str, kinds: list[str]
) -> None:
    make(client, owner, name="m")
    for kind in kinds:
        answer = client.get(SPARQL, query_string={"query": query}, headers={**owner.headers, "Accept": kind})
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.data.strip()
    refused = client.get(SPARQL, query_string={"query": query}, headers={**owner.headers, "Accept": "image/png"})
    assert refused.status_code == 406


def test_a_question_that_cannot_be_read_says_where(client: FlaskClient, owner: SignedUp) -> None:
    answer = client.get(SPARQL, query_string={"query": "SELECT ?x {\n ?x oops }"}, headers=owner.headers)
    assert answer.status_code == 400
    assert "2" in answer.json["detail"]
    assert answer.json["errors"][0]["pointer"] == "query"
    assert client.post(SPARQL, data={}, headers=owner.headers).status_code in (400, 415)
    assert client.post(SPARQL, json={"query": TITLES}, headers=owner.headers).status_code == 415
    latin = client.post(SPARQL, data=b"\xff", content_type="application/sparql-query", headers=owner.headers)
    assert latin.status_code == 400
    chosen = {"query": TITLES, "default-graph-uri": "urn:x"}
    assert client.post(SPARQL, data=chosen, headers=owner.headers).status_code == 400


def test_a_key_for_reading_may_ask_by_post(client: FlaskClient, owner: SignedUp) -> None:
    wanted = {"label": "notebook", "scopes": ["read"]}
    key = client.post("/api/users/me/api-keys", json=wanted, headers=owner.headers)
    headers = {"Authorization": f"Bearer {key.json['api_key']}"}
    assert client.post(SPARQL, data={"query": TITLES}, headers=headers).status_code == 200
    assert client.post("/api/ml_models", json={}, headers=headers).status_code == 403


@pytest.fixture
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """A listener on loopback, and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(1)
                    heard.append(connection.recv(1000))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", heard
        over.set()
        thread.join()


OUTBOUND = (
    "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { SERVICE SILENT <URL> { ?s ?p ?o } } } }",
    "SELECT * { ?s ?p ?o . FILTER EXISTS { sErViCe <URL> { ?s ?p ?o } } }",
    "SELECT * { # nothing\n SERVICE#<\n<URL> { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { S\\U00000045RVICE <URL> { ?s ?p ?o } }",
    "SELECT * { VALUES ?u { <URL> } SERVICE ?u { ?s ?p ?o } }",
    "SELECT * { FILTER(1 <2) SERVICE <URL> { ?s ?p ?o } FILTER(3> 2) }",
    "SELECT * FROM <URL> { ?s ?p ?o }",
    "SELECT * FROM NAMED <URL> { GRAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <URL> FROM <URL>",
    "LOAD <URL>",
    "LOAD SILENT <URL> INTO GRAPH <urn:quaymaster:public>",
    "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <URL> { ?s ?p ?o } }",
    "DROP ALL",
    "DELETE WHERE { ?s ?p ?o }",
    "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
)


def test_no_query_reaches_out_or_changes_anything(
    client: FlaskClient, owner: SignedUp, canary: tuple[str, list[bytes]]
) -> None:
    make(client, owner, name="m")
    url, heard = canary
    before = values(client, owner, EVERYTHING)
    for query in OUTBOUND:
        answer = client.post(SPARQL, data={"query": query.replace("URL", url)}, headers=owner.headers)
        assert answer.status_code == 400, (query, answer.text)
        assert answer.json["errors"][0]["pointer"] == "query"
    assert values(client, owner, EVERYTHING) == before
    assert heard == []


CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
PATH = "SELECT (COUNT(*) AS ?n) { ?a (<urn:x>|!<urn:x>)* ?b . ?c (<urn:y>|!<urn:y>|^!<urn:y>)* ?d . ?e (!<urn:z>)* ?f }"


@pytest.mark.parametrize(
    "query", [CROSS, PATH, CROSS.replace("COUNT(*)", "COUNT(DISTINCT ?a)"), "SELECT * " + CROSS[24:]]
)
def test_a_runaway_ends_and_the_service_lives(
    make_app: Callable[..., Flask], sqlite_url: str, sign_up: SignUp, query: str
) -> None:
    client = make_app(sqlite_url).test_client()
    user = sign_up(client)
    for number in range(30):
        make(client, user, name=f"m{number}")
    started = time.monotonic()
    answer = client.post(SPARQL, data={"query": query}, headers=user.headers)
    assert answer.status_code == 422, answer.text
    assert "LIMIT" in answer.json["detail"]
    assert time.monotonic() - started < 15
    assert len(values(client, user, TITLES)) == 30


def test_a_query_of_a_megabyte_is_refused(client: FlaskClient, owner: SignedUp) -> None:
    long = "SELECT * { ?s ?p ?o } #" + "x" * 900_000
    assert client.post(SPARQL, data={"query": long}, headers=owner.headers).status_code == 400
    answer = client.post(SPARQL, data={"query": long * 2}, headers=owner.headers)
    assert answer.status_code == 413


def test_without_a_token_nobody_asks(client: FlaskClient) -> None:
    assert client.get(SPARQL, query_string={"query": TITLES}).status_code == 401


def test_the_store_is_filled_again_when_its_process_died(client: FlaskClient, owner: SignedUp) -> None:
    make(client, owner, name="m")
    assert values(client, owner, TITLES) == ["m"]
    triple_store.forget()
    assert values(client, owner, TITLES) == ["m"]


def test_a_mark_of_a_database_that_was_set_back_is_not_believed(client: FlaskClient, owner: SignedUp) -> None:
    make(client, owner, name="m")
    assert values(client, owner, TITLES) == ["m"]
    mark = triple_store.mark()
    assert mark is not None
    far = mark.rsplit(" ", 1)[0] + " 999999999999"
    assert triple_store.replace([], before=mark, after=far)
    make(client, owner, name="n")
    assert values(client, owner, TITLES) == ["m", "n"]


def test_things_that_changed_while_another_filled_the_store_are_not_missed(
    client: FlaskClient, owner: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process replaces first: ours must look again instead of believing that it is done."""
    make(client, owner, name="m")
    assert values(client, owner, TITLES) == ["m"]
    make(client, owner, name="n")
    real, lost = triple_store.replace, []

    def lose_once(parts: Any, *, before: str | None, after: str) -> bool:
        if not lost:
            lost.append(after)
            return False
        return real(parts, before=before, after=after)

    monkeypatch.setattr(sync.triple_store, "replace", lose_once)
    assert values(client, owner, TITLES) == ["m", "n"]
    assert lost


def test_what_was_read_before_another_replaced_it_does_not_come_back(
    client: FlaskClient, owner: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the position stands still while an older transaction runs; a mark never does."""
    model = make(client, owner, name="secret")
    since, real = entities.changes_since, triple_store.replace
    monkeypatch.setattr(entities, "changes_since", lambda _, kinds: entities.Changes(since(0, kinds).rows, 1))
    assert values(client, owner, TITLES) == ["secret"]

    def late(parts: Any, *, before: str | None, after: str) -> bool:
        read_before = list(parts)
        monkeypatch.setattr(triple_store, "replace", real)
        client.patch(f"/api/ml_models/{model}", json={"visibility": "private"}, headers=owner.headers)
        assert sync._step()
        return real(read_before, before=before, after=after)

    monkeypatch.setattr(triple_store, "replace", late)
    assert not sync._step()
    assert b"secret" not in triple_store.query(TITLES, list(sync.GRAPHS.values()), "text/csv")


@pytest.mark.parametrize("store", ["child", "fuseki"])
def test_all_workers_see_what_one_of_them_wrote(
    start_service: Callable[..., Live], store: str, request: pytest.FixtureRequest
) -> None:
    """Each worker with a store of its own, and all with one real SPARQL server: changed, hidden, and taken away."""
    address = "child://" if store == "child" else request.getfixturevalue("fuseki")
    url = start_service(WEB_WORKERS="2", TRIPLE_STORE_URL=address).url
    person = {"email": "a@example.org", "password": PASSWORD, "first_name": "S", "last_name": "U", "role": "r"}
    requests.post(f"{url}/api/users/register", json=person, timeout=10)
    login = requests.post(f"{url}/api/users/get-auth-token", auth=("a@example.org", PASSWORD), timeout=10)
    headers = {"Authorization": f"Bearer {login.json()['token']}"}

    # a connection of its own each time, so that both workers take their turns
    def seen() -> list[str]:
        answer = requests.get(url + SPARQL, params={"query": TITLES}, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return sorted(row["title"]["value"] for row in answer.json()["results"]["bindings"])

    models: dict[str, str] = {}
    for number in range(8):
        body = {"name": f"m{number}", "version": "1", "ml_flow_model_path": "runs:/r/m"}
        made = requests.post(f"{url}/api/ml_models", json=body, headers=headers, timeout=10)
        models[f"m{number}"] = f"{url}/api/ml_models/{made.json()['model_id']}"
        assert seen() == sorted(models)
    for name in ("m0", "m1", "m2"):
        requests.patch(models.pop(name), json={"visibility": "private"}, headers=headers, timeout=10)
        assert seen() == sorted(models)
    for name in ("m3", "m4"):
        requests.delete(models.pop(name), headers=headers, timeout=10)
        assert seen() == sorted(models)


@pytest.fixture
def of_a_run(
    make_app: Callable[..., Flask], sqlite_url: str, sign_up: SignUp, seeded_store: tuple[str, dict[str, str]]
) -> tuple[FlaskClient, SignedUp]:
    """A service that knows one run of MLflow, and a training."""
    client = make_app(sqlite_url, MLFLOW_TRACKING_URI=seeded_store[0]).test_client()
    user = sign_up(client)
    made = client.post("/api/ml_models/from_run", json={"run_id": seeded_store[1]["run_id"]}, headers=user.headers)
    assert made.status_code == 201
    parts = {"fl_communication": {"secure_aggregation_enabled": True}}
    make(client, user, "fl_services", **parts)
    file = {"file_name": "a.png", "file_size": 10, "sha256": "0f" * 32}
    asset = {"asset_name": "a", "asset_tags": ["image"], "asset_public_url": "https://example.org/a.png"}
    answer = client.post("/asset", json={**asset, "asset_file_info": file}, headers=user.headers)
    assert answer.status_code == 201
    return client, user


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_finds_what_it_asks_for(of_a_run: tuple[FlaskClient, SignedUp], example: Any) -> None:
    client, user = of_a_run
    listed = client.get("/api/semantics/examples", headers=user.headers).json["examples"]
    (query,) = [one["query"] for one in listed if one["name"] == example.name]
    if example.name == "trained-on-with-score":
        query = query.replace('"diabetes"', '"lakes training"').replace('"r2"', '"val/r2 score"')
    if example.name == "trained-but-never-tested":
        query = query.replace("it6:testedOn|", "")
    answer = client.get(SPARQL, query_string={"query": query}, headers=user.headers)
    assert answer.status_code == 200, answer.text
    if answer.mimetype == "text/turtle":
        assert "Activity" in answer.text
    elif "boolean" in answer.json:
        assert answer.json["boolean"] is True
    else:
        assert answer.json["results"]["bindings"]


def test_what_mlflow_knew_can_be_asked_for(of_a_run: tuple[FlaskClient, SignedUp]) -> None:
    client, user = of_a_run
    query = EXAMPLES[0].query.replace('"diabetes"', '"lakes training"').replace('"r2"', '"val/r2 score"')
    answer = client.get(SPARQL, query_string={"query": query}, headers=user.headers).json["results"]["bindings"]
    settings = {row["parameter"]["value"]: row["setting"]["value"] for row in answer}
    assert settings["solver/name"] == "lbfgs"
    assert [float(row["score"]["value"]) for row in answer] == pytest.approx([0.7] * len(answer))
