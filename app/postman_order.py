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
        "8 Lineage and sharing",
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
        "9 API keys and operation",
        ("POST /api/users/me/api-keys", 201, {"keep": {"key_id": "body.id"}}),
        ("GET /api/users/me/api-keys", 200, {}),
        ("GET /api/users/me/api-keys/{id}", 200, {"path": {"id": "{{key_id}}"}}),
        ("DELETE /api/users/me/api-keys/{id}", 204, {"path": {"id": "{{key_id}}"}}),
        ("GET /metrics", 200, {}),
        ("GET /api/users", 403, {}),
        ("POST /api/users/{id}/disable", 403, {"path": {"id": "{{other_id}}"}}),
        ("POST /api/users/{id}/enable", 403, {"path": {"id": "{{other_id}}"}}),
    ),
    *_chapter(
        "10 Taking away",
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
