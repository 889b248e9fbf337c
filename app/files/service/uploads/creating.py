"""Beginning an upload."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert

from app.core.clock import utcnow
from app.core.db import transaction
from app.files import labels, tus
from app.files.service import quota, rows
from app.files.service.rows import uploads
from app.files.service.uploads import appending, finding
from app.users.service import Caller


def create_upload(caller: Caller, *, length: int, metadata: str = "") -> Row[Any]:
    """Begin an upload of `length` bytes; `metadata` is Upload-Metadata as on the wire.

    Raises Malformed, Invalid for a file name, and TooLarge when it cannot fit.
    """
    described = tus.read_metadata(metadata)
    name, kind = labels.file_name(described.file_name), labels.media_type(described.media_type)
    quota.room_for(caller, length)
    details = {"metadata": metadata, **({"sha256": described.sha256} if described.sha256 else {})}
    upload_id, now = secrets.token_hex(32), utcnow()
    times = {"created_at": now, "expires_at": expiry(now)}
    with transaction(bookkeeping=True) as session:
        seq, _ = rows.start(caller, name, kind)
        own = {"id": upload_id, "object_seq": seq, "owner_seq": caller.seq, "state": "receiving", "details": details}
        session.execute(insert(uploads).values(**own, length=length, position=0, **times))
    if length == 0:
        appending.append(caller, upload_id, 0, lambda _size: b"")
    return finding.find(caller, upload_id)


def expiry(now: datetime) -> datetime:
    """When an upload is forgotten to which nothing more happens."""
    return now + timedelta(seconds=rows.settings.upload_seconds)
