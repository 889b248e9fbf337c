"""semantics: which entities changed since, and their descriptions"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# on SQLite transactions write one after the other, so a counter orders changes as they become visible; on PostgreSQL they
# do not, so a change has the number of its transaction, and readers know up to which number all have ended
SQLITE = (
    "CREATE TRIGGER entities_note_new AFTER INSERT ON entities BEGIN"
    " UPDATE entities SET change = (SELECT max(change) + 1 FROM entities) WHERE seq = NEW.seq; END",
    "CREATE TRIGGER entities_note_change"
    " AFTER UPDATE OF owner_seq, visibility, title, state, revision, updated_at, deleted_at ON entities BEGIN"
    " UPDATE entities SET change = (SELECT max(change) + 1 FROM entities) WHERE seq = NEW.seq; END",
    "CREATE TRIGGER users_note_change AFTER UPDATE OF first_name, last_name, orcid ON users BEGIN"
    " UPDATE entities SET updated_at = updated_at WHERE owner_seq = NEW.seq; END",
)
POSTGRESQL = (
    "CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.change := pg_current_xact_id()::text::bigint; RETURN NEW; END $$",
    "CREATE TRIGGER entities_note_change BEFORE UPDATE ON entities FOR EACH ROW EXECUTE FUNCTION note_change()",
    "CREATE FUNCTION note_user() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN UPDATE entities SET updated_at = updated_at WHERE owner_seq = NEW.seq; RETURN NULL; END $$",
    "CREATE TRIGGER users_note_change AFTER UPDATE OF first_name, last_name, orcid ON users"
    " FOR EACH ROW EXECUTE FUNCTION note_user()",
    "ALTER TABLE entities ALTER COLUMN change SET DEFAULT pg_current_xact_id()::text::bigint",
)


def upgrade() -> None:
    op.add_column("entities", sa.Column("change", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"UPDATE entities SET change = {'seq' if sqlite else 'pg_current_xact_id()::text::bigint'}")
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)
    op.create_index("ix_entities_change", "entities", ["change"], unique=False)
    op.create_table(
        "descriptions",
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("missing", Json, nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_descriptions_entity_seq")),
        sa.PrimaryKeyConstraint("entity_seq", name=op.f("pk_descriptions")),
    )
    op.create_index(op.f("ix_descriptions_algorithm"), "descriptions", ["algorithm"], unique=False)
    op.create_table(
        "description_links",
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("target_seq", Seq, nullable=False),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_description_links_entity_seq")),
        sa.ForeignKeyConstraint(["target_seq"], ["entities.seq"], name=op.f("fk_description_links_target_seq")),
        sa.PrimaryKeyConstraint("entity_seq", "target_seq", name=op.f("pk_description_links")),
    )
    op.create_index(op.f("ix_description_links_target_seq"), "description_links", ["target_seq"], unique=False)
    op.create_table(
        "overlays",
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_overlays_entity_seq")),
        sa.PrimaryKeyConstraint("entity_seq", name=op.f("pk_overlays")),
    )
    op.create_table(
        "overlay_changes",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("author_seq", Seq, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["author_seq"], ["users.seq"], name=op.f("fk_overlay_changes_author_seq")),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_overlay_changes_entity_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_overlay_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_overlay_changes_entity_seq_seq", "overlay_changes", ["entity_seq", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_overlay_changes_entity_seq_seq", table_name="overlay_changes")
    op.drop_table("overlay_changes")
    op.drop_table("overlays")
    op.drop_index(op.f("ix_description_links_target_seq"), table_name="description_links")
    op.drop_table("description_links")
    op.drop_index(op.f("ix_descriptions_algorithm"), table_name="descriptions")
    op.drop_table("descriptions")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in (
        ("entities_note_new", "entities"),
        ("entities_note_change", "entities"),
        ("users_note_change", "users"),
    ):
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    if not sqlite:
        op.execute("DROP FUNCTION note_change()")
        op.execute("DROP FUNCTION note_user()")
    op.drop_index("ix_entities_change", table_name="entities")
    op.drop_column("entities", "change")
