"""The moment in which a file becomes part of a thing, and the one in which it ceases to be."""

from sqlalchemy import delete, select, update

from app.core.clock import utcnow
from app.core.db import in_transaction, transaction
from app.core.errors import Conflict
from app.files.service import quota, rows
from app.files.service.rows import StoredFile, objects, uploads
from app.users.service import Caller


def adopt(file: StoredFile, entity_seq: int, owner: Caller | None) -> None:
    """Make a stored file part of an entity, inside the caller's transaction, at the expense of `owner`.

    Raises TooLarge beyond the quota, and Conflict when the file was swept or adopted meanwhile; the transaction has to end
    then.
    """
    if not in_transaction():
        raise RuntimeError("a file is adopted in the transaction that makes the entity")
    mine = (objects.c.seq == file.seq, objects.c.state == "started", objects.c.store == rows.settings.store)
    values = {"state": "adopted", "entity_seq": entity_seq, "owner_seq": owner.seq if owner else None}
    measured = {"size": file.size, "sha256": file.sha256, "md5": file.md5, "touched_at": utcnow()}
    with transaction() as session:
        quota.charge(quota.account_of(owner), file.size)
        if not session.execute(update(objects).where(*mine).values(**values, **measured)).rowcount:
            raise Conflict("The file was given up or used meanwhile. Send it again.")
        session.execute(delete(uploads).where(uploads.c.object_seq == file.seq))


def discard(file: StoredFile) -> None:
    """Let a stored file be deleted that is not needed after all; nothing happens to one that was adopted."""
    with transaction(bookkeeping=True) as session:
        if rows.condemn(file.seq):
            session.execute(delete(uploads).where(uploads.c.object_seq == file.seq))


def release(entity_seq: int) -> None:
    """Give back the bytes of an entity's files, and let them be deleted, inside the caller's transaction."""
    if not in_transaction():
        raise RuntimeError("files are released in the transaction that deletes the entity")
    adopted = (objects.c.entity_seq == entity_seq, objects.c.state == "adopted")
    with transaction() as session:
        found = session.execute(select(objects.c.seq, objects.c.owner_seq, objects.c.size).where(*adopted)).all()
        for row in found:
            if rows.condemn(row.seq, was="adopted"):
                quota.give_back(row.owner_seq or rows.NOBODY, row.size or 0)
