"""The order of the Postman collection: the story that a newcomer would play, each request with the answer it must give."""

from typing import Any

from app.postman import Step

WHO = {"password": "{{password}}", "first_name": "Sample", "last_name": "User", "role": "ML Engineer"}
MODEL, DATASET, TRAINING = {"id": "{{model_id}}"}, {"id": "{{dataset_id}}"}, {"id": "{{training_id}}"}
SHARED = {"id": "{{model_id}}", "user": "{{other_id}}"}
NEWCOMER = (
    'pm.collectionVariables.set("email", "newcomer-" + pm.variables.replaceIn("{{$guid}}") + "@example.org");',
    'pm.collectionVariables.set("password", pm.variables.replaceIn("{{$guid}}"));',
)
OTHER = ('pm.collectionVariables.set("other_email", "other-" + pm.variables.replaceIn("{{$guid}}") + "@example.org");',)
NEW_PASSWORD = ('pm.collectionVariables.set("new_password", pm.variables.replaceIn("{{$guid}}"));',)
TOKEN = {"token": "body.token"}
# an empty server has no runs, and perhaps no MLflow
NO_RUN = (404, 503)
NEXT_VERSION = {"version": "2.0", "ml_flow_model_path": "models:/sample/2"}
CHAMPION = {**MODEL, "alias": "champion"}
ASSET, URI, KEPT = {"asset_id": "body.asset_id"}, {"uri": "{{asset_id}}"}, {"id": "{{kept_id}}"}
STABLE = {**KEPT, "alias": "stable"}
NEW_ASSET = '{"asset_name": "sample-{{$guid}}", "asset_version": {"version": "1.0", "tag": "initial"}}'
UPLOAD, TUS = {"id": "{{upload_id}}"}, {"Tus-Resumable": "1.0.0"}
OURSELVES = {"asset_registry_name": "this service", "asset_registry_public_url": "{{baseUrl}}"}
REGISTERED = {"registry_id": "{{registry_id}}"}
RUN = {"run_id": "2c8c2fc3fefe4c56a29ac325c0bac39c"}


def _chapter(name: str, *steps: tuple[str, int | tuple[int, ...], dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(name, operation, status if isinstance(status, tuple) else (status,), **more)
        for operation, status, more in steps
    )


STEPS: tuple[Step, ...] = (
    *_chapter(
        "1 The service",
        ("GET /health", 200, {}),
        ("GET /health/ready", 200, {}),
    ),
    *_chapter(
        "2 Sign up",
        ("POST /api/users/register", 201, {"body": {"email": "{{email}}", **WHO}, "before": NEWCOMER}),
        ("POST /api/users/get-auth-token", 200, {"keep": TOKEN}),
        ("GET /api/users/me", 200, {}),
        ("PATCH /api/users/me", 200, {}),
        (
            "POST /api/users/register",
            201,
            {"body": {"email": "{{other_email}}", **WHO}, "before": OTHER, "keep": {"other_id": "body.user_id"}},
        ),
    ),
    *_chapter(
        "3 Models",
        ("POST /api/ml_models/add_model", 201, {"keep": {"model_id": "body.model_id"}}),
        ("GET /api/ml_models/get_model/{id}", 200, {"path": MODEL}),
        ("PUT /api/ml_models/update_model/{id}", 200, {"path": MODEL}),
        ("POST /api/ml_models", 201, {"keep": {"second_id": "body.model_id"}}),
        ("GET /api/ml_models", 200, {"query": {"creator": "me", "sort": "-created"}}),
        ("GET /api/ml_models/{id}", 200, {"path": MODEL}),
        ("PATCH /api/ml_models/{id}", 200, {"path": MODEL}),
        ("POST /api/ml_models/{id}/refresh", 200, {"path": MODEL}),
        ("POST /api/ml_models/{id}/versions", 201, {"path": MODEL, "body": NEXT_VERSION}),
        ("GET /api/ml_models/{id}/versions", 200, {"path": MODEL}),
        ("PUT /api/ml_models/{id}/aliases/{alias}", 200, {"path": CHAMPION, "keep": {"name": "body.name"}}),
        ("GET /api/ml_models/by_alias", 200, {"query": {"name": "{{name}}", "alias": "champion"}}),
        ("DELETE /api/ml_models/{id}/aliases/{alias}", 204, {"path": CHAMPION}),
        ("POST /api/ml_models/from_run", NO_RUN, {"body": RUN}),
    ),
    *_chapter(
        "4 Data sets",
        ("POST /api/ml_datasets", 201, {"keep": {"dataset_id": "body.dataset_id"}}),
        ("GET /api/ml_datasets", 200, {"query": {"creator": "me"}}),
        ("GET /api/ml_datasets/{id}", 200, {"path": DATASET}),
        ("PATCH /api/ml_datasets/{id}", 200, {"path": DATASET}),
    ),
    *_chapter(
        "5 Federated trainings",
        ("POST /api/fl_services/add", 201, {"keep": {"training_id": "body.fl_service_id"}}),
        ("GET /api/fl_services/get/{id}", 200, {"path": TRAINING}),
        ("GET /api/fl_services/list", 200, {}),
        ("PUT /api/fl_services/update/{id}", 200, {"path": TRAINING}),
        ("POST /api/fl_services/update_published_status/{id}", 200, {"path": TRAINING}),
        ("POST /api/fl_services", 201, {}),
        ("GET /api/fl_services", 200, {"query": {"creator": "me"}}),
        ("GET /api/fl_services/{id}", 200, {"path": TRAINING}),
        ("PATCH /api/fl_services/{id}", 200, {"path": TRAINING}),
    ),
    *_chapter(
        "6 Runs",
        ("GET /api/runs/{run_id}", NO_RUN, {"path": RUN}),
        ("GET /api/runs/{run_id}/metrics/history", NO_RUN, {"path": RUN, "query": {"key": "r2"}}),
        ("GET /api/runs/{run_id}/artifacts", NO_RUN, {"path": RUN}),
        ("GET /api/runs/{run_id}/artifacts/{path}", NO_RUN, {"path": {**RUN, "path": "model/MLmodel"}}),
    ),
    *_chapter(
        "7 Semantics",
        ("GET /api/semantics/{id}", 200, {"path": MODEL, "query": {"format": "turtle"}}),
        ("PATCH /api/semantics/{id}", 200, {"path": MODEL}),
        ("GET /api/semantics/{id}/overlay", 200, {"path": MODEL}),
        ("GET /api/semantics/{id}/history", 200, {"path": MODEL}),
        ("GET /api/semantics/{id}/validation", 200, {"path": MODEL}),
        ("GET /api/ml_models/generate_semantics/{id}", 200, {"path": MODEL}),
        ("GET /api/fl_services/generate_semantics/{id}", 200, {"path": TRAINING}),
        ("GET /api/semantics/examples", 200, {}),
        ("GET /api/semantics/sparql", 200, {"query": {"query": "ASK %7B ?s ?p ?o %7D"}}),
        ("POST /api/semantics/sparql", 200, {}),
        ("GET /api/semantics/search", 200, {"query": {"algorithm": "ridge"}}),
        ("GET /api/ml_datasets/{id}/croissant", 200, {"path": DATASET}),
        ("GET /api/ml_models/{id}/model_card", 200, {"path": MODEL}),
    ),
    *_chapter(
        "8 Assets",
        ("POST /upload_asset", 201, {"body": {"asset": "README.md", "asset_metadata": NEW_ASSET}, "keep": ASSET}),
        ("GET /asset/{uri}", 200, {"path": URI, "keep": {"asset_name": "body.data.asset_name"}}),
        ("PUT /asset/{uri}", 200, {"path": URI}),
        ("POST /assets", 200, {}),
        ("GET /asset-object/{asset_id}", 200, {"path": {"asset_id": "{{asset_id}}"}}),
        ("POST /asset", 201, {"body": {"asset_name": "metadata alone"}}),
        ("GET /api/assets", 200, {"query": {"name": "{{asset_name}}"}, "keep": {"kept_id": "body.data[0].id"}}),
        ("GET /api/assets/{id}", 200, {"path": KEPT}),
        ("GET /api/assets/{id}/file", 200, {"path": KEPT}),
        ("GET /api/assets/versions", 200, {"query": {"name": "{{asset_name}}"}}),
        ("PUT /api/assets/{id}/aliases/{alias}", 200, {"path": STABLE}),
        ("GET /api/assets/by_alias", 200, {"query": {"name": "{{asset_name}}", "alias": "stable"}}),
        ("DELETE /api/assets/{id}/aliases/{alias}", 204, {"path": STABLE}),
    ),
    *_chapter(
        "9 Files in several requests",
        ("POST /api/uploads", 201, {"headers": {**TUS, "Upload-Length": "4"}, "keep": {"upload_id": "body.upload_id"}}),
        ("PATCH /api/uploads/{id}", 204, {"path": UPLOAD, "headers": {**TUS, "Upload-Offset": "0"}, "body": "test"}),
        ("GET /api/uploads/{id}", 200, {"path": UPLOAD}),
        ("GET /api/uploads", 200, {}),
        ("POST /asset", 201, {"body": {"asset_name": "sent in parts", "upload_id": "{{upload_id}}"}}),
        ("POST /api/uploads", 201, {"headers": {**TUS, "Upload-Length": "4"}, "keep": {"upload_id": "body.upload_id"}}),
        ("DELETE /api/uploads/{id}", 204, {"path": UPLOAD, "headers": TUS}),
        ("GET /api/files/usage", 200, {}),
    ),
    *_chapter(
        "10 Registry of assets DBs",
        ("POST /asset_registry", 201, {"body": OURSELVES, "keep": {"registry_id": "body.data.id"}}),
        ("GET /asset_registry/{registry_id}", 200, {"path": REGISTERED}),
        ("PUT /asset_registry/{registry_id}", 200, {"path": REGISTERED}),
        ("POST /asset_registries", 200, {}),
        ("GET /check_health/{registry_id}", 200, {"path": REGISTERED}),
        ("GET /api/assets_dbs", 200, {"keep": {"db_id": "body.data[0].id"}}),
        ("GET /api/assets_dbs/{id}", 200, {"path": {"id": "{{db_id}}"}}),
        ("POST /api/assets_dbs/query", 200, {}),
        ("DELETE /asset_registry/{registry_id}", 200, {"path": REGISTERED}),
    ),
    *_chapter(
        "11 Lineage and sharing",
        ("GET /api/lineage/{reference}", 200, {"path": {"reference": "{{model_id}}"}}),
        ("GET /api/lineage", 200, {"query": {"iri": "{{model_id}}", "format": "svg"}}),
        ("GET /api/ledger", 200, {}),
        ("GET /api/entities/{id}", 200, {"path": MODEL}),
        ("GET /id/{kind}/{id}", (200, 303), {"path": {**MODEL, "kind": "ml_model"}}),
        ("PUT /api/entities/{id}/grants/{user}", 200, {"path": SHARED}),
        ("GET /api/entities/{id}/grants", 200, {"path": MODEL}),
        ("DELETE /api/entities/{id}/grants/{user}", 204, {"path": SHARED}),
    ),
    *_chapter(
        "12 API keys and operation",
        ("POST /api/users/me/api-keys", 201, {"keep": {"key_id": "body.id"}}),
        ("GET /api/users/me/api-keys", 200, {}),
        ("GET /api/users/me/api-keys/{id}", 200, {"path": {"id": "{{key_id}}"}}),
        ("DELETE /api/users/me/api-keys/{id}", 204, {"path": {"id": "{{key_id}}"}}),
        ("GET /metrics", 200, {}),
        ("GET /api/users", 403, {}),
        ("GET /api/outbox", 403, {}),
        ("GET /api/outbox/{id}", 403, {}),
        ("POST /api/outbox/{id}/retry", 403, {}),
        ("DELETE /api/outbox/{id}", 403, {}),
        ("POST /api/users/{id}/disable", 403, {"path": {"id": "{{other_id}}"}}),
        ("POST /api/users/{id}/enable", 403, {"path": {"id": "{{other_id}}"}}),
    ),
    *_chapter(
        "13 Taking away",
        ("DELETE /asset/{uri}", 200, {"path": URI}),
        ("DELETE /api/ml_models/{id}", 204, {"path": MODEL}),
        ("POST /api/ml_models/{id}/restore", 200, {"path": MODEL}),
        ("DELETE /api/ml_datasets/{id}", 204, {"path": DATASET}),
        ("POST /api/ml_datasets/{id}/restore", 200, {"path": DATASET}),
        ("DELETE /api/fl_services/remove/{id}", 200, {"path": TRAINING}),
        ("POST /api/fl_services/{id}/restore", 200, {"path": TRAINING}),
        ("DELETE /api/fl_services/{id}", 204, {"path": TRAINING}),
        ("DELETE /api/users/auth-token", 204, {}),
        ("POST /api/users/get-auth-token", 200, {"keep": TOKEN}),
        (
            "PUT /api/users/me/password",
            204,
            {"body": {"old_password": "{{password}}", "new_password": "{{new_password}}"}, "before": NEW_PASSWORD},
        ),
        ("POST /api/users/get-auth-token", 200, {"keep": TOKEN, "basic": ("{{email}}", "{{new_password}}")}),
        ("DELETE /api/users/auth-tokens", 204, {}),
    ),
)  # fmt: skip
