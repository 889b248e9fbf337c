"""Puts the service together. One of the few files that know every room."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import api, db, documentation, edge, errors, health, idempotency, limits, logs, migrations, settings
from app.core.api import authenticate
from app.core.config import Config
from app.entities import service as entities
from app.gateways import http, tracking, triple_store
from app.ml_assets import service as ml_assets
from app.semantics import graph, writing
from app.semantics import service as semantics
from app.users import auth
from app.users import service as users

KINDS = {
    "ml_model": "/api/ml_models/{id}",
    "ml_dataset": "/api/ml_datasets/{id}",
    "fl_training": "/api/fl_services/{id}",
}
BLUEPRINTS = (
    "app.users.routes",
    "app.entities.routes",
    "app.ledger.routes.acts",
    "app.ledger.routes.lineage",
    "app.ml_assets.routes.models",
    "app.ml_assets.routes.datasets",
    "app.ml_assets.routes.trainings",
    "app.ml_assets.routes.runs",
    "app.semantics.routes.descriptions",
    "app.semantics.routes.questions",
    "app.semantics.routes.exports",
)
ROOMS_WITH_TABLES = ("users", "entities", "ledger", "ml_assets", "semantics")


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
    migrations.check()
    settings.pin_public_url(config.public_url)
    db.database.dispose()  # a pool must not be carried over a fork
    return app


def assemble(config: Config) -> Flask:
    """The application with all its parts; the database is not touched."""
    app = Service("app", static_folder=None)
    app.config.update(
        VERSION=version("quaymaster"), EMBEDDED=config.embedded, PUBLIC_URL=config.public_url, QUAY=config
    )
    _init_core(app, config)
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


def _init_rooms(app: Flask, config: Config) -> None:
    tracking.configure(config.mlflow_tracking_uri)
    http.configure(config.outbound_allow)
    users.configure(config)
    entities.configure(config.public_url)
    for kind, path in KINDS.items():
        entities.register_kind(kind, path)
    triple_store.configure(config.triple_store_url)
    semantics.configure(config.public_url)
    semantics.register_describer("ml_model", ml_assets.model_facts, graph.describe_model)
    semantics.register_describer("ml_dataset", ml_assets.dataset_facts, graph.describe_dataset)
    semantics.register_describer("fl_training", ml_assets.training_facts, graph.describe_training)
    entities.register_descriptions("/api/semantics/{id}", list(writing.FORMATS.values()))
    app.register_blueprint(health.make_blueprint(authenticate(auth.token_auth)))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(import_module(blueprint).bp)


def _register_checks() -> None:
    health.register("database", db.check, required=True)
    health.register("migrations", migrations.check, required=True)
    health.register("mlflow", tracking.check, required=False)
    health.register("triple_store", triple_store.check, required=False)
