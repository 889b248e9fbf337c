"""What files cost whom, in committed bytes: an account for each user, and one for all that belongs to nobody."""

from typing import Any

from sqlalchemy import select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import database, reading, transaction
from app.core.errors import TooLarge
from app.files.service.rows import NOBODY, settings, usages
from app.users.service import Caller


def account_of(owner: Caller | None) -> int:
    """The number of the account that pays for a file."""
    return owner.seq if owner else NOBODY


def limit_of(account: int) -> int:
    """The bytes that an account may have; 0 for no limit."""
    return settings.quota if account else settings.nobodys_quota


def used(account: int) -> int:
    """The bytes that an account has."""
    with reading() as session:
        return session.scalar(select(usages.c.bytes).where(usages.c.account == account)) or 0


def usage(owner: Caller | None) -> dict[str, Any]:
    """Bytes used, the quota and what is left of it; the last two are None where there is no limit."""
    account = account_of(owner)
    has, limit = used(account), limit_of(account)
    return {"bytes": has, "quota": limit or None, "left": max(0, limit - has) if limit else None}


def room_for(owner: Caller | None, size: int | None) -> int:
    """The largest file that the caller may send now; raises TooLarge when one of `size` bytes is larger."""
    account = account_of(owner)
    limit = limit_of(account)
    has = used(account) if limit else 0
    if size is not None and size > settings.max_bytes:
        raise too_large(size)
    if limit and (has >= limit if size is None else has + size > limit):
        raise over_quota(account, has, size or 1)
    return min(settings.max_bytes, limit - has) if limit else settings.max_bytes


def charge(account: int, size: int) -> None:
    """Add bytes to an account, inside the caller's transaction, which keeps its row locked; raises TooLarge."""
    limit = limit_of(account)
    here = usages.c.account == account
    fits = usages.c.bytes + size <= limit if limit and size else true()
    dialect = postgresql if database.dialect == "postgresql" else sqlite
    with transaction() as session:
        session.execute(dialect.insert(usages).values(account=account, bytes=0).on_conflict_do_nothing())
        if not session.execute(update(usages).where(here, fits).values(bytes=usages.c.bytes + size)).rowcount:
            raise over_quota(account, used(account), size)


def give_back(account: int, size: int) -> None:
    """Take bytes off an account, inside the caller's transaction."""
    with transaction() as session:
        session.execute(update(usages).where(usages.c.account == account).values(bytes=usages.c.bytes - size))


def too_large(size: int) -> TooLarge:
    """The refusal of a file that is larger than any may be."""
    return TooLarge(f"The file has {size} bytes or more; the largest that is taken has {settings.max_bytes}.")


def over_quota(account: int, has: int, needed: int) -> TooLarge:
    """The refusal of a file for which the account has no room."""
    whose = "your quota" if account else "the quota of files without an owner"
    remedy = "Delete some of yours, or ask the operator for more." if account else "Send a token, to own the file."
    return TooLarge(f"The file needs {needed} bytes; {has} of {limit_of(account)} bytes of {whose} are used. {remedy}")
