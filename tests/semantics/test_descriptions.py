"""Descriptions over HTTP: every format, the overlay of people, and what a reader may not see."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import rdflib
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from rdflib.compare import isomorphic
from sqlalchemy import update

from app.core.clock import utcnow
from app.core.db import transaction
from app.semantics.describing import descriptions
from app.semantics.service import serving
from app.semantics.vocabulary import RDF
from app.semantics.writing import FORMATS
from tests.conftest import SignedUp, SignUp

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # inside rdflib
MODEL = {"name": "m", "version": "1", "description": "d", "ml_flow_model_path": "runs:/r/m", "tags": {"domain": "x"}}
BASE = "http://localhost:5000"
READ_AS = {"jsonld": "json-ld", "turtle": "turtle", "ntriples": "nt", "nquads": "nt", "rdfxml": "xml"}
TRAINED_ON = "http://data.europa.eu/it6/trainedOn"


@pytest.fixture
def client(either_client: FlaskClient) -> FlaskClient:
    return either_client


@pytest.fixture
def owner(client: FlaskClient, sign_up: SignUp) -> SignedUp:
    return sign_up(client)


def make(client: FlaskClient, user: SignedUp, kind: str = "ml_models", **given: Any) -> str:
    body = {**MODEL, **given} if kind == "ml_models" else {"name": "t", "description": "d", **given}
    answer = client.post(f"/api/{kind}", json=body, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]


def read(client: FlaskClient, user: SignedUp, thing: str, form: str = "ntriples") -> str:
    answer = client.get(f"/api/semantics/{thing}?format={form}", headers=user.headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def link(client: FlaskClient, user: SignedUp, model: str, dataset: str) -> None:
    statement = f"<> <{TRAINED_ON}> <{BASE}/id/ml_dataset/{dataset}> ."
    answer = client.patch(f"/api/semantics/{model}", data=statement, content_type="text/turtle", headers=user.headers)
    assert answer.status_code == 200, answer.text


def test_every_format_says_the_same(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    wanted = rdflib.Graph().parse(data=read(client, owner, model), format="nt")
    assert len(wanted) > 15
    for form, kind in FORMATS.items():
        by_name = client.get(f"/api/semantics/{model}?format={form}", headers=owner.headers)
        by_accept = client.get(f"/api/semantics/{model}", headers={**owner.headers, "Accept": kind})
        assert by_name.data == by_accept.data
        assert by_name.mimetype == by_accept.mimetype == kind
        assert "Accept" in by_name.headers["Vary"]
        text = by_name.text.replace(f" <{BASE}/id/ml_model/{model}> .\n", " .\n") if form == "nquads" else by_name.text
        assert isomorphic(rdflib.Graph().parse(data=text, format=READ_AS[form]), wanted), form


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/ld+json"),
        ("text/html, application/xml;q=0.9", "application/rdf+xml"),
        ("text/html, */*;q=0.1", "application/ld+json"),
        ("text/turtle;q=0.4, application/json;q=0.3", "text/turtle"),
    ],
)
def test_plain_json_and_xml_are_kinds_of_rdf_too(client: FlaskClient, owner: SignedUp, accept: str, kind: str) -> None:
    model = make(client, owner)
    assert client.get(f"/api/semantics/{model}", headers={**owner.headers, "Accept": accept}).mimetype == kind


def test_what_nobody_accepts_is_406(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    answer = client.get(f"/api/semantics/{model}", headers={**owner.headers, "Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.json["detail"]


def test_first_clients_get_their_envelopes(client: FlaskClient, owner: SignedUp) -> None:
    model, training = make(client, owner), make(client, owner, "fl_services")
    answer = client.get(f"/api/ml_models/generate_semantics/{model}", headers=owner.headers)
    assert answer.status_code == 200
    assert answer.json["model_id"] == model
    assert rdflib.Graph().parse(data=client.application.json.dumps(answer.json["semantics"]), format="json-ld")
    answer = client.get(f"/api/fl_services/generate_semantics/{training}", headers=owner.headers)
    assert {node["@id"] for node in answer.json["@graph"]} >= {f"{BASE}/id/fl_training/{training}"}
    for path in (f"ml_models/generate_semantics/{training}", f"fl_services/generate_semantics/{model}"):
        assert client.get(f"/api/{path}", headers=owner.headers).status_code == 404


def test_a_changed_thing_is_described_as_it_is_now(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    first = client.get(f"/api/semantics/{model}", headers=owner.headers)
    known = {**owner.headers, "If-None-Match": first.headers["ETag"]}
    assert client.get(f"/api/semantics/{model}", headers=known).status_code == 304
    client.patch(f"/api/ml_models/{model}", json={"name": "renamed"}, headers=owner.headers)
    assert client.get(f"/api/semantics/{model}", headers=known).status_code == 200
    assert '"renamed"' in read(client, owner, model)
    client.patch("/api/users/me", json={"last_name": "Newname"}, headers=owner.headers)
    assert '"Sample Newname"' in read(client, owner, model)


def test_an_unresolved_model_says_what_is_missing_and_why(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    report = client.get(f"/api/semantics/{model}/validation", headers=owner.headers).json
    assert report["conforms"] is False
    assert {result["path"] for result in report["results"] if result["severity"] == "Violation"} >= {TRAINED_ON}
    assert all(result["message"] and result["focus_node"].startswith(BASE) for result in report["results"])
    assert any("MLflow" in sentence for sentence in report["missing"])
    assert "mls#Run" not in read(client, owner, model)


def test_fields_are_merged_into_the_description_and_outlive_a_refresh(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    first = {"keywords": ["a", "b"], "license": "https://spdx.org/licenses/MIT", "algorithm": "Own Method"}
    answer = client.patch(f"/api/semantics/{model}", json=first, headers=owner.headers)
    assert answer.json["fields"] == first
    answer = client.patch(
        f"/api/semantics/{model}", json={"keywords": ["c"], "license": None, "tasks": ["t"]}, headers=owner.headers
    )
    assert answer.json["fields"] == {"keywords": ["c"], "algorithm": "Own Method", "tasks": ["t"]}
    assert client.post(f"/api/ml_models/{model}/refresh", headers=owner.headers).status_code == 200
    text = read(client, owner, model)
    assert '<http://www.w3.org/ns/dcat#keyword> "c"' in text
    assert '<https://w3id.org/fair4ml#mlTask> "t"' in text
    assert '<http://www.w3.org/ns/dcat#keyword> "a"' not in text
    assert "spdx" not in text
    found = client.get("/api/semantics/search?algorithm=ownmeth", headers=owner.headers).json["data"]
    assert [(one["model_id"], one["algorithm"]) for one in found] == [(model, "Own Method")]


def test_statements_join_those_before_until_they_are_dropped(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    for word in ("first", "second"):
        statement = f'<> <http://www.w3.org/2000/01/rdf-schema#comment> "{word}" .'
        sent = client.patch(
            f"/api/semantics/{model}", data=statement, content_type="text/turtle; charset=utf-8", headers=owner.headers
        )
        assert sent.status_code == 200, sent.text
    assert '"first"' in read(client, owner, model)
    assert '"second"' in read(client, owner, model)
    dropped = client.patch(f"/api/semantics/{model}", json={"statements": None}, headers=owner.headers)
    assert dropped.json["statements"] == ""
    assert '"first"' not in read(client, owner, model)


def test_the_history_says_who_said_what_and_when(client: FlaskClient, owner: SignedUp, sign_up: SignUp) -> None:
    model, other = make(client, owner), sign_up(client, first_name="Second")
    client.put(f"/api/entities/{model}/grants/{other.id}", json={"right": "write"}, headers=owner.headers)
    for user, word in ((owner, "a"), (other, "b")):
        client.patch(f"/api/semantics/{model}", json={"keywords": [word]}, headers=user.headers)
    rows = client.get(f"/api/semantics/{model}/history", headers=owner.headers).json["data"]
    assert [row["fields"]["keywords"] for row in rows] == [["b"], ["a"]]
    assert [row["author"]["user_id"] for row in rows] == [other.id, owner.id]
    acts = client.get(f"/api/ledger?entity={model}", headers=other.headers).json["data"]
    assert [act["kind"] for act in acts] == ["semantics.update"]


def test_of_two_writers_the_second_is_told(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    for read_from in (f"/api/semantics/{model}", f"/api/semantics/{model}/overlay"):
        tag = client.get(read_from, headers=owner.headers).headers["ETag"]
        headers = {**owner.headers, "If-Match": tag}
        assert client.patch(f"/api/semantics/{model}", json={"keywords": ["a"]}, headers=headers).status_code == 200
        late = client.patch(f"/api/semantics/{model}", json={"keywords": ["b"]}, headers=headers)
        assert late.status_code == 412
    assert client.get(f"/api/semantics/{model}/overlay", headers=owner.headers).json["fields"] == {"keywords": ["a"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"keywords": "not a list"}, "/keywords"),
        ({"topics": ["no iri"]}, "/topics/0"),
        ({"see_also": ["http://x/\u2028\n"]}, "/see_also/0"),
        ({"topics": ["http://["]}, "/topics/0"),
        ({"see_also": ["http://x/%zz"]}, "/see_also/0"),
        ({"unknown": 1}, "/unknown"),
        ({"statements": "<> <> <> ."}, "/statements"),
    ],
)
def test_wrong_fields_are_named_and_change_nothing(
    client: FlaskClient, owner: SignedUp, body: dict[str, Any], pointer: str
) -> None:
    model = make(client, owner)
    answer = client.patch(f"/api/semantics/{model}", json=body, headers=owner.headers)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert client.get(f"/api/semantics/{model}/overlay", headers=owner.headers).json["revision"] == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (f"<{BASE}/id/ml_model/{'0' * 64}> a <http://x/y> .", "text/turtle", 422),
        ("[] a <http://x/y> .", "text/turtle", 422),
        ("<> a ", "text/turtle", 400),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x/>', "application/rdf+xml", 422),
        ('{"@context": "http://127.0.0.1:1/x", "@id": ""}', "application/ld+json", 422),
        ("a,b", "text/csv", 415),
    ],
)
def test_hostile_statements_are_refused_and_change_nothing(
    client: FlaskClient, owner: SignedUp, body: str, kind: str, status: int
) -> None:
    model = make(client, owner)
    answer = client.patch(f"/api/semantics/{model}", data=body, content_type=kind, headers=owner.headers)
    assert answer.status_code in (400, status), answer.text
    assert client.get(f"/api/semantics/{model}/overlay", headers=owner.headers).json["revision"] == 1


def test_only_writers_add_to_a_description(client: FlaskClient, owner: SignedUp, sign_up: SignUp) -> None:
    model, stranger = make(client, owner), sign_up(client)
    answer = client.patch(f"/api/semantics/{model}", json={"keywords": ["a"]}, headers=stranger.headers)
    assert answer.status_code == 403


def test_what_is_linked_comes_with_it_as_far_as_the_reader_may_see(
    client: FlaskClient, owner: SignedUp, sign_up: SignUp
) -> None:
    model = make(client, owner)
    private = make(client, owner, "ml_datasets", name="hidden data", visibility="private")
    link(client, owner, model, private)
    mine = read(client, owner, model)
    assert private in mine
    assert '"hidden data"' in mine
    stranger = sign_up(client)
    theirs = read(client, stranger, model)
    assert private not in theirs
    assert "hidden data" not in theirs
    client.patch(f"/api/ml_datasets/{private}", json={"visibility": "internal"}, headers=owner.headers)
    assert '"hidden data"' in read(client, stranger, model)


def test_what_is_missing_does_not_tell_of_what_a_reader_may_not_see(
    make_app: Callable[..., Flask], sqlite_url: str, seeded_store: tuple[str, dict[str, str]], sign_up: SignUp
) -> None:
    client = make_app(sqlite_url, MLFLOW_TRACKING_URI=seeded_store[0]).test_client()
    owner, stranger = sign_up(client), sign_up(client)
    made = client.post(
        "/api/ml_models/from_run", json={"run_id": seeded_store[1]["run_id"]}, headers=owner.headers
    ).json
    model = made["models"][0]["model_id"]
    for dataset in made["datasets"]:
        path = f"/api/ml_datasets/{dataset['dataset_id']}"
        assert client.patch(path, json={"visibility": "private"}, headers=owner.headers).status_code == 200

    def missing(user: SignedUp) -> bool:
        report = client.get(f"/api/semantics/{model}/validation", headers=user.headers).json
        return any("trainedOn" in sentence for sentence in report["missing"])

    assert (missing(owner), missing(stranger)) == (False, True)
    assert "ml_dataset" not in read(client, stranger, model)
    assert read(client, owner, model).count("/id/ml_dataset/") > 10


def test_the_iri_of_a_thing_leads_to_its_description_for_those_who_read_rdf(
    client: FlaskClient, owner: SignedUp
) -> None:
    model = make(client, owner)
    for accept, target in (
        ("text/turtle", f"/api/semantics/{model}"),
        ("application/ld+json;q=0.9, application/json;q=0.5", f"/api/semantics/{model}"),
        ("application/json", f"/api/ml_models/{model}"),
        ("*/*", f"/api/ml_models/{model}"),
        ("image/png", f"/api/ml_models/{model}"),
    ):
        answer = client.get(f"/id/ml_model/{model}", headers={**owner.headers, "Accept": accept})
        assert (answer.status_code, answer.headers["Location"]) == (303, target), accept


def test_what_has_no_description_is_not_there(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    client.delete(f"/api/ml_models/{model}", headers=owner.headers)
    for path in ("", "/overlay", "/history", "/validation"):
        for thing in (model, "0" * 64):
            assert client.get(f"/api/semantics/{thing}{path}", headers=owner.headers).status_code == 404


def test_a_licence_that_is_nearly_an_address_stays_a_text(client: FlaskClient, owner: SignedUp) -> None:
    model = make(client, owner)
    client.patch(f"/api/semantics/{model}", json={"license": "http://x y"}, headers=owner.headers)
    assert '#stated/license> <http://purl.org/dc/terms/identifier> "http://x y"' in read(client, owner, model)
    assert "rdf-schema#seeAlso> <http://x" not in read(client, owner, model)


def test_what_people_added_is_shown_as_far_as_all_that_it_names(
    client: FlaskClient, owner: SignedUp, sign_up: SignUp
) -> None:
    model, stranger = make(client, owner), sign_up(client)
    private = make(client, owner, "ml_datasets", visibility="private")
    link(client, owner, model, private)
    fields = {
        "topics": [f"{BASE}/id/ml_dataset/{private}"],
        "see_also": [f"{BASE}/id/ml_dataset/{private}#x", f"{BASE}/"],
    }
    client.patch(f"/api/semantics/{model}", json=fields, headers=owner.headers)
    for path in ("", "/overlay", "/history"):
        assert private in client.get(f"/api/semantics/{model}{path}", headers=owner.headers).text
        assert private not in client.get(f"/api/semantics/{model}{path}", headers=stranger.headers).text
    overlay = client.get(f"/api/semantics/{model}/overlay", headers=stranger.headers).json
    assert (overlay["fields"], overlay["statements"]) == ({"see_also": [f"{BASE}/"]}, "")
    client.patch(f"/api/ml_datasets/{private}", json={"visibility": "internal"}, headers=owner.headers)
    assert client.get(f"/api/semantics/{model}/overlay", headers=stranger.headers).json["fields"] == fields


def test_a_creator_is_named_by_the_iri_of_the_person(client: FlaskClient, owner: SignedUp) -> None:
    person = f"<http://www.w3.org/ns/prov#specializationOf> <{BASE}/id/user/{owner.id}>"
    assert person in read(client, owner, make(client, owner))


def test_the_version_that_lost_its_alias_is_described_without_it(client: FlaskClient, owner: SignedUp) -> None:
    first = make(client, owner)
    given = {"version": "2", "ml_flow_model_path": "runs:/r/m"}
    second = client.post(f"/api/ml_models/{first}/versions", json=given, headers=owner.headers).json["model_id"]
    for model, other in ((first, second), (second, first)):
        client.put(f"/api/ml_models/{model}/aliases/champion", headers=owner.headers)
        assert '"champion"' in read(client, owner, model)
        assert '"champion"' not in read(client, owner, other)


def test_a_description_of_another_cluster_does_not_pass_for_newer(client: FlaskClient, owner: SignedUp) -> None:
    """As after a dump of PostgreSQL was loaded into a new one, whose transactions count from the beginning."""
    model, other = make(client, owner), make(client, owner)
    read(client, owner, other)
    read(client, owner, model)
    with transaction() as session:
        session.execute(update(descriptions).values(change=10**12))
    client.patch(f"/api/ml_models/{model}", json={"name": "renamed"}, headers=owner.headers)
    assert '"renamed"' in read(client, owner, model)


@pytest.mark.parametrize("name", ["RDF", "Description", "about", "li", "aboutEach"])
def test_words_of_rdf_xml_are_no_predicates_in_it(client: FlaskClient, owner: SignedUp, name: str) -> None:
    model = make(client, owner)
    said = f'<> <{RDF.iri}{name}> "x" ; a "y" .'
    client.patch(f"/api/semantics/{model}", data=said, content_type="text/turtle", headers=owner.headers)
    answer = client.get(f"/api/semantics/{model}?format=rdfxml", headers=owner.headers)
    assert (answer.status_code, "Turtle" in answer.json["detail"]) == (422, True)
    wanted = rdflib.Graph().parse(data=read(client, owner, model), format="nt")
    assert isomorphic(rdflib.Graph().parse(data=read(client, owner, model, "jsonld"), format="json-ld"), wanted)


def test_a_thing_that_is_deleted_while_it_is_read_is_not_there(
    client: FlaskClient, owner: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, real = make(client, owner), serving.bring_up_to_date

    def delete_first(seqs: list[int], **how: bool) -> None:
        monkeypatch.setattr(serving, "bring_up_to_date", real)
        assert client.delete(f"/api/ml_models/{model}", headers=owner.headers).status_code == 204
        real(seqs, **how)

    monkeypatch.setattr(serving, "bring_up_to_date", delete_first)
    assert client.get(f"/api/semantics/{model}", headers=owner.headers).status_code == 404


@pytest.fixture
def of_one_run(
    make_app: Callable[..., Flask],
    seeded_store: tuple[str, dict[str, str]],
    sign_up: SignUp,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], str]:
    """The digest of all descriptions that come of one run, where ids and times do not come by chance."""

    def act(url: str) -> str:
        numbers = iter(range(10_000))
        client = make_app(url, MLFLOW_TRACKING_URI=seeded_store[0]).test_client()
        monkeypatch.setattr("app.entities.service.secrets.token_hex", lambda size: f"{next(numbers):0{2 * size}x}")
        with time_machine.travel(
            utcnow().replace(year=2030, month=1, day=1, hour=1, minute=1, second=1, microsecond=1), tick=False
        ):
            user = sign_up(client)
            made = client.post(
                "/api/ml_models/from_run", json={"run_id": seeded_store[1]["run_id"]}, headers=user.headers
            ).json
            things = [one["model_id"] for one in made["models"]] + [one["dataset_id"] for one in made["datasets"]]
            texts = [read(client, user, thing, "nquads") for thing in things]
        assert len(texts) == 3
        return hashlib.sha256("".join(texts).encode()).hexdigest()

    return act


def test_the_same_run_is_described_the_same_on_both_databases(
    of_one_run: Callable[[str], str], sqlite_url: str, postgres_url: str
) -> None:
    assert of_one_run(sqlite_url) == of_one_run(postgres_url)
