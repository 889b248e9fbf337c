"""How errors look to clients of an assets DB, whose two dialects said `error` or `message`: here every error has both."""

from typing import Any

import orjson
from flask import Response

from app.core.errors import Problem, Shape
from app.core.openapi import FIELD_ERRORS

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong; `errors` names each wrong field and the remedy",
    "required": ["success", "error", "message"],
    "properties": {
        "success": {"type": "boolean", "enum": [False]},
        "error": {"type": "string"},
        "message": {"type": "string"},
        "errors": FIELD_ERRORS,
    },
}


def render(problem: Problem) -> Response:
    """`{"success": false, "error", "message"}`."""
    body: dict[str, Any] = {"success": False, "error": problem.detail, "message": problem.detail}
    if problem.errors:
        body["errors"] = problem.shown_errors
    return Response(orjson.dumps(body), problem.status, mimetype="application/json")


# clients of an assets DB know 400 for what is wrong in a body
SHAPE = Shape(render, "application/json", SCHEMA, statuses={422: 400})
