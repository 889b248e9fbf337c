"""`/docs` and `/openapi.json`: Swagger UI from the files that its package carries, and the document behind it.

Nothing is loaded from any other host: the page names our own paths only, and its content security policy holds it to that.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, send_from_directory

from app.core import openapi
from app.core.api import apifairy
from app.core.errors import NotFound

bp = Blueprint("documentation", __name__)

PAGE = Path(__file__).with_name("docs_page")
OURS = ("index.html", "start.js", "page.css")
SWAGGER_UI = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def swagger_ui() -> Path:
    """The folder of Swagger UI's files; only the files of the package are used, not its code."""
    spec = find_spec("flask_swagger_ui")
    assert spec is not None and spec.origin is not None, "flask-swagger-ui is not installed"
    return Path(spec.origin).with_name("dist")


@bp.get("/openapi.json")
def openapi_json() -> Response:
    return Response(document_bytes(), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@bp.get("/docs")
def page() -> Response:
    return asset("index.html")


@bp.get("/docs/<name>")
def asset(name: str) -> Response:
    if name not in OURS + SWAGGER_UI:
        raise NotFound(f"There is no /docs/{name}. The documentation is at /docs.")
    response = send_from_directory(PAGE if name in OURS else swagger_ui(), name, max_age=3600)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def document() -> dict[str, Any]:
    """The OpenAPI document of the present application."""
    with current_app.test_request_context():  # apifairy reads the present request, which the CLI has not
        return apifairy.apispec


def document_bytes() -> bytes:
    """The document as JSON, made once a process."""
    kept = current_app.extensions.get("openapi_json")
    if kept is None:
        kept = current_app.extensions["openapi_json"] = orjson.dumps(document())
    return kept


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    apifairy._apispec = None  # the extension object outlives an application, its document must not
    apifairy.process_apispec(openapi.complete)
