"""assets_db: assets, and the models that point at them"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assets",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("asset_id", sa.String(length=36), nullable=False),
        sa.Column("assets_db_id", sa.String(length=100), nullable=False),
        sa.Column("uri", sa.String(length=610), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("object_seq", Seq, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("indexed", Json, nullable=True),
        sa.ForeignKeyConstraint(["object_seq"], ["stored_objects.seq"], name=op.f("fk_assets_object_seq")),
        sa.ForeignKeyConstraint(["seq"], ["entities.seq"], name=op.f("fk_assets_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_assets")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_assets_asset_id")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_assets_indexed",
            "assets",
            ["indexed"],
            unique=False,
            postgresql_using="gin",
            postgresql_ops={"indexed": "jsonb_path_ops"},
        )
    op.create_index("ix_assets_name_seq", "assets", ["name", "seq"], unique=False)
    op.create_index(op.f("ix_assets_object_seq"), "assets", ["object_seq"], unique=False)
    op.create_index(
        "uq_assets_uri_assets_db_id",
        "assets",
        ["uri", "assets_db_id"],
        unique=True,
        postgresql_where=sa.text("uri <> ''"),
        sqlite_where=sa.text("uri <> ''"),
    )
    op.create_table(
        "asset_aliases",
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("alias", sa.String(length=100), nullable=False),
        sa.Column("asset_seq", Seq, nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_seq"], ["assets.seq"], name=op.f("fk_asset_aliases_asset_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", "name", "alias", name=op.f("pk_asset_aliases")),
    )
    op.create_index(op.f("ix_asset_aliases_asset_seq"), "asset_aliases", ["asset_seq"], unique=False)
    op.create_table(
        "ml_model_assets",
        sa.Column("model_seq", Seq, nullable=False),
        sa.Column("asset_seq", Seq, nullable=False),
        sa.ForeignKeyConstraint(["asset_seq"], ["entities.seq"], name=op.f("fk_ml_model_assets_asset_seq")),
        sa.ForeignKeyConstraint(["model_seq"], ["ml_models.seq"], name=op.f("fk_ml_model_assets_model_seq")),
        sa.PrimaryKeyConstraint("model_seq", name=op.f("pk_ml_model_assets")),
    )
    op.create_index(op.f("ix_ml_model_assets_asset_seq"), "ml_model_assets", ["asset_seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_ml_model_assets_asset_seq"), table_name="ml_model_assets")
    op.drop_table("ml_model_assets")
    op.drop_index(op.f("ix_asset_aliases_asset_seq"), table_name="asset_aliases")
    op.drop_table("asset_aliases")
    op.drop_index("uq_assets_uri_assets_db_id", table_name="assets")
    op.drop_index(op.f("ix_assets_object_seq"), table_name="assets")
    op.drop_index("ix_assets_name_seq", table_name="assets")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_assets_indexed", table_name="assets")
    op.drop_table("assets")
