"""Each domain error once per renderer, and errors that arise before any route is found."""

import inspect
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from app.core import errors
from app.core.errors import DomainError, FieldError, Problem

NEEDS = {
    "Unauthenticated": {"scheme": "Bearer"},
    "TooManyRequests": {"retry_after": 7},
}
TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DomainError) and kind is not DomainError
]


def plain_text(problem: Problem) -> Response:
    return Response(f"{problem.status} {problem.detail}", problem.status, mimetype="text/plain")


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("app")
    errors.init_app(app)
    errors.register_renderer("/plain", errors.Shape(plain_text, "text/plain", statuses={422: 400}))
    errors.register_renderer("/plain/but-json", errors.NATIVE)
    for kind in TREE:
        for prefix in ("/native", "/plain"):
            app.add_url_rule(f"{prefix}/{kind.__name__}", f"{prefix}{kind.__name__}", raiser(kind), methods=["GET"])
    app.add_url_rule("/native/surprise", "surprise", surprise)
    app.config["MAX_CONTENT_LENGTH"] = 10
    app.add_url_rule("/plain/body", "body", lambda: Response(), methods=["POST"])
    yield app.test_client()
    errors._shapes.pop("/plain")
    errors._shapes.pop("/plain/but-json")


def raiser(kind: type[DomainError]):  # type: ignore[no-untyped-def]
    def view() -> None:
        raise kind("The thing is wrong; mend it.", **NEEDS.get(kind.__name__, {}))  # type: ignore[arg-type]

    return view


def surprise() -> None:
    raise KeyError("a secret of the inside")


@pytest.mark.parametrize("kind", TREE)
def test_each_domain_error_is_a_problem_document_natively(client: FlaskClient, kind: type[DomainError]) -> None:
    answer = client.get(f"/native/{kind.__name__}")
    assert answer.status_code == kind.status
    assert answer.mimetype == "application/problem+json"
    body = answer.json
    assert (body["status"], body["detail"]) == (kind.status, "The thing is wrong; mend it.")
    assert body["instance"] == f"/native/{kind.__name__}"


@pytest.mark.parametrize("kind", TREE)
def test_each_domain_error_takes_the_shape_of_its_path(client: FlaskClient, kind: type[DomainError]) -> None:
    answer = client.get(f"/plain/{kind.__name__}")
    status = 400 if kind is errors.Invalid else kind.status  # the status that the clients of this path know
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")
    assert answer.text == f"{status} The thing is wrong; mend it."


def test_headers_of_an_error_survive_every_renderer(client: FlaskClient) -> None:
    for prefix in ("/native", "/plain"):
        assert client.get(f"{prefix}/TooManyRequests").headers["Retry-After"] == "7"
        assert client.get(f"{prefix}/Unauthenticated").headers["WWW-Authenticate"].startswith("Bearer")


def test_the_longest_prefix_wins(client: FlaskClient) -> None:
    assert client.get("/plain/none").mimetype == "text/plain"
    assert client.get("/plain/but-json/none").mimetype == "application/problem+json"


def test_errors_before_routing_take_the_shape_of_the_path_too(client: FlaskClient) -> None:
    missing = client.get("/plain/none")
    assert (missing.status_code, missing.mimetype) == (404, "text/plain")
    wrong_method = client.post("/plain/NotFound")
    assert (wrong_method.status_code, wrong_method.mimetype) == (405, "text/plain")
    assert "GET" in wrong_method.headers["Allow"]


def test_what_nobody_expected_is_a_500_that_tells_nothing_of_the_inside(client: FlaskClient) -> None:
    answer = client.get("/native/surprise")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "KeyError" not in answer.text


def test_field_errors_say_where_and_how(client: FlaskClient) -> None:
    with client.application.test_request_context("/native/x"):
        problem = Problem(422, "1 field is wrong.", (FieldError("/name", "is missing"),))
        body = errors.render(problem).get_json()
    assert body["errors"] == [{"pointer": "/name", "detail": "is missing"}]


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    assert all(f"{kind.__name__} {kind.status}" in drawn for kind in TREE)
