"""The common questions without SPARQL: models by what their descriptions and their runs say, private ones of one's own too."""

from typing import Any

from sqlalchemy import func, select

from app.core.pagination import Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ml_assets import service as ml_assets
from app.semantics import describing
from app.semantics.describing import descriptions, settings


def search(caller: Caller, *, algorithm: str | None = None, **given: Any) -> Listing:
    """Models under all filters of their list, and by algorithm: a part of its name, whatever its case and blanks."""
    _make_what_is_missing()
    name = select(descriptions.c.algorithm).where(descriptions.c.entity_seq == entities.columns.seq)
    column = name.correlate(entities.table).scalar_subquery().label("algorithm")
    conditions = []
    if algorithm:
        wanted = algorithm.replace(" ", "").lower()
        found = func.replace(func.lower(descriptions.c.algorithm), " ", "").contains(wanted, autoescape=True)
        conditions.append(entities.columns.seq.in_(select(descriptions.c.entity_seq).where(found)))
    return ml_assets.list_models(caller, narrower=conditions, column=column, **given)


def _make_what_is_missing() -> None:
    changes = entities.changes_since(settings.described, describing.kinds())
    describing.bring_up_to_date(changes.rows)
    settings.described = changes.position


def describe_all() -> int:
    """Make every description that is missing or stale, so that no question has to wait for it; how many things there are."""
    rows = entities.changes_since(0, describing.kinds()).rows
    describing.bring_up_to_date(rows)
    return sum(row.deleted_at is None for row in rows)
