"""Models and migrations are in step, the chain is one line, and two that start at once do not trip over each other."""

import threading

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app.core import migrations
from app.core.db import Model, database
from app.factory import import_models


def test_models_and_migrations_are_in_step(postgres_url: str) -> None:
    database.configure(postgres_url)
    migrations.differences()


def test_a_column_without_a_migration_is_noticed(postgres_url: str) -> None:
    from sqlalchemy import Column, Text

    database.configure(postgres_url)
    table = Model.metadata.tables["settings"]
    table.append_column(Column("forgotten", Text))
    try:
        with pytest.raises(Exception, match="forgotten"):
            migrations.differences()
    finally:
        table._columns.remove(table.c.forgotten)


def test_both_databases_have_the_same_tables_and_columns(sqlite_url: str, postgres_url: str) -> None:
    found = []
    for url in (sqlite_url, postgres_url):
        database.configure(url)
        inspector = inspect(database.engine)
        tables = sorted(set(inspector.get_table_names()) - {"sqlite_sequence"})
        found.append({table: sorted(column["name"] for column in inspector.get_columns(table)) for table in tables})
        database.dispose()
    assert found[0] == found[1]


def test_the_chain_of_migrations_is_one_line() -> None:
    script = ScriptDirectory(str(migrations.ROOT / "migrations"))
    revisions = list(script.walk_revisions())
    assert len(script.get_heads()) == 1
    assert [r.revision for r in reversed(revisions)] == [f"{n:04}" for n in range(1, len(revisions) + 1)]


def test_two_that_migrate_at_once_both_end_well(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> None:
    from tests.conftest import _named, _postgres

    name = "race_of_migrations"
    _postgres(postgres_server, f"DROP DATABASE IF EXISTS {name}")
    _postgres(postgres_server, f"CREATE DATABASE {name}")
    import_models()
    for url in (_named(postgres_server, name), f"sqlite:///{tmp_path_factory.mktemp('race')}/quay.db"):
        database.configure(url)
        failures: list[BaseException] = []

        def run(failures: list[BaseException] = failures) -> None:
            try:
                migrations.upgrade()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        migrations.check()
        database.dispose()
    _postgres(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")
