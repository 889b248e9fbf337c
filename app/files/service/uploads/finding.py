"""Uploads as their senders see them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, select

from app.core.clock import utcnow
from app.core.db import reading, transaction
from app.core.errors import Conflict, NotFound
from app.core.pagination import Key, Listing
from app.files.service import rows
from app.files.service.rows import StoredFile, objects, uploads
from app.users.service import Caller

RETRY_SECONDS = {"receiving": 30, "verifying": 5}
REMEDIES = {
    "receiving": "{} of {} bytes are here: send the rest to it, then use it.",
    "verifying": "All {1} bytes are here and are read once more for their checksum: try again in a few seconds.",
    "failed": "{reason} Delete it and send the file again.",
}
_OF_OBJECT = ("key", "store", "file_name", "media_type", "size", "sha256", "md5")
ORDER = (Key(uploads.c.seq, "seq", descending=True),)


def of(caller: Caller) -> Select[Any]:
    """The living uploads of the caller in the store of this deployment, with what their objects say."""
    mine = (uploads.c.owner_seq == caller.seq, objects.c.store == rows.settings.store, uploads.c.expires_at > utcnow())
    return every().where(*mine)


def every() -> Select[Any]:
    """Uploads with what their objects say."""
    columns = (*uploads.c, *(objects.c[name] for name in _OF_OBJECT))
    return select(*columns).join_from(uploads, objects, objects.c.seq == uploads.c.object_seq)


def find(caller: Caller, upload_id: str) -> Row[Any]:
    """An upload of the caller's; raises NotFound for all others, whatever the reason."""
    with reading() as session:
        row = session.execute(of(caller).where(uploads.c.id == upload_id)).first()
    if row is None:
        raise not_found(upload_id)
    return row


def not_found(upload_id: str) -> NotFound:
    """The one answer for what is not there, not yours, used up, or past its time."""
    return NotFound(
        f"There is no upload {upload_id[:100]}: it was used, ended, or its time is over. Begin another by POST /api/uploads."
    )


def list_uploads(caller: Caller) -> Listing:
    """The caller's uploads, newest first."""
    return Listing(of(caller), ORDER, show_all)


def show_all(found: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Uploads as they are shown in a list."""
    return [show(row) for row in found]


def show(row: Row[Any]) -> dict[str, Any]:
    """An upload as it is shown."""
    same = ("state", "length", "file_name", "media_type", "sha256", "md5", "expires_at", "reason")
    return {"upload_id": row.id, "offset": row.position, **{name: getattr(row, name) for name in same}}


def get_upload(caller: Caller, upload_id: str) -> Row[Any]:
    """An upload of the caller's, with all its columns; raises NotFound."""
    return find(caller, upload_id)


def claim_upload(caller: Caller, upload_id: str) -> StoredFile:
    """The file of an upload that is ready, to be adopted; raises NotFound, and Conflict with the remedy while it is not."""
    row = find(caller, upload_id)
    if row.state == "ready":
        return StoredFile(row.object_seq, row.key, row.file_name, row.media_type, row.size, row.sha256, row.md5)
    remedy = REMEDIES[row.state].format(row.position, row.length, reason=row.reason)
    wait = RETRY_SECONDS.get(row.state)
    headers = {"Retry-After": str(wait)} if wait else {}
    raise Conflict(f"The upload {upload_id} is {row.state}. {remedy}", headers=headers)


def terminate(caller: Caller, upload_id: str) -> None:
    """End an upload and forget its bytes; raises NotFound."""
    row = find(caller, upload_id)
    with transaction(bookkeeping=True) as session:
        # the object first, as adopt does, so that two who end it at once wait for each other in one order
        if not rows.condemn(row.object_seq):
            raise not_found(upload_id)
        session.execute(delete(uploads).where(uploads.c.seq == row.seq))
