"""Facts that the service wrote down about itself at its first start, such as the address inside its published IRIs."""

import hashlib
import uuid

from sqlalchemy import String, Text, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core.config import ConfigError
from app.core.db import Model, database, reading, table_of, transaction


class Setting(Model):
    """One fact by name."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


settings = table_of(Setting)


def find(name: str) -> str | None:
    """The fact of that name, if it was ever written."""
    with reading() as session:
        return session.scalar(select(settings.c.value).where(settings.c.name == name))


def write(name: str, value: str) -> None:
    """Write the fact down, in place of what stood there."""
    with transaction() as session:
        session.execute(delete(settings).where(settings.c.name == name))
        session.execute(insert(settings).values(name=name, value=value))


def deployment(assets_db_id: str) -> str:
    """The name of this deployment among those that share the database: the one given, or one that is made once."""
    if assets_db_id and find("assets_db_id") is not None:
        return assets_db_id
    dialect = postgresql if database.dialect == "postgresql" else sqlite
    first = dialect.insert(settings).values(name="assets_db_id", value=assets_db_id or str(uuid.uuid4()))
    with transaction() as session:  # of several that start at once, one names it
        session.execute(first.on_conflict_do_nothing())
    return assets_db_id or str(find("assets_db_id"))


def pin_public_url(public_url: str, assets_db_id: str = "") -> None:
    """Keep PUBLIC_URL at the first start of a deployment; raises ConfigError when it is another one later."""
    name = url_name(assets_db_id)
    kept = find(name)
    if kept is None:
        write(name, public_url)
    elif kept != public_url:
        raise ConfigError(
            f"PUBLIC_URL is {public_url}, but this database was made as {kept}, and IRIs already given out contain that. "
            "Set it back, or run `quay rebase` to change the address on purpose. A further deployment that shares the "
            "database needs an ASSETS_DB_ID of its own."
        )


def url_name(assets_db_id: str) -> str:
    """The name under which the address of a deployment is kept: the first one's, or a further one's."""
    if deployment(assets_db_id) == find("assets_db_id"):
        return "public_url"
    return f"public_url {hashlib.sha256(assets_db_id.encode()).hexdigest()[:32]}"
