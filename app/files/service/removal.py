"""Deleting what was turned over to deletion: the object first, then its row, so that no object is ever without one."""

import structlog
from sqlalchemy import delete, select

from app.core.db import reading, transaction
from app.files.service import rows
from app.files.service.rows import objects
from app.gateways import object_store
from app.messaging.service import Delivery

log = structlog.get_logger()


def delete_object(delivery: Delivery) -> None:
    """Handler of `files.delete`; idempotent."""
    with reading() as session:
        row = session.execute(select(objects).where(objects.c.seq == delivery.payload["seq"])).first()
    if row is None or row.state != "sweeping":
        return
    if row.store != rows.settings.store:
        # a worker of another deployment on the same database: the sweeper of the object's own one will see to it
        log.info("an object is left to the sweeper of its store", object=row.seq, store=row.store)
        return
    remove(row.seq, row.key)


def remove(seq: int, key: str) -> None:
    """Delete an object that is being swept, with all that was kept of it on the way, and then its row."""
    object_store.delete(key)
    for tail in list(object_store.listing(f"{key}{rows.TAIL}")):
        object_store.delete(tail.key)
    with transaction(bookkeeping=True) as session:
        session.execute(delete(objects).where(objects.c.seq == seq, objects.c.state == "sweeping"))
