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

from app import embedded, postman, supervisor, worker
from app.assets_db import service as assets_db
from app.core import documentation, migrations, settings
from app.core.config import Config, ConfigError, read_setting
from app.core.db import database
from app.core.errors import DomainError
from app.factory import assemble, settle
from app.files import service as files
from app.gateways import object_store
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
    config = _config(data)
    app = assemble(config)
    settle(config)
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
    config = _config(data)
    migrations.upgrade()
    click.echo(f"the database is at revision {migrations.newest()}")
    if config.object_store_url:
        assemble(config)
        object_store.make_bucket()
        click.echo("the store of files is ready")


@main.command(name="worker")
@click.pass_obj
@told
def worker_(data: Path | None) -> None:
    """Run the worker until SIGTERM or Ctrl-C: it sends what waits and does what comes again and again."""
    worker.run(embedded.config(data) if data else Config.from_environment())


@main.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--untouched",
    type=click.IntRange(min=0),
    default=3600,
    show_default=True,
    help="Seconds for which nothing was written: younger ones may be uploads that are under way.",
)
@click.pass_obj
@told
def gc(data: Path | None, dry_run: bool, untouched: int) -> None:
    """Remove files that belong to nothing: of uploads that broke off, and objects in the store that no row knows."""
    with _app(data).app_context():
        found = files.gc(untouched_seconds=untouched, dry_run=dry_run)
    verb = "would be removed" if dry_run else "were removed"
    click.echo(f"{found.swept.objects} unfinished objects and {found.swept.uploads} expired uploads {verb}")
    click.echo(f"{len(found.strays)} objects and {len(found.pending)} pending uploads without a row {verb}")
    for key in (*found.strays, *found.pending):
        click.echo(f"  {key}")


@main.command()
@click.pass_obj
@told
def verify(data: Path | None) -> None:
    """Read every file again and compare it with its checksum; exit 1 when any is missing or altered."""
    with _app(data).app_context(), click.progressbar(length=files.count(), label="verifying", file=sys.stderr) as bar:
        found = files.verify(on_object=lambda *_: bar.update(1))
    for what, findings in (("missing", found.missing), ("altered", found.altered), ("dangling", found.dangling)):
        for one in findings:
            click.echo(f"{what}: {one.file_name} ({one.key}) of {one.entity_id or 'nothing'}: {one.detail}")
    click.echo(
        f"{found.objects} files of {found.bytes} bytes were read; {'all are well' if found.clean else 'see above'}"
    )
    sys.exit(0 if found.clean else 1)


@main.command()
@click.option("--public-url", help="The new address. Default: PUBLIC_URL.")
@click.pass_obj
@told
def rebase(data: Path | None, public_url: str | None) -> None:
    """Change the address of the service on purpose; IRIs given out under the old one no longer lead here."""
    config = _config(data)
    migrations.upgrade()
    new = read_setting("PUBLIC_URL", public_url) if public_url else config.public_url
    name = settings.url_name(config.assets_db_id)
    old = settings.find(name)
    settings.write(name, new)
    click.echo(f"the address was {old or 'not set'} and is now {new}")


@main.command()
@click.pass_obj
@told
def describe(data: Path | None) -> None:
    """Make all descriptions that are missing or stale, so that the first question after an upgrade need not wait."""
    _app(data)
    click.echo(f"{semantics.describe_all()} things are described")


@main.group(name="import")
def import_group() -> None:
    """Take over what another service kept."""


@import_group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--owner", help="E-mail of the user who shall own the assets. Default: they are public and nobody's.")
@click.pass_obj
@told
def aios(data: Path | None, file: Path, owner: str | None) -> None:
    """Import the assets of an original assets DB from FILE, which `mongoexport` wrote; may be repeated."""
    with _app(data).app_context(), file.open(encoding="utf-8") as text:
        caller = users.caller_of(owner) if owner else None
        with click.progressbar(length=file.stat().st_size, label=f"reading {file.name}", file=sys.stderr) as bar:
            report = assets_db.import_assets(caller, assets_db.exported_documents(text, bar.update))
    for number, reason in report.refused:
        click.echo(f"document {number} was not taken: {reason}", err=True)
    counts = {name: report.counts[name] for name in ("new", "same", "refused")}
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    sys.exit(1 if report.refused else 0)


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
