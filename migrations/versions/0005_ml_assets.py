"""ml_assets"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fl_trainings",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parts", Json, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["entities.seq"], name=op.f("fk_fl_trainings_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fl_trainings")),
    )
    op.create_index(op.f("ix_fl_trainings_name"), "fl_trainings", ["name"], unique=False)
    op.create_table(
        "ml_datasets",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=True),
        sa.Column("source_type", sa.String(length=64), nullable=True),
        sa.Column("source", Json, nullable=True),
        sa.Column("schema", Json, nullable=True),
        sa.Column("profile", Json, nullable=True),
        sa.Column("origin_key", sa.String(length=64), nullable=True),
        sa.Column("properties", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["entities.seq"], name=op.f("fk_ml_datasets_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ml_datasets")),
        sa.UniqueConstraint("origin_key", name=op.f("uq_ml_datasets_origin_key")),
    )
    op.create_index(op.f("ix_ml_datasets_name"), "ml_datasets", ["name"], unique=False)
    op.create_table(
        "ml_models",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("origin_key", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("properties", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("tracking_state", sa.String(length=16), nullable=False),
        sa.Column("tracking_reason", sa.Text(), nullable=True),
        sa.Column("tracking_at", UTCDateTime(), nullable=True),
        sa.Column("tracked", Json, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["entities.seq"], name=op.f("fk_ml_models_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ml_models")),
        sa.UniqueConstraint("origin_key", name=op.f("uq_ml_models_origin_key")),
    )
    op.create_index(op.f("ix_ml_models_name"), "ml_models", ["name"], unique=False)
    op.create_index(op.f("ix_ml_models_run_id"), "ml_models", ["run_id"], unique=False)
    op.create_table(
        "ml_terms",
        sa.Column("asset_seq", Seq, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("text", sa.String(length=250), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["asset_seq"], ["entities.seq"], name=op.f("fk_ml_terms_asset_seq")),
        sa.PrimaryKeyConstraint("asset_seq", "kind", "key", name=op.f("pk_ml_terms")),
    )
    op.create_index("ix_ml_terms_number", "ml_terms", ["kind", "key", "number", "asset_seq"], unique=False)
    op.create_index("ix_ml_terms_text", "ml_terms", ["kind", "key", "text", "asset_seq"], unique=False)
    op.create_table(
        "ml_model_aliases",
        sa.Column("owner_seq", Seq, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alias", sa.String(length=255), nullable=False),
        sa.Column("model_seq", Seq, nullable=False),
        sa.ForeignKeyConstraint(["model_seq"], ["ml_models.seq"], name=op.f("fk_ml_model_aliases_model_seq")),
        sa.ForeignKeyConstraint(["owner_seq"], ["users.seq"], name=op.f("fk_ml_model_aliases_owner_seq")),
        sa.PrimaryKeyConstraint("owner_seq", "name", "alias", name=op.f("pk_ml_model_aliases")),
    )
    op.create_index(op.f("ix_ml_model_aliases_model_seq"), "ml_model_aliases", ["model_seq"], unique=False)
    op.create_table(
        "ml_model_datasets",
        sa.Column("model_seq", Seq, nullable=False),
        sa.Column("dataset_seq", Seq, nullable=False),
        sa.Column("context", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["dataset_seq"], ["ml_datasets.seq"], name=op.f("fk_ml_model_datasets_dataset_seq")),
        sa.ForeignKeyConstraint(["model_seq"], ["ml_models.seq"], name=op.f("fk_ml_model_datasets_model_seq")),
        sa.PrimaryKeyConstraint("model_seq", "dataset_seq", "context", name=op.f("pk_ml_model_datasets")),
    )
    op.create_index(
        "ix_ml_model_datasets_dataset_seq_model_seq", "ml_model_datasets", ["dataset_seq", "model_seq"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_ml_model_datasets_dataset_seq_model_seq", table_name="ml_model_datasets")
    op.drop_table("ml_model_datasets")
    op.drop_index(op.f("ix_ml_model_aliases_model_seq"), table_name="ml_model_aliases")
    op.drop_table("ml_model_aliases")
    op.drop_index("ix_ml_terms_text", table_name="ml_terms")
    op.drop_index("ix_ml_terms_number", table_name="ml_terms")
    op.drop_table("ml_terms")
    op.drop_index(op.f("ix_ml_models_run_id"), table_name="ml_models")
    op.drop_index(op.f("ix_ml_models_name"), table_name="ml_models")
    op.drop_table("ml_models")
    op.drop_index(op.f("ix_ml_datasets_name"), table_name="ml_datasets")
    op.drop_table("ml_datasets")
    op.drop_index(op.f("ix_fl_trainings_name"), table_name="fl_trainings")
    op.drop_table("fl_trainings")
