"""What every operation of the OpenAPI document has in common, added in one place.

The document says what really happens: each error that the shared parts can give stands at each operation that has those
parts, 201s carry their Location, pages their Link, and bodies an example made of the examples of their fields.
"""

from typing import Any

from flask import current_app

from app.core import errors
from app.core.errors import Shape

FIELD_ERRORS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["pointer", "detail"],
        "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem; `errors` names each wrong field and the remedy",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": FIELD_ERRORS,
    },
}
ALWAYS = {
    "400": "The request cannot be read",
    "429": "Too many requests; wait as long as Retry-After says",
    "500": "An unexpected error; nothing was changed",
    "503": "A part that is needed is down or not configured",
}
WITH_TOKEN = {"401": "The token is missing, wrong, expired or revoked", "403": "You may not do this"}
WITH_BODY = {
    "413": "The body is too large",
    "415": "The body is not application/json",
    "422": "A field is wrong; `errors` says which",
}
WITH_OTHER_BODY = {
    "413": "The body is too large",
    "415": "The body has none of the media types that are read here",
    "422": "The body can be read, but not accepted; `errors` says why",
}
WITH_ARGUMENTS = {"422": "An argument is wrong; `errors` says which"}
WITH_PATH = {"404": "It is not there, or not for you"}
PATH_PARAMETERS = {
    "id": "Id, 64 hexadecimal characters",
    "user": "Id of a user, 64 hexadecimal characters",
    "kind": "Kind of the thing, such as `ml_model`",
    "path": "Path below the root; slashes are kept",
    "reference": "Id or alias of a thing",
    "run_id": "Id of an MLflow run",
    "alias": "Name of the alias, such as `champion`",
    "uri": "Uri of the asset, `name:version-tag`, or its asset_id; slashes are kept",
    "asset_id": "asset_id of the asset",
    "registry_id": "asset_registry_id of an entry",
}
HEX_EXAMPLE = "0f" * 32
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Send the request again with the same key when its answer was lost: it is answered, not run again",
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "ETag that the thing must still have; 412 if it was changed since",
    "schema": {"type": "string", "pattern": '^("r[0-9]{1,9}(\\.[0-9a-f]{16})?"|\\*)$'},
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The finished document; called by APIFairy with what it made of routes and schemas."""
    document["servers"] = [{"url": current_app.config["PUBLIC_URL"]}]
    document["info"]["license"] = {"name": "Apache-2.0"}
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    contents = _contents()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _add_contents(operation, contents.get(operation["operationId"], {}))
            _complete_operation(document, path, method, operation)
    for tag in document.get("tags", []):
        tag["name"] = _readable(tag["name"])
    return document


def _contents() -> dict[str, dict[str, Any]]:
    """What `api.contents` says of the views, by operation."""
    views = current_app.view_functions.items()
    return {name.replace(".", "_"): view._contents for name, view in views if hasattr(view, "_contents")}


def _add_contents(operation: dict[str, Any], contents: dict[str, Any]) -> None:
    if contents.get("body"):
        operation.setdefault("requestBody", {"required": True, "content": {}})["content"].update(contents["body"])
        operation["x-other-body"] = True
    if contents.get("reads"):  # what changes nothing may just be sent again
        operation["x-reads"] = True
    if contents.get("answer"):
        operation["responses"].pop("204", None)
        answer = operation["responses"].setdefault(
            "200", {"description": "The answer, in the format that was asked for"}
        )
        answer["content"] = {**answer.get("content", {}), **contents["answer"]}


def _complete_operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> None:
    operation["tags"] = [_readable(tag) for tag in operation.get("tags", [])]
    for parameter in operation.get("parameters", []):
        _describe_parameter(parameter)
    for status, description in _common_errors(path, operation).items():
        operation["responses"].setdefault(status, {"description": description})
    plain = not any([operation.pop("x-other-body", False), operation.pop("x-reads", False)])
    if method == "post" and "requestBody" in operation and plain:
        operation["parameters"].append(IDEMPOTENCY_KEY)
        operation["responses"].setdefault("409", {"description": "The same request is being carried out right now"})
    shape = errors.shape_of(path)
    _rename_statuses(operation["responses"], shape)
    for status, response in operation["responses"].items():
        _complete_response(status, response, operation, shape)
    if "requestBody" in operation:
        _give_example(document, operation["requestBody"])
    if "412" in operation["responses"] and not any(p["name"].startswith("Tus-") for p in operation["parameters"]):
        operation["parameters"].append(IF_MATCH)


def _common_errors(path: str, operation: dict[str, Any]) -> dict[str, str]:
    errors = dict(ALWAYS)
    if operation.get("security"):
        errors |= WITH_TOKEN
    if "requestBody" in operation:
        errors |= WITH_OTHER_BODY if operation.get("x-other-body") else WITH_BODY
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        errors = WITH_ARGUMENTS | errors
    if "{" in path:
        errors |= WITH_PATH
    return errors


def _rename_statuses(responses: dict[str, Any], shape: Shape) -> None:
    """Errors by the statuses that the clients of this path know."""
    for ours, theirs in shape.statuses.items():
        found = responses.pop(str(ours), None)
        if found is not None:
            responses[str(theirs)] = {"description": found["description"]}


def _complete_response(status: str, response: dict[str, Any], operation: dict[str, Any], shape: Shape) -> None:
    if status >= "400" and "content" not in response:
        schema = shape.schema or {"$ref": "#/components/schemas/Problem"}
        response["content"] = {shape.media_type: {"schema": schema}}
    headers = response.setdefault("headers", {})
    if status == "201":
        headers["Location"] = {"description": "Where the new thing is", "schema": {"type": "string"}}
    if status == "429":
        headers["Retry-After"] = {"description": "Seconds to wait", "schema": {"type": "integer"}}
    if status == "401":
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    if status == "200" and any(p.get("name") == "cursor" for p in operation.get("parameters", [])):
        headers["Link"] = {"description": 'The next page, `rel="next"`, if there is one', "schema": {"type": "string"}}
    if not headers:
        del response["headers"]


def _describe_parameter(parameter: dict[str, Any]) -> None:
    if parameter["in"] == "path":
        parameter.setdefault("description", PATH_PARAMETERS.get(parameter["name"], parameter["name"]))
        if parameter["name"] in ("id", "user"):
            parameter["example"] = HEX_EXAMPLE
    example = parameter.get("schema", {}).pop("example", None)
    if example is not None:
        parameter["example"] = example


def _give_example(document: dict[str, Any], request_body: dict[str, Any]) -> None:
    for kind, content in request_body["content"].items():
        if kind.endswith("json"):
            content.setdefault("example", example_of(document, content["schema"]))


def example_of(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A value of this schema, made of the examples that stand at its fields."""
    schema = _resolve(document, schema)
    if "example" in schema:
        return schema["example"]
    if schema.get("type") == "array":
        return [example_of(document, schema["items"])]
    properties = {name: _resolve(document, part) for name, part in schema.get("properties", {}).items()}
    wanted = {n: p for n, p in properties.items() if not p.get("readOnly") and _has_example(document, p)}
    return {name: example_of(document, part) for name, part in wanted.items()}


def _has_example(document: dict[str, Any], part: dict[str, Any]) -> bool:
    if "example" in part:
        return True
    nested = part.get("properties") or (_resolve(document, part["items"]) if "items" in part else {})
    return bool(nested.get("properties", nested)) and bool(example_of(document, part))


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "allOf" in schema and len(schema["allOf"]) == 1:
        schema = {**schema["allOf"][0], **{k: v for k, v in schema.items() if k != "allOf"}}
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _readable(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").capitalize().replace("Ml ", "ML ").replace("Fl ", "FL ")
