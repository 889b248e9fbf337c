"""files: objects in the store, and uploads"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_objects",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("store", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("owner_seq", Seq, nullable=True),
        sa.Column("entity_seq", Seq, nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("md5", sa.String(length=32), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("touched_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('started', 'adopted', 'sweeping')", name=op.f("ck_stored_objects_state")),
        sa.ForeignKeyConstraint(["entity_seq"], ["entities.seq"], name=op.f("fk_stored_objects_entity_seq")),
        sa.ForeignKeyConstraint(["owner_seq"], ["users.seq"], name=op.f("fk_stored_objects_owner_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_stored_objects")),
        sa.UniqueConstraint("key", name=op.f("uq_stored_objects_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_stored_objects_entity_seq"), "stored_objects", ["entity_seq"], unique=False)
    op.create_index(
        "ix_stored_objects_store_state_touched_at", "stored_objects", ["store", "state", "touched_at"], unique=False
    )
    op.create_table(
        "file_usage",
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_file_usage")),
    )
    op.create_table(
        "uploads",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("object_seq", Seq, nullable=False),
        sa.Column("owner_seq", Seq, nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("store_upload", sa.Text(), nullable=True),
        sa.Column("tail", sa.String(length=120), nullable=True),
        sa.Column("writer", sa.String(length=32), nullable=True),
        sa.Column("writer_until", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('receiving', 'verifying', 'ready', 'failed')", name=op.f("ck_uploads_state")),
        sa.ForeignKeyConstraint(["object_seq"], ["stored_objects.seq"], name=op.f("fk_uploads_object_seq")),
        sa.ForeignKeyConstraint(["owner_seq"], ["users.seq"], name=op.f("fk_uploads_owner_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_uploads")),
        sa.UniqueConstraint("id", name=op.f("uq_uploads_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"], unique=False)
    op.create_index(op.f("ix_uploads_object_seq"), "uploads", ["object_seq"], unique=False)
    op.create_index(op.f("ix_uploads_owner_seq"), "uploads", ["owner_seq"], unique=False)
    op.create_table(
        "upload_parts",
        sa.Column("upload_seq", Seq, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_seq"], ["uploads.seq"], name=op.f("fk_upload_parts_upload_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_seq", "number", name=op.f("pk_upload_parts")),
    )


def downgrade() -> None:
    op.drop_table("upload_parts")
    op.drop_index(op.f("ix_uploads_owner_seq"), table_name="uploads")
    op.drop_index(op.f("ix_uploads_object_seq"), table_name="uploads")
    op.drop_index(op.f("ix_uploads_expires_at"), table_name="uploads")
    op.drop_table("uploads")
    op.drop_table("file_usage")
    op.drop_index("ix_stored_objects_store_state_touched_at", table_name="stored_objects")
    op.drop_index(op.f("ix_stored_objects_entity_seq"), table_name="stored_objects")
    op.drop_table("stored_objects")
