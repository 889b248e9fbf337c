"""Federated-learning trainings."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.core.db import table_of, transaction
from app.core.pagination import Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.ml_assets import extraction
from app.ml_assets.models import FLTraining
from app.ml_assets.service import assets

trainings = table_of(FLTraining)
KIND = "fl_training"
PARTS = ("fl_session", "fl_aggregation", "fl_communication", "fl_security", "fl_training", "fl_client")
MERGED = ("tags", "properties")


def _show(row: Row[Any]) -> dict[str, Any]:
    flags = {"doc_type": "fl_service", "published": row.published, "publised": row.published}
    return {**row.parts, **assets.common(row), **flags, "fl_service_id": row.id}


def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Answers for rows of trainings."""
    return [_show(row) for row in rows]


def create_training(caller: Caller, **given: Any) -> dict[str, Any]:
    """Register a training."""
    row = {"name": given["name"], "description": given["description"], "published": False, "parts": _parts(given)}
    row |= {name: given.get(name, {}) for name in MERGED}
    with transaction() as session:
        entity = entities.create(KIND, caller, given["name"], visibility=given.get("visibility", "internal"))
        session.execute(insert(trainings).values(seq=entity.seq, **row))
        assets.write_terms(entity.seq, extraction.terms(given.get("tags", {}), {}), fresh=True)
        what = Activity("ml_assets.register", f"Registered {given['name']}")
        ledger.record(what, caller, generated=[entity.seq])
    return get_training(caller, entity.id)


def _parts(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in PARTS if name in given}


def get_training(caller: Caller, training_id: str) -> dict[str, Any]:
    """A training; raises NotFound."""
    return _show(assets.find(caller, KIND, trainings, training_id))


def list_trainings(caller: Caller, **given: Any) -> Listing:
    """Trainings under the given filters."""
    return assets.listing(caller, KIND, trainings, show, {"sort": "created", "deleted": False, **given})


def change_training(caller: Caller, training_id: str, *, expected: int | None, **changes: Any) -> dict[str, Any]:
    """Change what is given; a part is replaced as a whole. Raises PreconditionFailed when it was changed since."""
    before = assets.find(caller, KIND, trainings, training_id)
    with transaction() as session:
        values = {key: changes[key] for key in ("visibility",) if key in changes}
        title = changes.get("name", before.name)
        entity = entities.change(caller, training_id, KIND, expected=expected, title=title, **values)
        row = session.execute(select(trainings).where(trainings.c.seq == entity.seq)).one()
        own: dict[str, Any] = {key: changes[key] for key in ("name", "description", "published") if key in changes}
        own |= {key: assets.merged(getattr(row, key), changes[key]) for key in MERGED if key in changes}
        own["parts"] = {**row.parts, **_parts(changes)}
        session.execute(update(trainings).where(trainings.c.seq == entity.seq).values(**own))
        assets.write_terms(entity.seq, extraction.terms(own.get("tags", row.tags), {}))
        assets.note("update", caller, entity, entity.title)
    return get_training(caller, training_id)


def publish_training(caller: Caller, training_id: str) -> dict[str, Any]:
    """Say that a training is published."""
    return change_training(caller, training_id, expected=None, published=True)


def delete_training(caller: Caller, training_id: str, *, expected: int | None = None) -> None:
    """Put a training into its owner's bin."""
    with transaction():
        entity = entities.delete(caller, training_id, KIND, expected=expected)
        assets.note("delete", caller, entity, entity.title)


def restore_training(caller: Caller, training_id: str) -> dict[str, Any]:
    """Take a training out of the bin."""
    with transaction():
        entity = entities.restore(caller, training_id, KIND)
        assets.note("restore", caller, entity, entity.title)
    return get_training(caller, training_id)
