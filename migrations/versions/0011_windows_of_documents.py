"""queries: the window of a document's number beside its contents in the indexes that filters ask"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = {"ix_assets_indexed": "assets", "ix_assets_dbs_indexed": "assets_dbs"}
GIN = {"postgresql_using": "gin", "postgresql_ops": {"indexed": "jsonb_path_ops"}}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, table in INDEXES.items():
            op.drop_index(name, table_name=table)
            windows = sa.text("(ARRAY[seq / 2048])")
            op.create_index(name, table, [windows, "indexed"], postgresql_with={"fastupdate": "off"}, **GIN)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, table in INDEXES.items():
            op.drop_index(name, table_name=table)
            op.create_index(name, table, ["indexed"], **GIN)
