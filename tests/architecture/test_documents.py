"""What the repository says of itself is what the program does: settings, OpenAPI document, Postman collection."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from app import postman
from app.core import documentation
from app.core.config import Config
from app.postman_order import STEPS

ROOT = Path(__file__).parents[2]
UNDOCUMENTED = {"/docs", "/docs/<name>", "/openapi.json"}
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return documentation.document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_the_openapi_document_is_valid(document: dict[str, Any]) -> None:
    validate(json.loads(json.dumps(document)))


def test_component_names_are_unique_without_a_digit_at_their_end(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if name[-1].isdigit()] == []


def test_every_operation_has_summary_description_and_tag(document: dict[str, Any]) -> None:
    bare = [f"{m} {p}" for m, p, o in operations(document) if not (o.get("summary") and o.get("description"))]
    assert bare == []
    assert [f"{m} {p}" for m, p, o in operations(document) if not o["tags"]] == []


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    bodies = [(f"{m} {p}", o["requestBody"]) for m, p, o in operations(document) if "requestBody" in o]
    firsts = [(name, next(iter(body["content"].values()))) for name, body in bodies]
    assert [name for name, content in firsts if not content.get("example")] == []


def test_every_operation_says_which_errors_it_gives(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        expected = {"400", "429", "500", "503"} | ({"401", "403"} if operation.get("security") else set())
        assert expected <= set(operation["responses"]), f"{method} {path}"


def test_the_document_and_the_routes_are_the_same(app: Flask, document: dict[str, Any]) -> None:
    served = set()
    for rule in app.url_map.iter_rules():
        if rule.rule not in UNDOCUMENTED:
            path = re.sub(r"<([^<:]+:)?([^>]+)>", r"{\2}", rule.rule)
            served |= {(method.lower(), path) for method in rule.methods or () if method.lower() in METHODS}
    assert served == {(method, path) for method, path, _ in operations(document)}


def test_the_servers_are_the_public_url_whatever_host_the_caller_names(app: Flask) -> None:
    answer = app.test_client().get("/openapi.json", headers={"Host": "evil.example"})
    assert answer.json["servers"] == [{"url": "http://localhost:5000"}]


def test_the_example_environment_lists_exactly_the_settings() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = [match[1] for line in lines if (match := re.match(r"#? ?([A-Z_]+)=", line))]
    assert listed == [field.name.upper() for field in Config.settings()]


def test_the_readme_has_the_table_of_settings_that_the_class_makes() -> None:
    readme = (ROOT / "README.md").read_text()
    for field in Config.settings():
        default = f"`{field.metadata['default']}`" if field.metadata["default"] else ""
        assert f"| `{field.name.upper()}` | {default} | {field.metadata['doc']} |" in readme


def test_the_postman_collection_is_the_one_that_the_document_makes(document: dict[str, Any]) -> None:
    kept = json.loads((ROOT / "postman_collection.json").read_text())
    assert kept == json.loads(json.dumps(postman.collection(document, STEPS))), (
        "stale: run `quay postman > postman_collection.json`"
    )


def test_the_postman_collection_has_every_route(document: dict[str, Any]) -> None:
    kept = json.loads((ROOT / "postman_collection.json").read_text())
    sent = {item["name"].split(" · ")[0] for folder in kept["item"] for item in folder["item"]}
    assert {f"{method.upper()} {path}" for method, path, _ in operations(document)} <= sent
