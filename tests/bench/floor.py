"""The floor: the same questions answered by the least code over the same database. What any service of this stack can reach.

Flask, one connection of one engine, SQL as text, orjson. No schemas, no documentation, no log, no metrics; but the same
token check, the same visibility, and answers that hold as much as ours.
"""

import hashlib
import os
import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Flask, Response, request
from sqlalchemy import Connection, create_engine, text

WHO = text(
    "SELECT u.seq, u.id, u.first_name, u.last_name, c.scopes, c.expires_at FROM credentials c"
    " JOIN users u ON u.seq = c.user_seq WHERE c.sha256 = :sha256 AND c.revoked_at IS NULL AND u.disabled_at IS NULL"
)
MODELS = (
    "SELECT e.seq, e.id AS model_id, e.visibility, e.state, e.revision, e.created_at, e.updated_at,"
    " m.name, m.version, m.description, m.path AS ml_flow_model_path, m.run_id, m.properties, m.tags, m.tracked,"
    " m.tracking_state, m.tracking_reason, m.tracking_at,"
    " o.id AS user_id, o.first_name, o.last_name FROM entities e"
    " JOIN ml_models m ON m.seq = e.seq LEFT JOIN users o ON o.seq = e.owner_seq WHERE e.deleted_at IS NULL"
    " AND (e.visibility IN ('public', 'internal') OR e.owner_seq = :caller"
    " OR EXISTS (SELECT 1 FROM grants g WHERE g.entity_seq = e.seq AND g.user_seq = :caller))"
)
ONE = text(f"{MODELS} AND e.id = :id")
PAGE = text(f"{MODELS} AND e.kind = 'ml_model' ORDER BY e.seq LIMIT 21")
ASSET = text(
    "SELECT a.document FROM assets a JOIN entities e ON e.seq = a.seq WHERE a.uri = :uri AND a.uri <> ''"
    " AND e.deleted_at IS NULL AND (e.visibility IN ('public', 'internal') OR e.owner_seq = :caller"
    " OR EXISTS (SELECT 1 FROM grants g WHERE g.entity_seq = e.seq AND g.user_seq = :caller))"
)
NEW_ENTITY = text(
    "INSERT INTO entities (id, kind, owner_seq, visibility, title, state, revision, created_at, updated_at)"
    " VALUES (:id, 'ml_model', :caller, 'internal', :name, 'active', 1, :now, :now) RETURNING seq"
)
NEW_MODEL = text(
    "INSERT INTO ml_models (seq, name, version, description, path, properties, tags, tracking_state, tracking_reason,"
    " tracking_at, tracked) VALUES (:seq, :name, :version, :description, :path, '{}', '{}', 'unresolved', :reason, :now, '{}')"
)
NEW_ACT = text(
    "INSERT INTO acts (id, kind, label, agent_seq, at, details)"
    " VALUES (:id, 'ml_assets.register', :label, :caller, :now, '{}') RETURNING seq"
)
NEW_LINK = text("INSERT INTO act_links (act_seq, role, position, entity_seq) VALUES (:act, 'generated', 0, :seq)")
BARE = text("INSERT INTO bench_rows (name, at) VALUES (:name, :now)")

engine = create_engine(os.environ["DATABASE_URL"], pool_size=6, json_deserializer=orjson.loads)
app = Flask("floor")


def answer(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, mimetype="application/json")


def who(connection: Connection) -> Any:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    row = connection.execute(WHO, {"sha256": hashlib.sha256(token.encode()).hexdigest()}).first()
    return row if row is not None and row.expires_at > datetime.now(UTC) else None


def shown(row: Any) -> dict[str, Any]:
    model = dict(row._mapping)
    tracked = model.pop("tracked")
    model |= {name: tracked[name] for name in ("params", "metrics", "flavors", "signature", "registered", "run")}
    creator = {name: model.pop(name) for name in ("user_id", "first_name", "last_name")}
    tracking = {name: model.pop(f"tracking_{name}") for name in ("state", "reason", "at")}
    return {**model, "creator": creator, "tracking": tracking, "datasets": [], "aliases": []}


@app.get("/f1")
def f1() -> Response:
    return answer({"ok": True})


@app.get("/f2/<model_id>")
def f2(model_id: str) -> Response:
    with engine.connect() as connection:
        caller = who(connection)
        if caller is None:
            return answer({"error": "token"}, 401)
        row = connection.execute(ONE, {"id": model_id, "caller": caller.seq}).first()
    return answer({"error": "no such model"}, 404) if row is None else answer(shown(row))


@app.get("/fa/<path:uri>")
def fa(uri: str) -> Response:
    with engine.connect() as connection:
        caller = who(connection)
        if caller is None:
            return answer({"error": "token"}, 401)
        document = connection.scalar(ASSET, {"uri": uri, "caller": caller.seq})
    if document is None:
        return answer({"error": "no such asset"}, 404)
    return answer({"success": True, "data": orjson.Fragment(document)})


@app.get("/f3")
def f3() -> Response:
    with engine.connect() as connection:
        caller = who(connection)
        if caller is None:
            return answer({"error": "token"}, 401)
        rows = connection.execute(PAGE, {"caller": caller.seq}).all()
    return answer({"data": [shown(row) for row in rows[:20]], "next": rows[19].seq if len(rows) > 20 else None})


@app.post("/f4")
def f4() -> Response:
    given = orjson.loads(request.get_data())
    if not all(isinstance(given.get(name), str) for name in ("name", "version", "description", "ml_flow_model_path")):
        return answer({"error": "fields"}, 422)
    now, new_id = datetime.now(UTC), secrets.token_hex(32)
    with engine.begin() as connection:
        caller = who(connection)
        if caller is None:
            return answer({"error": "token"}, 401)
        common = {"now": now, "caller": caller.seq, "name": given["name"]}
        seq = connection.execute(NEW_ENTITY, {**common, "id": new_id}).scalar_one()
        model = {"seq": seq, "path": given["ml_flow_model_path"], "reason": "MLflow is not configured.", **common}
        connection.execute(NEW_MODEL, {**model, "version": given["version"], "description": given["description"]})
        label = f"Registered {given['name']} {given['version']}"
        act = {**common, "id": secrets.token_hex(32), "label": label}
        act_seq = connection.execute(NEW_ACT, act).scalar_one()
        connection.execute(NEW_LINK, {"act": act_seq, "seq": seq})
    creator = {"user_id": caller.id, "first_name": caller.first_name, "last_name": caller.last_name}
    made = {"model_id": new_id, "created_at": now, "updated_at": now, "revision": 1, "state": "active", "tags": {}}
    tracking = {"state": "unresolved", "reason": model["reason"], "checked_at": now}
    return answer({**given, **made, "visibility": "internal", "creator": creator, "tracking": tracking}, 201)


@app.post("/f5")
def f5() -> Response:
    given = orjson.loads(request.get_data())
    with engine.begin() as connection:
        connection.execute(BARE, {"name": given["name"], "now": datetime.now(UTC)})
    return answer({"ok": True}, 201)
