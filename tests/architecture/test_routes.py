"""Every route: guarded unless it stands on the list of public ones, and the same for a stranger as if nothing were there."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import SignUp

PUBLIC = {
    "/docs",
    "/docs/<name>",
    "/openapi.json",
    "/health",
    "/health/ready",
    "/api/users/register",
    "/api/users/get-auth-token",
    "/id/<kind>/<id>",
}
# what strangers may read of an assets DB and its registry, by ANONYMOUS_ASSETS=read, which is the default
READS = {
    ("GET", "/asset/<anything:uri>"),
    ("GET", "/asset-object/<asset_id>"),
    ("POST", "/assets"),
    ("GET", "/api/assets/<id>"),
    ("GET", "/api/assets/<id>/file"),
    ("GET", "/asset_registry/<registry_id>"),
    ("POST", "/asset_registries"),
    ("GET", "/check_health/<registry_id>"),
    ("GET", "/api/assets_dbs/<id>"),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(app: Flask) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for rule in app.url_map.iter_rules():
        for method in sorted(set(rule.methods or ()) & set(METHODS)):
            yield method, rule.rule, app.view_functions[rule.endpoint]


def filled(rule: str, value: str) -> str:
    return re.sub(r"<[^>]+>", value, rule)


def test_every_route_is_guarded_unless_it_is_public(app: Flask) -> None:
    bare = {rule for _, rule, view in routes(app) if not getattr(view, "_spec", {}).get("auth")}
    assert bare <= PUBLIC


def test_without_a_token_every_other_route_answers_401(app: Flask, client: FlaskClient) -> None:
    for method, rule, _ in routes(app):
        if rule not in PUBLIC and (method, rule) not in READS:
            answer = client.open(filled(rule, "0" * 64), method=method)
            assert answer.status_code == 401, f"{method} {rule}: {answer.text}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), f"{method} {rule}"


@pytest.mark.parametrize(
    "header",
    ["Bearer wrong", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Digest x", "wrong", "Bearer a b", " ", "Bearer ü"],
)
def test_a_wrong_token_is_401_on_every_guarded_route(app: Flask, client: FlaskClient, header: str) -> None:
    for method, rule, _ in routes(app):
        if rule not in PUBLIC:
            answer = client.open(filled(rule, "0" * 64), method=method, headers={"Authorization": header})
            assert answer.status_code == 401, f"{method} {rule}"


def test_a_stranger_gets_for_a_private_thing_what_is_given_for_nothing(
    app: Flask, client: FlaskClient, sign_up: SignUp
) -> None:
    """The walk over every route with an id: private models, data sets and trainings, asked for by somebody else."""
    owner, stranger = sign_up(client), sign_up(client)
    for thing, blank in [(id, "0" * 64) for kind in THINGS for id in make_private(client, owner.headers, kind)]:
        for method, rule, view in routes(app):
            if "<id>" not in rule and "<reference>" not in rule:
                continue
            body = example(app, view, method)
            answers = []
            for target in (thing, blank):
                path = filled(rule.replace("<id>", target).replace("<reference>", target), stranger.id)
                path = path.replace("/id/" + stranger.id, "/id/ml_model")
                answer = client.open(path, method=method, json=body, headers=stranger.headers)
                answers.append((answer.status_code, answer.text.replace(target, "X").replace(request_id(answer), "R")))
            assert answers[0] == answers[1], f"{method} {rule}"
            refused = (
                403,
                404,
                422,
                400,
                412,
            )  # 400 and 412 where clients know them for a request that lacks something
            assert answers[0][0] in refused, f"{method} {rule}: {answers[0]}"


THINGS = {
    "/api/ml_models": {"name": "m", "version": "1", "description": "d", "ml_flow_model_path": "runs:/x/model"},
    "/api/ml_datasets": {"name": "d", "description": "d"},
    "/api/fl_services": {"name": "f", "description": "d"},
    "/asset": {"asset_name": "a", "asset_version": {"version": "1", "tag": "t"}},
    "/asset_registry": {"asset_registry_name": "r", "asset_registry_public_url": "http://localhost:5000"},
}


# things that have another id among their own clients, and where they are listed by the id that all things have
LISTS = {"/asset": "/api/assets", "/asset_registry": "/api/assets_dbs"}


def make_private(client: FlaskClient, headers: dict[str, str], kind: str) -> list[str]:
    """The ids of a private thing that was just made."""
    made = client.post(kind, json={**THINGS[kind], "visibility": "private"}, headers=headers)
    assert made.status_code == 201, made.text
    own = unquote(made.headers["Location"]).rsplit("/", 1)[1]
    if kind not in LISTS:
        return [own]
    return [own, *(one["id"] for one in client.get(LISTS[kind], headers=headers).json["data"])]


def example(app: Flask, view: Callable[..., Any], method: str) -> Any:
    """The example body of the route, so that a refusal is for the caller and not for the body."""
    from app.core import documentation

    if method == "GET" or not getattr(view, "_spec", {}).get("body"):
        return None
    with app.app_context():
        document = documentation.document()
    endpoint = next(name for name, function in app.view_functions.items() if function is view).replace(".", "_")
    for methods in document["paths"].values():
        for operation in methods.values():
            if operation["operationId"].endswith(endpoint):
                return next(iter(operation["requestBody"]["content"].values()))["example"]
    raise AssertionError(f"{endpoint} is not documented")


def request_id(answer: Any) -> str:
    return answer.headers["X-Request-ID"]
