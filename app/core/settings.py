"""Facts that the service wrote down about itself at its first start, such as the address inside its published IRIs."""

from sqlalchemy import String, Text, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.config import ConfigError
from app.core.db import Model, reading, table_of, transaction


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


def pin_public_url(public_url: str) -> None:
    """Keep PUBLIC_URL at the first start; raises ConfigError when it is another one later."""
    kept = find("public_url")
    if kept is None:
        write("public_url", public_url)
    elif kept != public_url:
        raise ConfigError(
            f"PUBLIC_URL is {public_url}, but this database was made as {kept}, and IRIs already given out contain that. "
            "Set it back, or run `quay rebase` to change the address on purpose."
        )
