"""Every case of MongoDB's own behaviour, asked over HTTP: the documents stand under `asset_metadata` of assets."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from app.assets_db import service as assets_db
from app.assets_db.models import Asset
from app.core.db import table_of, transaction
from app.queries import finding
from tests.queries.prefixing import prefixed
from tests.queries.test_cases import CASES, LIMITS, TOTAL, name
from tests.services.running import refuse


def clear() -> None:
    with transaction() as session:
        session.execute(delete(table_of(Asset)))


def ask(client: FlaskClient, number: int, case: dict[str, Any]) -> str | None:
    """What is wrong with the answer to a case, if anything is."""
    clear()
    refused = {name(one) for one in case["docs"] if "\\u0000" in json.dumps(one)}
    for document in case["docs"]:
        made = client.post("/asset", json={"asset_metadata": document})
        assert made.status_code == (400 if name(document) in refused else 201), f"case {number}: {made.text}"
    if (
        refused
    ):  # no body may hold NUL, which PostgreSQL cannot keep; so neither such a document nor such a filter is taken
        return (
            None if client.post("/assets", json=case["filter"]).status_code == 400 else f"case {number}: NUL was taken"
        )
    limit = {"limit": LIMITS[number]} if number in LIMITS else {}
    answer = client.post("/assets", json=prefixed(case["filter"], "asset_metadata"), query_string=limit)
    if case["expect"] == "ERR":
        wrong = answer.status_code == 400 and answer.json["success"] is False
        return None if wrong else f"case {number}: {answer.status_code} for {case['filter']}"
    found = sorted(name(one["asset_metadata"]) for one in answer.json.get("data", []))
    right = answer.status_code == 200 and found == sorted(case["expect"])
    return None if right else f"case {number}: {answer.status_code} {found} for {case['filter']}, not {case['expect']}"


def test_every_case_is_answered_as_mongodb_answers_it(either_client: FlaskClient) -> None:
    if not CASES.exists():
        refuse(f"the cases are not at {CASES}")
    cases = json.loads(CASES.read_text())
    assert len(cases) == TOTAL
    wrong = [said for number, case in enumerate(cases) if (said := ask(either_client, number, case))]
    assert wrong == [], f"{len(wrong)} of {len(cases)}: {wrong[:5]}"


SMALL: list[tuple[list[Any], Any, list[int]]] = [
    # §6: small facts, each with its documents under asset_metadata, a filter, and which of them are found
    ([{"n": 5}, {"n": 5.0}, {"n": "5"}, {"n": True}], {"asset_metadata.n": 5}, [0, 1]),
    ([{"n": 1}, {"n": True}], {"asset_metadata.n": True}, [1]),
    ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], {"asset_metadata": {"a": 1, "b": 2}}, [0]),
    ([{"x": 1}, {"x": 2}, {}], {"asset_metadata.x": {"$ne": 1}}, [1, 2]),
    ([{"x": 1}, {}], {"asset_metadata.x": {"$nin": []}}, [0, 1]),
    ([{"x": 1}, {}], {"asset_metadata.x": {"$in": []}}, []),
    ([{"a": [1]}, {"a": []}, {"a": [[]]}, {}, {"a": {"b": None}}], {"asset_metadata.a.b": None}, [3, 4]),
    ([{"a": [[]]}, {"a": []}], {"asset_metadata.a": {"$elemMatch": {"b": None}}}, [0]),
    ([{"a": [1, 2]}, {"a": [[1, 2]]}, {"a": [2, 1]}], {"asset_metadata.a": {"$all": [[1, 2]]}}, [0, 1]),
    ([{"v": {"a": 1, "$gt": 3}}, {"v": 5}], {"asset_metadata.v": {"a": 1, "$gt": 3}}, [0]),
    ([{"s": "cafe"}, {"s": "café"}], {"asset_metadata.s": {"$regex": r"^\w+$"}}, [0]),
    ([{"s": "cafe"}, {"s": "café"}], {"asset_metadata.s": {"$regex": r"(*UCP)^\w+$"}}, [0, 1]),
    ([{"s": "10.0"}, {"s": "9.0"}, {"s": "1.0"}], {"asset_metadata.s": {"$gte": "1.0"}}, [0, 1, 2]),
    ([{"s": "10.0"}, {"s": "9.0"}], {"asset_metadata.s": {"$gt": "9"}}, [1]),
]


@pytest.mark.parametrize(("documents", "wanted", "found"), SMALL)
def test_small_facts(either_client: FlaskClient, documents: list[Any], wanted: Any, found: list[int]) -> None:
    for number, document in enumerate(documents):
        name = {"asset_name": str(number), "asset_metadata": document}
        assert either_client.post("/asset", json=name).status_code == 201
    answer = either_client.post("/assets", json=wanted)
    assert answer.status_code == 200, answer.text
    assert [int(one["asset_name"]) for one in answer.json["data"]] == found


def test_a_list_of_tags_is_compared_as_a_whole_and_a_tag_as_a_member(either_client: FlaskClient) -> None:
    for tags in (["sample"], ["sample", "image"], []):
        either_client.post("/asset", json={"asset_tags": tags})
    ask = lambda wanted: [one["asset_tags"] for one in either_client.post("/assets", json=wanted).json["data"]]  # noqa: E731
    assert ask({"asset_tags": ["sample"]}) == [["sample"]]
    assert ask({"asset_tags": "sample"}) == [["sample"], ["sample", "image"]]


@pytest.mark.parametrize(
    "wanted",
    [
        {"$and": []},
        {"v": {"$in": 5}},
        {"v": {"$not": {}}},
        {"v": {"$type": "nosuch"}},
        {"v": {"$mod": [4]}},
        {"v": {"$gt": 3, "a": 1}},
        {"$where": "1"},
        {"$text": {"$search": "x"}},
        {"v": {"$near": [0, 0]}},
        {"$expr": {"$function": {}}},
        {"$or": [{"a": 1}] * 10_001},
    ],
)
def test_a_wrong_filter_is_a_400_even_where_nothing_is(client: FlaskClient, wanted: Any) -> None:
    answer = client.post("/assets", json=wanted)
    assert (answer.status_code, answer.json["success"]) == (400, False)
    assert answer.json["errors"][0]["pointer"].startswith("/") or wanted == {}


def test_a_filter_nested_beyond_the_limit_is_a_400(client: FlaskClient) -> None:
    wanted: Any = {"a": 1}
    for _ in range(200):
        wanted = {"$and": [wanted]}
    body = json.dumps(wanted)
    assert client.post("/assets", data=body, content_type="application/json").status_code == 400


def test_pages_go_on_where_they_ended_and_nothing_is_lost(either_client: FlaskClient) -> None:
    for number in range(25):
        either_client.post("/asset", json={"asset_name": str(number), "asset_metadata": {"n": number % 2}})
    seen: list[str] = []
    path = "/assets?limit=4"
    while path:
        answer = either_client.post(path, json={"asset_metadata.n": {"$not": {"$eq": 0}}})
        seen += [one["asset_name"] for one in answer.json["data"]]
        path = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
    assert seen == [str(number) for number in range(25) if number % 2]


@pytest.mark.parametrize("given", ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=-1", "other=1"])
def test_wrong_arguments_of_a_query_are_a_400(client: FlaskClient, given: str) -> None:
    answer = client.post(f"/assets?{given}", json={})
    assert (answer.status_code, answer.json["success"]) == (400, False)


def test_an_answer_without_limit_has_at_most_a_thousand_and_a_link(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "time", SimpleNamespace(monotonic=lambda: 0.0))  # a slow machine gives short pages
    assets_db.import_assets(None, [{"asset_name": str(number), "_id": number} for number in range(1001)])
    answer = client.post("/assets", json={})
    assert len(answer.json["data"]) == 1000
    path = answer.headers["Link"].partition("<")[2].partition(">")[0]
    rest = client.post(path, json={})
    assert ([one["asset_name"] for one in rest.json["data"]], "Link" in rest.headers) == (["1000"], False)
