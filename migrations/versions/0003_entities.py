"""entities"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime  # noqa: F401

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entities",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner_seq", Seq, nullable=True),
        sa.Column("visibility", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("deleted_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("visibility IN ('private', 'internal', 'public')", name=op.f("ck_entities_visibility")),
        sa.ForeignKeyConstraint(["owner_seq"], ["users.seq"], name=op.f("fk_entities_owner_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_entities")),
        sa.UniqueConstraint("id", name=op.f("uq_entities_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entities_kind_seq", "entities", ["kind", "seq"], unique=False)
    op.create_index("ix_entities_owner_seq_seq", "entities", ["owner_seq", "seq"], unique=False)
    op.create_table(
        "aliases",
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=1000), nullable=False),
        sa.Column("entity_seq", Seq, nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_seq"], ["entities.seq"], name=op.f("fk_aliases_entity_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_entity_seq"), "aliases", ["entity_seq"], unique=False)
    op.create_index(op.f("ix_aliases_value"), "aliases", ["value"], unique=False)
    op.create_table(
        "grants",
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("user_seq", Seq, nullable=False),
        sa.Column("right", sa.String(length=8), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("\"right\" IN ('read', 'write')", name=op.f("ck_grants_right")),
        sa.ForeignKeyConstraint(
            ["entity_seq"], ["entities.seq"], name=op.f("fk_grants_entity_seq"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_seq"], ["users.seq"], name=op.f("fk_grants_user_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity_seq", "user_seq", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_user_seq"), "grants", ["user_seq"], unique=False)
    op.create_table(
        "holds",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("entity_seq", Seq, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_holds_entity_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_entity_seq"), "holds", ["entity_seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_holds_entity_seq"), table_name="holds")
    op.drop_table("holds")
    op.drop_index(op.f("ix_grants_user_seq"), table_name="grants")
    op.drop_table("grants")
    op.drop_index(op.f("ix_aliases_value"), table_name="aliases")
    op.drop_index(op.f("ix_aliases_entity_seq"), table_name="aliases")
    op.drop_table("aliases")
    op.drop_index("ix_entities_owner_seq_seq", table_name="entities")
    op.drop_index("ix_entities_kind_seq", table_name="entities")
    op.drop_table("entities")
