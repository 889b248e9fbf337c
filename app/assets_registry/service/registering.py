"""Making entries: one id, one entry, whoever comes first; the same again is the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.assets_registry import document, probes
from app.assets_registry.probes import HEALTHY, REASONS, Health
from app.assets_registry.service import health, rows
from app.assets_registry.service.rows import KIND, registered
from app.core.db import transaction
from app.core.errors import Conflict, DomainError, FieldError
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity


class NotHealthy(DomainError):
    """What must be healthy to be registered is not."""

    status = 424


@dataclass(frozen=True)
class Registered:
    """An entry that is there now, how its assets DB was found, and whether the entry was not there before."""

    registry_id: str
    health: Health
    new: bool

    def show(self) -> dict[str, Any]:
        """What its sender is told."""
        message = "Asset registry created" if self.new else "Asset registry is there already"
        names = {"id": self.registry_id, document.ID: self.registry_id}
        return {"message": message, **names, "health": self.health.state, "reason": self.health.reason}


def register(
    caller: Caller | None, given: Mapping[str, Any], *, address: str, require_healthy: bool = False
) -> Registered:
    """Register an assets DB, however it is found; the same entry again is given back.

    Raises Conflict when its id is taken by another entry, NotHealthy when it is not and must be.
    """
    url = probes.check_url(given[document.URL])
    usual = "internal" if caller else "public"
    visibility = entities.check_visibility(given.get("visibility") or usual, caller is not None)
    wanted = document.make(given)
    known = _earlier(caller, wanted, visibility)
    found = known.health if known else health.look(caller, url, address)
    if require_healthy and found.state != HEALTHY:
        raise NotHealthy(f"Asset DB {url} is not healthy or not reachable: {REASONS[found.reason or probes.BUSY]}.")
    if known:
        return known
    try:
        _insert(caller, wanted, url, visibility, found)
    except IntegrityError:
        known = _earlier(caller, wanted, visibility)
        if known is None:
            raise
        return known
    return Registered(wanted[document.ID], found, new=True)


def _insert(caller: Caller | None, wanted: dict[str, Any], url: str, visibility: str, found: Health) -> None:
    own = {"registry_id": wanted[document.ID], "state": found.state, "reason": found.reason}
    title = rows.title_of(wanted)
    with transaction() as session:
        entity = entities.create(KIND, caller, title, visibility=visibility)
        values = {"seq": entity.seq, **own, **found.observed(), **rows.columns_of(wanted, url)}
        session.execute(insert(registered).values(**values))
        what = Activity("assets_registry.register", f"Registered {title}", details={"health": found.state})
        ledger.record(what, caller, generated=[entity.seq])


def _earlier(caller: Caller | None, wanted: dict[str, Any], visibility: str) -> Registered | None:
    """The entry that has the id already, if it is the same; raises Conflict if it is another."""
    row = rows.whosever(wanted[document.ID])
    if row is None:
        return None
    owned_alike = row.owner_seq == (caller.seq if caller else None)
    if not owned_alike or row.visibility != visibility or not document.same(orjson.loads(row.document), wanted):
        detail = "is taken by another entry; choose another, or leave it out"
        raise Conflict(f"{document.ID} {detail}.", errors=[FieldError(f"/{document.ID}", detail)])
    return Registered(row.registry_id, Health(row.health, row.reason, row.latency_ms), new=False)
