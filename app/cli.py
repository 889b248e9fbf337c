"""`quay`, the operator's command line."""

import getpass
import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app import embedded, postman, supervisor
from app.core import documentation, migrations, settings
from app.core.config import Config, ConfigError, read_setting
from app.core.db import database
from app.core.errors import DomainError
from app.factory import assemble
from app.postman_order import STEPS
from app.semantics import service as semantics
from app.users import service as users

DATA = Path("var/data")


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Errors that the operator can mend end the command with one line, not with a traceback."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ConfigError, DomainError) as error:
            raise click.ClickException(getattr(error, "detail", str(error))) from error

    return wrapper


@click.group()
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of an embedded service; without it, the environment."
)
@click.pass_context
def main(context: click.Context, data: Path | None) -> None:
    """Run and care for a Quaymaster service."""
    context.obj = data


def _config(data: Path | None) -> Config:
    config = embedded.config(data) if data else Config.from_environment()
    database.configure(config.database_url)
    return config


def _app(data: Path | None) -> Flask:
    app = assemble(_config(data))
    migrations.check()
    return app


@main.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Default: the first port of this folder, or 5000. 0: any free one."
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder that keeps everything. Default: var/data.")
@click.pass_obj
@told
def serve(outer: Path | None, port: int | None, data: Path | None) -> None:
    """Run the embedded service until SIGTERM or Ctrl-C."""
    sys.exit(supervisor.serve(data or outer or DATA, port))


@main.command()
@click.pass_obj
@told
def migrate(data: Path | None) -> None:
    """Bring the database to the schema of this version."""
    _config(data)
    migrations.upgrade()
    click.echo(f"the database is at revision {migrations.newest()}")


@main.command()
@click.option("--public-url", help="The new address. Default: PUBLIC_URL.")
@click.pass_obj
@told
def rebase(data: Path | None, public_url: str | None) -> None:
    """Change the address of the service on purpose; IRIs given out under the old one no longer lead here."""
    config = _config(data)
    migrations.upgrade()
    new = read_setting("PUBLIC_URL", public_url) if public_url else config.public_url
    old = settings.find("public_url")
    settings.write("public_url", new)
    click.echo(f"the address was {old or 'not set'} and is now {new}")


@main.command()
@click.pass_obj
@told
def describe(data: Path | None) -> None:
    """Make all descriptions that are missing or stale, so that the first question after an upgrade need not wait."""
    _app(data)
    click.echo(f"{semantics.describe_all()} things are described")


@main.group(name="users")
def users_group() -> None:
    """Care for accounts."""


@users_group.command()
@click.option("--email", required=True)
@click.option("--first-name", default="", help="Default: the part of the e-mail before the @.")
@click.option("--last-name", default="")
@click.option("--admin", is_flag=True, help="May see and change what only an admin may.")
@click.pass_obj
@told
def add(data: Path | None, email: str, first_name: str, last_name: str, admin: bool) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    password = _password()
    with _app(data).app_context():
        user = users.create_user(
            email=email,
            password=password,
            first_name=first_name or email.split("@", maxsplit=1)[0],
            last_name=last_name or "-",
            role="Administrator" if admin else "User",
            is_admin=admin,
        )
    click.echo(f"{'admin' if admin else 'user'} {email} has the id {user['user_id']}")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise click.ClickException("The two passwords differ. Nothing was done.")
    return password


@main.group()
def keys() -> None:
    """Care for API keys."""


@keys.command()
@click.option("--email", required=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
@click.option("--scope", "scopes", multiple=True, help="May be given several times. Default: read and write.")
@click.pass_obj
@told
def issue(data: Path | None, email: str, days: int, scopes: tuple[str, ...]) -> None:
    """Issue an API key; it stands alone on the last line and is shown this once."""
    with _app(data).app_context():
        key = users.issue_key(email, days=days, scopes=scopes or ("read", "write"))
    click.echo(f"A key for {email}, valid for {days} days. It is not shown again:", err=True)
    click.echo(key)


@main.command()
@told
def spec() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(_document(), indent=2))


@main.command(name="postman")
@told
def postman_() -> None:
    """Print the Postman collection that is made of the OpenAPI document."""
    click.echo(json.dumps(postman.collection(_document(), STEPS), indent=2, ensure_ascii=False))


def _document() -> dict[str, Any]:
    # the document says what the program can do, so neither a database nor a secret has to be there
    stand_ins = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": "-" * 32}
    with assemble(Config.from_environment({**os.environ, **stand_ins})).app_context():
        return documentation.document()


if __name__ == "__main__":
    main()
