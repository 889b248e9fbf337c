"""Puts the service together. One of the few files that know every room."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any

import orjson
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.assets_db import envelope
from app.assets_db import service as assets_db
from app.assets_registry import service as assets_registry
from app.core import api, db, documentation, edge, errors, health, idempotency, limits, logs, migrations, settings
from app.core.api import authenticate
from app.core.config import Config
from app.entities import service as entities
from app.files import protocol as file_protocol
from app.files import service as files
from app.gateways import http, object_store, tracking, triple_store
from app.messaging import routes as messaging_routes
from app.messaging import service as messaging
from app.ml_assets import service as ml_assets
from app.semantics import graph, writing
from app.semantics import service as semantics
from app.users import auth
from app.users import service as users
from app.users.callers import Caller

KINDS = {
    "ml_model": "/api/ml_models/{id}",
    "ml_dataset": "/api/ml_datasets/{id}",
    "fl_training": "/api/fl_services/{id}",
    "asset": "/api/assets/{id}",
    "assets_db": "/api/assets_dbs/{id}",
}
# paths whose clients know errors in the form of an assets DB
ASSETS_DB_PATHS = ("/upload_asset", "/asset", "/check_health")
BLUEPRINTS = (
    "app.users.routes",
    "app.entities.routes",
    "app.ledger.routes.acts",
    "app.ledger.routes.lineage",
    "app.files.routes",
    "app.assets_db.routes.assets",
    "app.assets_db.routes.objects",
    "app.assets_db.routes.native",
    "app.assets_registry.routes",
    "app.ml_assets.routes.models",
    "app.ml_assets.routes.datasets",
    "app.ml_assets.routes.trainings",
    "app.ml_assets.routes.runs",
    "app.semantics.routes.descriptions",
    "app.semantics.routes.questions",
    "app.semantics.routes.exports",
)
ROOMS_WITH_TABLES = (
    "messaging",
    "users",
    "entities",
    "ledger",
    "files",
    "assets_db",
    "assets_registry",
    "ml_assets",
    "semantics",
)


class Service(Flask):
    """Flask without a look at every function of every request whether it is asynchronous: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def import_models() -> None:
    """Make every table known to the metadata, for migrations."""
    for room in ROOMS_WITH_TABLES:
        import_module(f"app.{room}.models")


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application for these settings (default: those of the environment), ready to serve.

    Raises ConfigError when PUBLIC_URL is not the one that this database was made with.
    """
    config = config or Config.from_environment()
    app = assemble(config)
    settle(config)
    db.database.dispose()  # a pool must not be carried over a fork
    return app


def settle(config: Config) -> None:
    """Tell the rooms what stands in the database: which of the deployments that share it this one is.

    Raises ConfigError when PUBLIC_URL is not the one that this deployment began with.
    """
    migrations.check()
    settings.pin_public_url(config.public_url, config.assets_db_id)
    name = settings.deployment(config.assets_db_id)
    messaging.configure(name)
    files.configure(
        store=name,
        quota=config.user_quota_bytes,
        nobodys_quota=config.anonymous_quota_bytes,
        max_bytes=config.max_upload_bytes,
        upload_seconds=config.upload_hours * 3600,
    )
    assets_db.configure(name, config.public_url)


def assemble(config: Config) -> Flask:
    """The application with all its parts; the database is not touched."""
    app = Service("app", static_folder=None)
    app.config.update(
        VERSION=version("quaymaster"), EMBEDDED=config.embedded, PUBLIC_URL=config.public_url, QUAY=config
    )
    _init_core(app, config)
    _init_gateways(config)
    _init_rooms(app, config)
    _register_checks()
    return app


def _init_core(app: Flask, config: Config) -> None:
    logs.configure(config.log_level)
    db.database.configure(config.database_url, pool_size=config.web_threads + 2)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in (logs, health, errors, api, edge, idempotency):
        part.init_app(app)
    limits.init_app(app, config)
    documentation.init_app(app)


def _init_gateways(config: Config) -> None:
    tracking.configure(config.mlflow_tracking_uri)
    http.configure(config.outbound_allow)
    triple_store.configure(config.triple_store_url)
    object_store.configure(
        config.object_store_url,
        access_key=config.aws_access_key_id,
        secret_key=config.aws_secret_access_key,
        connections=4 * config.web_threads,
    )


def _init_rooms(app: Flask, config: Config) -> None:
    users.configure(config)
    entities.configure(config.public_url, anyone_changes_ownerless=config.anonymous_assets == "write")
    for kind, path in KINDS.items():
        entities.register_kind(kind, path)
    at_once = max(1, config.web_threads // 4)
    assets_registry.configure(public_url=config.public_url, query_own=_query_own, at_once=at_once)
    _init_semantics(config)
    _init_work()
    for path in ASSETS_DB_PATHS:
        errors.register_renderer(path, envelope.SHAPE)
    errors.register_renderer("/api/uploads", file_protocol.SHAPE)
    app.register_blueprint(health.make_blueprint(authenticate(auth.token_auth)))
    app.register_blueprint(messaging_routes.make_blueprint(auth.admins_only))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(import_module(blueprint).bp)


def _init_work() -> None:
    """What the worker does: messages that leave, and work that comes again and again."""
    messaging.register("files.delete", files.delete_object)
    messaging.register("files.verify", files.verify_upload)
    messaging.register_periodic("files.sweep", 900, files.sweep, own=True)
    messaging.register_periodic("assets_registry.sweep", 60, assets_registry.sweep)
    messaging.register_periodic("semantics.describe", 30, semantics.describe_all)


def _query_own(caller: Caller | None, wanted: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
    found = assets_db.query_assets(caller, wanted, limit=limit, cursor=None)
    return [orjson.loads(orjson.dumps(one)) for one in found.documents]


def _init_semantics(config: Config) -> None:
    semantics.configure(config.public_url)
    semantics.register_describer("ml_model", ml_assets.model_facts, graph.describe_model)
    semantics.register_describer("ml_dataset", ml_assets.dataset_facts, graph.describe_dataset)
    semantics.register_describer("fl_training", ml_assets.training_facts, graph.describe_training)
    semantics.register_describer("asset", assets_db.asset_facts, graph.describe_asset)
    entities.register_descriptions("/api/semantics/{id}", list(writing.FORMATS.values()))


def _register_checks() -> None:
    health.register("database", db.check, required=True)
    health.register("migrations", migrations.check, required=True)
    health.register("mlflow", tracking.check, required=False)
    health.register("triple_store", triple_store.check, required=False)
    health.register("object_store", object_store.check, required=False)
