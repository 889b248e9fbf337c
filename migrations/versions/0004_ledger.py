"""ledger"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


TABLES = ("acts", "act_links")


def refuse_changes() -> None:
    """History is appended to, never changed: the database itself says so, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("agent_seq", Seq, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.ForeignKeyConstraint(["agent_seq"], ["users.seq"], name=op.f("fk_acts_agent_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_acts")),
        sa.UniqueConstraint("id", name=op.f("uq_acts_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_acts_agent_seq"), "acts", ["agent_seq"], unique=False)
    op.create_table(
        "act_links",
        sa.Column("act_seq", Seq, nullable=False),
        sa.Column("role", sa.String(length=9), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("entity_seq", Seq, nullable=False),
        sa.CheckConstraint("role IN ('used', 'generated')", name=op.f("ck_act_links_role")),
        sa.ForeignKeyConstraint(["act_seq"], ["acts.seq"], name=op.f("fk_act_links_act_seq")),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_act_links_entity_seq")),
        sa.PrimaryKeyConstraint("act_seq", "role", "position", name=op.f("pk_act_links")),
    )
    op.create_index("ix_act_links_entity_seq_role", "act_links", ["entity_seq", "role"], unique=False)
    refuse_changes()


def downgrade() -> None:
    for table in TABLES if op.get_bind().dialect.name == "postgresql" else ():
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
    op.drop_index("ix_act_links_entity_seq_role", table_name="act_links")
    op.drop_table("act_links")
    op.drop_index(op.f("ix_acts_agent_seq"), table_name="acts")
    op.drop_table("acts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
