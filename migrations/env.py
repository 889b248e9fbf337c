"""How Alembic reaches the database: with a connection that `app.core.migrations` hands over, inside one transaction."""

from typing import Any

from alembic import context

from app.core.db import Json, Model, Seq, UTCDateTime
from app.factory import import_models

import_models()


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own column types in migrations by their names, which are the same on both databases."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "UTCDateTime()"
    if kind == "type" and item is Json:
        return "Json"
    if kind == "type" and item is Seq:
        return "Seq"
    return False


def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave alone what models do not describe: the shadow tables of full-text indexes."""
    return not (kind == "table" and name is not None and "_fts" in name)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    include_object=include_object,
    render_item=render_item,
    compare_type=True,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
