"""Accounts: registration, login, and who is who."""

import secrets
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core import limits
from app.core.clock import utcnow
from app.core.config import Config
from app.core.db import reading, retrying, table_of, transaction
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from app.core.pagination import Key, Listing
from app.users import credentials, passwords, token_cache
from app.users.callers import Caller
from app.users.models import User

__all__ = ["Caller", "creator", "people", "show_creator"]

FAILED_TRIES = "10 per 15 minutes"  # for one account
TRIES = "200 per 5 minutes"  # from one address
REGISTRATIONS = "60 per hour"  # from one address
PROFILE = ("first_name", "last_name", "role", "orcid", "affiliation")

users = table_of(User)
people = users.alias("people")
creator = (
    people.c.id.label("creator_id"),
    people.c.first_name.label("creator_first_name"),
    people.c.last_name.label("creator_last_name"),
)
_settings: dict[str, Any] = {"registration": "admin"}


def configure(config: Config) -> None:
    """Take the settings of this room."""
    _settings["registration"] = config.registration
    credentials.configure(config.secret_key)


def register(caller: Caller | None, address: str, **fields: Any) -> dict[str, Any]:
    """Make an account on request of a stranger, or of an admin where REGISTRATION=admin."""
    if _settings["registration"] == "admin" and caller is None:
        raise Unauthenticated("Registration is for admins here: an admin makes the account, with a token.")
    if _settings["registration"] == "admin" and caller is not None and not caller.is_admin:
        raise Forbidden("Registration is for admins here: ask one for an account.")
    limits.hit(REGISTRATIONS, "register", address)
    return create_user(**fields)


def create_user(*, email: str, password: str, is_admin: bool = False, **profile: Any) -> dict[str, Any]:
    """Make an account; raises Conflict when the e-mail has one."""
    _check_password(email, password)
    now = utcnow()
    row = {"orcid": None, "affiliation": None, **profile, "id": secrets.token_hex(32), "email": email}
    row |= {"email_key": email.casefold(), "password_hash": passwords.hash_password(password), "is_admin": is_admin}
    try:
        with transaction() as session:
            session.execute(insert(users).values(**row, disabled_at=None, created_at=now, updated_at=now))
    except IntegrityError as error:
        raise Conflict(f"{email} has an account already. Fetch a token with its password.") from error
    return find_by_email(email)


def _check_password(email: str, password: str) -> None:
    if len(password) < 8:
        _refuse_password("must have at least 8 characters")
    if password.casefold() == email.casefold():
        _refuse_password("must not be the e-mail address")


def _refuse_password(detail: str) -> None:
    raise Invalid(f"The password {detail}.", errors=[FieldError("/password", detail)])


def log_in(email: str, password: str, address: str) -> Caller:
    """The user of this e-mail and password.

    Raises the same Unauthenticated, after the same work, for a wrong password, an unknown and a disabled user.
    """
    limits.hit(TRIES, "login", address)
    # counted before the password is looked at, so that parallel tries cannot outrun the count
    limits.hit(FAILED_TRIES, "login", email.casefold())
    row = _row(users.c.email_key == email.casefold())
    right = passwords.verify(password, row.password_hash if row else None)
    if row is None or not right or row.disabled_at is not None:
        raise Unauthenticated("The e-mail or the password is wrong.", scheme="Basic")
    limits.forget(FAILED_TRIES, "login", email.casefold())
    if passwords.is_outdated(row.password_hash):
        _set_password(row.seq, password)
    return credentials.caller_of(row)


def change_password(caller: Caller, old: str, new: str, *, revoke_keys: bool) -> None:
    """Set a new password; all tokens die, API keys too when asked."""
    limits.hit(FAILED_TRIES, "login", caller.email.casefold())
    row = _row(users.c.seq == caller.seq)
    if row is None or not passwords.verify(old, row.password_hash):
        detail = "is not your present password"
        raise Invalid(f"old_password {detail}.", errors=[FieldError("/old_password", detail)])
    limits.forget(FAILED_TRIES, "login", caller.email.casefold())
    _check_password(caller.email, new)
    with transaction():
        _set_password(caller.seq, new)
        credentials.revoke_all(caller.seq, kinds=("token", "key") if revoke_keys else ("token",))


def _set_password(seq: int, password: str) -> None:
    hashed = passwords.hash_password(password)
    with transaction() as session:
        session.execute(update(users).where(users.c.seq == seq).values(password_hash=hashed, updated_at=utcnow()))


def _row(condition: Any) -> Row[Any] | None:
    with reading() as session:
        return session.execute(select(users).where(condition)).first()


def get_user(user_id: str) -> dict[str, Any]:
    """The user of this id; raises NotFound."""
    row = _row(users.c.id == user_id)
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return show(row)


def find_by_email(email: str) -> dict[str, Any]:
    """The user of this e-mail; raises NotFound."""
    row = _row(users.c.email_key == email.casefold())
    if row is None:
        raise NotFound(f"There is no user {email}.")
    return show(row)


def seq_of(user_id: str) -> int:
    """The integer of a user; raises NotFound."""
    row = _row(users.c.id == user_id)
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return row.seq


def update_profile(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Change what a user says of themselves."""
    values = {name: value for name, value in changes.items() if name in PROFILE}
    if values:
        retrying(lambda: _write_profile(caller, values))
    return get_user(caller.id)


def _write_profile(caller: Caller, values: dict[str, Any]) -> None:
    """Inside a transaction that is tried again: a trigger notes the change at all things of the user, in any order."""
    with transaction() as session:
        token_cache.forget_all()
        session.execute(update(users).where(users.c.seq == caller.seq).values(**values, updated_at=utcnow()))


def list_users(caller: Caller, q: str | None = None) -> Listing:
    """All accounts, for an admin; `q` is the beginning of an e-mail or a name."""
    _need_admin(caller)
    query: Select[Any] = select(users)
    if q:
        fold = q.casefold()
        query = query.where(
            or_(
                users.c.email_key.startswith(fold, autoescape=True),
                func.lower(users.c.first_name).startswith(fold, autoescape=True),
                func.lower(users.c.last_name).startswith(fold, autoescape=True),
            )
        )
    return Listing(query, (Key(users.c.seq, "seq"),), lambda rows: [show(row) for row in rows])


def set_disabled(caller: Caller, user_id: str, disabled: bool) -> dict[str, Any]:
    """Let an account in, or keep it out at once, tokens and keys included; for an admin."""
    _need_admin(caller)
    seq = seq_of(user_id)
    if disabled and seq == caller.seq:
        raise Conflict("You cannot disable your own account; let another admin do it.")
    with transaction() as session:
        token_cache.forget_all()
        now = utcnow()
        values = {"disabled_at": now if disabled else None, "updated_at": now}
        session.execute(update(users).where(users.c.seq == seq).values(**values))
        if disabled:
            credentials.revoke_all(seq, kinds=("token", "key"))
    return get_user(user_id)


def _need_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise Forbidden("Only an admin may do this.")


def issue_key(email: str, *, days: int, scopes: tuple[str, ...]) -> str:
    """A new API key for the user of this e-mail, for the operator's command line."""
    return credentials.issue_key(caller_of(email), "issued by the operator", scopes, days)["api_key"]


def caller_of(email: str) -> Caller:
    """The user of this e-mail, in whose name the operator's command line acts; raises NotFound."""
    row = _row(users.c.email_key == email.casefold())
    if row is None:
        raise NotFound(f"There is no user {email}.")
    return credentials.caller_of(row)


def show(row: Row[Any]) -> dict[str, Any]:
    """A user as every answer shows one: no hash, no secret."""
    fields = {name: getattr(row, name) for name in ("email", *PROFILE, "is_admin")}
    return {**fields, "user_id": row.id, "timestamp": row.created_at, "disabled": row.disabled_at is not None}


def show_creator(row: Any) -> dict[str, Any] | None:
    """The owner of a thing, from a row that has the `creator` columns."""
    if row.creator_id is None:
        return None
    names = {"first_name": row.creator_first_name, "last_name": row.creator_last_name}
    return {"user_id": row.creator_id, **names}
