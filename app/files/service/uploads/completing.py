"""The end of an upload: its parts are joined, and what lies in the store is hashed, on the way or by reading it back."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Row, select, update

from app.core.db import reading, transaction
from app.core.errors import Conflict, NotFound, Unavailable
from app.files.service import rows
from app.files.service.hashing import Digests
from app.files.service.rows import objects, parts, uploads
from app.files.service.uploads import finding
from app.gateways import object_store
from app.messaging import service as messaging
from app.messaging.service import Delivery

log = structlog.get_logger()

UNFINISHED = ("receiving", "verifying")
# a request that hashed all bytes on their way ends the upload itself; this is when the worker looks whether it lived to do so
SAFETY_SECONDS = 60.0
RENEW_SECONDS = 10.0


def await_check(row: Row[Any], *, soon: bool) -> None:
    """All bytes are safe: let the worker end the upload; in the transaction that says so."""
    with transaction(bookkeeping=True) as session:
        session.execute(update(uploads).where(uploads.c.seq == row.seq).values(state="verifying"))
        # what waits longer has a lane of its own, so that it holds nobody up
        lane = messaging.own_lane("uploads" if soon else f"uploads/{row.id[:16]}")
        messaging.enqueue(lane, "files.verify", {"upload_id": row.id}, delay=0 if soon else SAFETY_SECONDS)


def end_small(row: Row[Any], measured: dict[str, Any] | None) -> None:
    """The object of a small file is in the store; in the transaction that says so."""
    if measured is None:
        await_check(row, soon=True)
    else:
        _settle(row, measured)


def end_now(upload_id: str, measured: dict[str, Any]) -> None:
    """Join the parts of an upload whose bytes were hashed on the way; the worker will do it if that fails now."""
    row = _find(upload_id)
    if row is None:
        return
    try:
        _end(row, lambda: measured)
    except Unavailable as error:
        log.warning("an upload is ended by the worker", upload=upload_id, reason=error.detail)


def verify_upload(delivery: Delivery) -> None:
    """Handler of `files.verify`: join the parts, read the object back and hash it; idempotent."""
    row = _find(delivery.payload["upload_id"])
    if row is None:
        return
    if row.store != rows.settings.store:
        raise Unavailable(f"The upload lies in the store of the deployment {row.store}, whose worker has to read it.")
    _end(row, lambda: _hash(row, delivery.renew))


def _find(upload_id: str) -> Row[Any] | None:
    query = finding.every().where(uploads.c.id == upload_id, uploads.c.state == "verifying")
    with reading() as session:
        return session.execute(query).first()


def _end(row: Row[Any], measure: Callable[[], dict[str, Any]]) -> None:
    try:
        _join(row)
        measured = measure()
    except (Conflict, NotFound) as error:
        _fail(row, f"The store does not have all of its bytes: {error.detail}")
    else:
        _settle(row, measured)


def _join(row: Row[Any]) -> None:
    """Make the object of its parts, if that was not done before; raises Conflict and NotFound when it cannot be done."""
    if row.store_upload is None:
        return
    query = select(parts.c.number, parts.c.etag).where(parts.c.upload_seq == row.seq).order_by(parts.c.number)
    with reading() as session:
        known = [(part.number, part.etag) for part in session.execute(query)]
    try:
        object_store.finish_parts(row.key, row.store_upload, known)
    except NotFound:
        if object_store.stat(row.key).size != row.length:
            raise


def _hash(row: Row[Any], renew: Callable[[], None]) -> dict[str, Any]:
    digests = Digests()
    renewed = time.monotonic()
    for piece in object_store.read(row.key):
        digests.update(piece)
        if time.monotonic() - renewed > RENEW_SECONDS:
            renew()
            renewed = time.monotonic()
    return digests.values()


def _settle(row: Row[Any], measured: dict[str, Any]) -> None:
    """Ready, if the bytes are as many as announced and have the hash that was declared; else failed, and why."""
    declared = row.details.get("sha256")
    if measured["size"] != row.length:
        _fail(row, f"The store has {measured['size']} bytes of it instead of {row.length}.")
    elif declared is not None and declared != measured["sha256"]:
        _fail(row, f"Its SHA-256 is {measured['sha256']}, but Upload-Metadata declares {declared}.")
    else:
        with transaction(bookkeeping=True):
            if _decide(row, state="ready"):
                rows.touch(row.object_seq, **measured)


def _fail(row: Row[Any], reason: str) -> None:
    _decide(row, state="failed", reason=reason)
    log.warning("an upload failed", upload=row.id, reason=reason)


def _decide(row: Row[Any], **values: Any) -> bool:
    with transaction(bookkeeping=True) as session:
        open_ = (uploads.c.seq == row.seq, uploads.c.state.in_(UNFINISHED))
        return bool(session.execute(update(uploads).where(*open_).values(**values)).rowcount)


def delete_unless_wanted(row: Row[Any]) -> None:
    """After the upload was ended by somebody else in the last moment: its object must not outlive its row."""
    with reading() as session:
        state = session.scalar(select(objects.c.state).where(objects.c.seq == row.object_seq))
    if state not in ("started", "adopted"):
        object_store.delete(row.key)
