"""assets_registry: registered assets DBs"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assets_dbs",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("registry_id", sa.String(length=200), nullable=False),
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("indexed", Json, nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("last_seen", UTCDateTime(), nullable=True),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('healthy', 'unhealthy', 'unknown')", name=op.f("ck_assets_dbs_state")),
        sa.ForeignKeyConstraint(["seq"], ["entities.seq"], name=op.f("fk_assets_dbs_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_assets_dbs")),
        sa.UniqueConstraint("registry_id", name=op.f("uq_assets_dbs_registry_id")),
    )
    op.create_index(op.f("ix_assets_dbs_checked_at"), "assets_dbs", ["checked_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_assets_dbs_indexed",
            "assets_dbs",
            ["indexed"],
            unique=False,
            postgresql_using="gin",
            postgresql_ops={"indexed": "jsonb_path_ops"},
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_assets_dbs_indexed", table_name="assets_dbs")
    op.drop_index(op.f("ix_assets_dbs_checked_at"), table_name="assets_dbs")
    op.drop_table("assets_dbs")
