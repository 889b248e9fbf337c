"""The Postman collection, made of the OpenAPI document and of the order in which a newcomer would send the requests.

Run as a whole on an empty server it passes: what one request makes, the next ones use, and what deletes comes last. Every
route is in it; one that the order does not name is sent at the end, where any documented answer but a 500 is right.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.core.openapi import HEX_EXAMPLE

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
FORM = "multipart/form-data"
FILES = ("README.md",)  # files that are beside the collection
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Step:
    """One request of the order: which operation, the answer it must give, what to keep of it, what to put into it."""

    chapter: str
    operation: str
    status: tuple[int, ...]
    keep: dict[str, str] = field(default_factory=dict)  # variable -> JavaScript expression over `body`
    path: dict[str, str] = field(default_factory=dict)  # path parameter -> value
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | str | None = None
    before: tuple[str, ...] = ()  # JavaScript that runs first
    basic: tuple[str, str] = ("{{email}}", "{{password}}")


def collection(document: dict[str, Any], steps: tuple[Step, ...]) -> dict[str, Any]:
    """A Postman collection (format 2.1) of every operation in `document`, `steps` first and in their order."""
    named = {step.operation for step in steps}
    operations = dict(_operations(document))
    rest = [Step("Further", name, ()) for name in operations if name not in named]
    unknown = sorted(named - set(operations))
    assert not unknown, f"the order names operations that do not exist: {unknown}"
    folders: dict[str, list[dict[str, Any]]] = {}
    for step in (*steps, *rest):
        operation = operations[step.operation]
        folders.setdefault(step.chapter, []).append(_item(step, operation))
    return {
        "info": {"name": "Quaymaster", "description": document["info"]["description"], "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": "baseUrl", "value": document["servers"][0]["url"]}, {"key": "token", "value": ""}],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def _item(step: Step, operation: dict[str, Any]) -> dict[str, Any]:
    method, path = step.operation.split(" ", 1)
    summary = f"{step.operation} · {operation['summary']}"
    item: dict[str, Any] = {"name": summary, "request": {"method": method, "description": operation["description"]}}
    headers = [{"key": key, "value": value} for key, value in step.headers.items()]
    item["request"] |= {"header": headers, "url": _url(step, path, operation)}
    kind, example = _example(operation)
    body = step.body if step.body is not None else example
    if body is not None:
        item["request"]["body"] = _body(kind, body)
        if kind != FORM:  # whose boundary the client makes
            headers.append({"key": "Content-Type", "value": kind})
    item["request"]["auth"] = _auth(step, operation)
    item["event"] = [_event("prerequest", list(step.before))] if step.before else []
    item["event"].append(_event("test", _tests(step, operation)))
    return item


def _event(listen: str, lines: list[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def _body(kind: str, body: Any) -> dict[str, Any]:
    if isinstance(body, str):
        return {"mode": "raw", "raw": body}
    if kind == FORM:
        return {"mode": "formdata", "formdata": [_part(key, value) for key, value in body.items()]}
    if kind == "application/x-www-form-urlencoded":
        return {"mode": "urlencoded", "urlencoded": [{"key": key, "value": value} for key, value in body.items()]}
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}


def _part(key: str, value: str) -> dict[str, Any]:
    """A field of a form; a value that names a file of this project is that file."""
    if value in FILES:
        return {"key": key, "type": "file", "src": value}
    return {"key": key, "type": "text", "value": value}


def _example(operation: dict[str, Any]) -> tuple[str, Any]:
    """The first media type that a body may have, and an example of it."""
    contents = operation.get("requestBody", {}).get("content", {})
    kind, content = next(iter(contents.items()), ("application/json", {"example": None}))
    return kind, content["example"]


def _auth(step: Step, operation: dict[str, Any]) -> dict[str, Any]:
    security = operation.get("security", [])
    if any("basic_auth" in choice for choice in security):
        pairs = zip(("username", "password"), step.basic, strict=True)
        return {"type": "basic", "basic": [{"key": k, "value": v, "type": "string"} for k, v in pairs]}
    if not security:
        return {"type": "noauth"}
    return {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]}


def _url(step: Step, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    examples = {
        p["name"]: str(p.get("example", HEX_EXAMPLE)) for p in operation.get("parameters", []) if p["in"] == "path"
    }
    filled = re.sub(r"{([^}]+)}", lambda match: step.path.get(match[1], examples[match[1]]), path)
    query = [{"key": key, "value": value} for key, value in step.query.items()]
    text = "{{baseUrl}}" + filled + ("?" + "&".join(f"{q['key']}={q['value']}" for q in query) if query else "")
    url: dict[str, Any] = {"raw": text, "host": ["{{baseUrl}}"], "path": filled.strip("/").split("/")}
    return url | ({"query": query} if query else {})


def _tests(step: Step, operation: dict[str, Any]) -> list[str]:
    statuses = sorted(step.status or (int(status) for status in operation["responses"] if status != "500"))
    lines = [
        f'pm.test("answers {" or ".join(map(str, statuses))}", () => {{',
        f"  pm.expect(pm.response.code).to.be.oneOf({json.dumps(statuses)});",
        "});",
    ]
    if step.keep:
        lines.append("const body = pm.response.json();")
        lines += [f'pm.collectionVariables.set("{name}", {value});' for name, value in step.keep.items()]
    return lines
