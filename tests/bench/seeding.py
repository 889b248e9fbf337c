"""Rows to measure over: a user with a token, and thousands of models as MLflow leaves them, written by SQL in bulk."""

import hashlib
import json
import os
import secrets
import subprocess
from typing import Any

from sqlalchemy import Connection, create_engine, text

from tests.bench import assets
from tests.bench.servers import BIN, ROOT, ask

MODELS = 20_000
OTHERS = 120  # data sets and trainings: more than the longest page
REGISTERED = 2_000
TAGS = [{"key": "domain", "value": "medicine"}, {"key": "stage", "value": "trial"}, {"key": "team", "value": "team-1"}]

# what scikit-learn's and MLflow's autologging leave of a small regression
TRACKED = """jsonb_build_object(
  'params', jsonb_build_object('algorithm', 'GradientBoosting', 'n_estimators', (50 + n % 400)::text,
    'max_depth', (2 + n % 9)::text, 'learning_rate', '0.05', 'subsample', '0.8', 'loss', 'squared_error',
    'random_state', n::text, 'test_size', '0.25'),
  'metrics', jsonb_build_object('r2', (n % 997) / 1000.0, 'rmse', 40 + (n % 613) / 10.0, 'mae', 30 + (n % 401) / 10.0,
    'training_score', 0.5 + (n % 499) / 1000.0, 'fit_seconds', (n % 89) / 10.0),
  'flavors', jsonb_build_object(
    'python_function', jsonb_build_object('loader_module', 'mlflow.sklearn', 'model_path', 'model.pkl',
      'predict_fn', 'predict', 'python_version', '3.11.7',
      'env', jsonb_build_object('conda', 'conda.yaml', 'virtualenv', 'python_env.yaml')),
    'sklearn', jsonb_build_object('code', NULL, 'pickled_model', 'model.pkl', 'serialization_format', 'cloudpickle',
      'sklearn_version', '1.7.2')),
  'signature', jsonb_build_object(
    'inputs', (SELECT jsonb_agg(jsonb_build_object('type', 'double', 'name', c, 'required', true))
      FROM unnest(ARRAY['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6']) AS c),
    'outputs', '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'::jsonb, 'params', NULL),
  'registered', jsonb_build_object('name', 'model-' || n / 20, 'version', (n % 20 + 1)::text, 'aliases', '[]'::jsonb),
  'run', jsonb_build_object('name', 'bold-run-' || n, 'experiment', '1', 'user', 'sample', 'status', 'FINISHED',
    'started_at', '2026-01-01T10:00:00.000000Z', 'ended_at', '2026-01-01T10:00:42.000000Z'),
  'model_id', 'm-' || md5('m' || n), 'mlflow_version', '3.17.2', 'size', 4096 + n)"""

ENTITIES = """
INSERT INTO entities (id, kind, owner_seq, visibility, title, state, revision, created_at, updated_at)
SELECT md5(:kind || n) || md5('e' || :kind || n), :kind, :owner, CASE WHEN n % 10 = 0 THEN 'private' ELSE 'internal' END,
  'model-' || n / 20, 'active', 1, now(), now() FROM generate_series(1, :count) AS n"""
STEPS = (
    f"""INSERT INTO ml_models (seq, name, version, description, path, run_id, properties, tags, tracking_state, tracking_at,
  tracked)
SELECT seq, title, (n % 20 + 1)::text, 'Predicts the progression of a disease from ten base values, number ' || n || '.',
  'runs:/' || md5('r' || n) || '/model', md5('r' || n), '{{"licence": "CC-BY-4.0", "contact": "sample@example.org"}}',
  jsonb_build_object('domain', 'medicine', 'stage', CASE WHEN n % 3 = 0 THEN 'production' ELSE 'trial' END,
    'team', 'team-' || n % 17),
  'resolved', now(), {TRACKED}
FROM (SELECT seq, title, row_number() OVER (ORDER BY seq) AS n FROM entities WHERE kind = 'ml_model') AS e""",
    """INSERT INTO ml_terms (asset_seq, kind, key, text, number)
SELECT seq, 'tag', t.key, t.value, NULL::float FROM ml_models, jsonb_each_text(tags) AS t
UNION ALL SELECT seq, 'param', t.key, t.value, NULL FROM ml_models, jsonb_each_text(tracked -> 'params') AS t
UNION ALL SELECT seq, 'metric', t.key, NULL, t.value::float FROM ml_models, jsonb_each_text(tracked -> 'metrics') AS t""",
    """INSERT INTO ml_datasets (seq, name, version, description, properties, tags)
SELECT seq, title, '1', 'A data set.', '{}', '{}' FROM entities WHERE kind = 'ml_dataset'""",
    """INSERT INTO fl_trainings (seq, name, description, parts, published, properties, tags)
SELECT seq, title, 'A training.', '{}', false, '{}', '{}' FROM entities WHERE kind = 'fl_training'""",
    """INSERT INTO acts (id, kind, label, agent_seq, at, details)
SELECT md5(id) || md5('a' || id), 'ml_assets.register', 'Registered ' || title, owner_seq, now(), '{}'
FROM entities ORDER BY seq""",
    """INSERT INTO act_links (act_seq, role, position, entity_seq)
SELECT a.seq, 'generated', 0, e.seq FROM entities e JOIN acts a ON a.id = md5(e.id) || md5('a' || e.id)""",
    "CREATE TABLE bench_rows (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL)",
)


def migrate(database_url: str, **more: str) -> None:
    """Make our tables in an empty database, as an operator does."""
    environ = os.environ | {"DATABASE_URL": database_url, "SECRET_KEY": secrets.token_hex(32), **more}
    subprocess.run(
        [str(BIN / "quay"), "migrate"], cwd=ROOT, env=environ, check=True, timeout=60, stdout=subprocess.DEVNULL
    )


def fill(database_url: str, models: int = MODELS, assets_count: int = MODELS) -> str:
    """Write all rows; the token of the user who owns them."""
    token = secrets.token_urlsafe(32)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        owner = _user(connection, token)
        for kind, count in (("ml_model", models), ("ml_dataset", OTHERS), ("fl_training", OTHERS)):
            connection.execute(text(ENTITIES), {"kind": kind, "owner": owner, "count": count})
        for step in STEPS:
            connection.execute(text(step))
        assets.write(connection, owner, assets_count)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return token


def _user(connection: Connection, token: str) -> int:
    user = text(
        "INSERT INTO users (id, email, email_key, password_hash, first_name, last_name, role, is_admin, created_at,"
        " updated_at) VALUES (:id, :email, :email, '-', 'Sample', 'User', 'ML Engineer', false, now(), now()) RETURNING seq"
    )
    seq = connection.execute(user, {"id": secrets.token_hex(32), "email": "sample@example.org"}).scalar_one()
    credential = text(
        "INSERT INTO credentials (id, user_seq, kind, sha256, label, scopes, created_at, expires_at)"
        " VALUES (:id, :user, 'token', :sha256, 'login', '[\"read\", \"write\", \"account\"]', now(), now() + interval '1 day')"
    )
    digest = hashlib.sha256(token.encode()).hexdigest()
    connection.execute(credential, {"id": secrets.token_hex(32), "user": seq, "sha256": digest})
    return seq


def some_models(database_url: str, count: int, models: int = MODELS) -> list[str]:
    """Ids of models spread over the whole table."""
    query = text("SELECT id FROM entities WHERE kind = 'ml_model' AND seq % :step = 0 ORDER BY seq LIMIT :count")
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found = list(connection.scalars(query, {"step": models // count - 1, "count": count}))
    engine.dispose()
    return found


def register_at_mlflow(url: str) -> None:
    """Fill MLflow's registry through its own API; like ours, each of its models has one version."""
    for number in range(REGISTERED):
        model = {"name": f"model-{number}", "description": f"Predicts something, number {number}.", "tags": TAGS}
        _register(f"{url}/api/2.0/mlflow/registered-models/create", model)
        source = f"s3://models/{hashlib.md5(str(number).encode()).hexdigest()}/artifacts/model"
        _register(
            f"{url}/api/2.0/mlflow/model-versions/create", {"name": model["name"], "source": source, "tags": TAGS}
        )


def _register(address: str, body: dict[str, Any]) -> None:
    status, answer = ask(address, {}, json.dumps(body).encode())
    if status != 200:
        raise SystemExit(f"MLflow refused to register a model: {status} {answer[:200]!r}")
