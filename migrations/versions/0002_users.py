"""users"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Json, Seq, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("orcid", sa.String(length=19), nullable=True),
        sa.Column("affiliation", sa.Text(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
        sa.UniqueConstraint("id", name=op.f("uq_users_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "credentials",
        sa.Column("seq", Seq, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_seq", Seq, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_seq"], ["users.seq"], name=op.f("fk_credentials_user_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_credentials")),
        sa.UniqueConstraint("id", name=op.f("uq_credentials_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_credentials_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_credentials_expires_at"), "credentials", ["expires_at"], unique=False)
    op.create_index(op.f("ix_credentials_user_seq"), "credentials", ["user_seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_credentials_user_seq"), table_name="credentials")
    op.drop_index(op.f("ix_credentials_expires_at"), table_name="credentials")
    op.drop_table("credentials")
    op.drop_table("users")
