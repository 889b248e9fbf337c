"""One request appends to an upload at a time: a lease, which lapses soon when its holder falls silent or dies.

Nothing depends on the lease alone: every commit asks again whether the upload still has this writer. So a holder whose lease
lapsed may go on as long as nobody else came.
"""

import math
import secrets
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row, or_, update

from app.core.clock import utcnow
from app.core.db import transaction
from app.core.errors import Conflict, Unavailable
from app.files.errors import Locked
from app.files.service import rows
from app.files.service.rows import uploads
from app.files.service.uploads import finding
from app.users.service import Caller

log = structlog.get_logger()

SECONDS = 10.0
RENEW_AFTER = 3.0


def take(caller: Caller, upload_id: str, offset: int) -> tuple[Row[Any], str]:
    """Become the writer of an upload at this offset; its row and the token.

    Raises NotFound, Conflict when it has another offset or all its bytes, and Locked while another request appends.
    """
    row = finding.find(caller, upload_id)
    _check(row, offset)
    token = secrets.token_hex(16)
    free = or_(uploads.c.writer.is_(None), uploads.c.writer_until <= utcnow())
    same = (uploads.c.seq == row.seq, uploads.c.state == "receiving", uploads.c.position == offset, free)
    with transaction(bookkeeping=True) as session:
        taken = session.execute(update(uploads).where(*same).values(writer=token, writer_until=_until())).rowcount
    if taken:
        return finding.find(caller, upload_id), token
    row = finding.find(caller, upload_id)
    _check(row, offset)
    raise _locked(row)


def _check(row: Row[Any], offset: int) -> None:
    if row.position != offset:
        raise Conflict(f"The upload continues at {row.position}, not at {offset}. Ask by HEAD, then send from there.")
    if row.state != "receiving":
        raise Conflict(f"The upload has all its {row.length} bytes and is {row.state}. Nothing can be added to it.")


def _locked(row: Row[Any]) -> Locked:
    left = (row.writer_until - utcnow()).total_seconds() if row.writer_until else 0.0
    wait = max(1, math.ceil(left))
    headers = {"Retry-After": str(wait)}
    return Locked(
        f"Another request appends to this upload. If that one is dead, try again in {wait} s.", headers=headers
    )


def renew(seq: int, token: str) -> None:
    """Stay the writer; raises Conflict when another request took over or the upload was ended."""
    with transaction(bookkeeping=True) as session:
        mine = (uploads.c.seq == seq, uploads.c.writer == token)
        if not session.execute(update(uploads).where(*mine).values(**alive())).rowcount:
            raise lost()


def alive() -> dict[str, Any]:
    """What every sign of life of a writer sets: it stays the writer, and the upload is kept from now on for its full time."""
    return {"writer_until": _until(), "expires_at": utcnow() + timedelta(seconds=rows.settings.upload_seconds)}


def give_back(seq: int, token: str) -> None:
    """Let the next request come at once; never raises."""
    try:
        with transaction(bookkeeping=True) as session:
            mine = (uploads.c.seq == seq, uploads.c.writer == token)
            session.execute(update(uploads).where(*mine).values(writer=None, writer_until=None))
    except Unavailable:
        log.warning("the lease on an upload lapses by itself", upload=seq)


def lost() -> Conflict:
    """What a writer is told that fell silent for too long, or whose upload was ended."""
    return Conflict("Another request took this upload over, or ended it. Ask by HEAD where it continues.")


def _until() -> Any:
    return utcnow() + timedelta(seconds=SECONDS)
