"""Data sets that models are made with."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.core.db import reading, table_of, transaction
from app.core.pagination import Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.ml_assets import extraction
from app.ml_assets.models import MLDataset, ModelDataset
from app.ml_assets.service import assets

datasets = table_of(MLDataset)
used = table_of(ModelDataset)
KIND = "ml_dataset"
PLAIN = ("name", "version", "description", "digest", "source_type", "source", "profile")
MERGED = ("tags", "properties")


def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Answers for rows of data sets."""
    return [_show(row) for row in rows]


def _show(row: Row[Any]) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in PLAIN}
    return {**own, **assets.common(row), "dataset_id": row.id, "schema": row.schema}


def create_dataset(caller: Caller, **given: Any) -> dict[str, Any]:
    """Register a data set."""
    with transaction() as session:
        entity = entities.create(KIND, caller, given["name"], visibility=given["visibility"])
        row = {name: given.get(name) for name in (*PLAIN, *MERGED)}
        session.execute(insert(datasets).values(seq=entity.seq, schema=given.get("schema"), origin_key=None, **row))
        assets.write_terms(entity.seq, extraction.terms(given["tags"], {}), fresh=True)
        what = Activity("ml_assets.register", f"Registered {given['name']}")
        ledger.record(what, caller, generated=[entity.seq])
    return get_dataset(caller, entity.id)


def get_dataset(caller: Caller, dataset_id: str) -> dict[str, Any]:
    """A data set; raises NotFound."""
    return _show(assets.find(caller, KIND, datasets, dataset_id))


def list_datasets(caller: Caller, **given: Any) -> Listing:
    """Data sets under the given filters."""
    conditions = []
    if given.get("digest"):
        conditions.append(datasets.c.digest == given["digest"])
    if given.get("model"):
        model = entities.select_visible(caller, "ml_model").where(entities.columns.id == given["model"])
        seq = model.with_only_columns(entities.columns.seq).scalar_subquery()
        conditions.append(datasets.c.seq.in_(select(used.c.dataset_seq).where(used.c.model_seq == seq)))
    return assets.listing(caller, KIND, datasets, show, given, *conditions)


def change_dataset(caller: Caller, dataset_id: str, *, expected: int | None, **changes: Any) -> dict[str, Any]:
    """Change what is given. Raises PreconditionFailed when it was changed since."""
    before = assets.find(caller, KIND, datasets, dataset_id)
    with transaction() as session:
        values = {key: changes[key] for key in ("visibility",) if key in changes}
        title = changes.get("name", before.name)
        entity = entities.change(caller, dataset_id, KIND, expected=expected, title=title, **values)
        row = session.execute(select(datasets).where(datasets.c.seq == entity.seq)).one()
        own = {key: changes[key] for key in PLAIN if key in changes}
        own |= {key: assets.merged(getattr(row, key), changes[key]) for key in MERGED if key in changes}
        own |= {"schema": changes["schema"]} if "schema" in changes else {}
        if own:
            session.execute(update(datasets).where(datasets.c.seq == entity.seq).values(**own))
        assets.write_terms(entity.seq, extraction.terms(own.get("tags", row.tags), {}))
        assets.note("update", caller, entity, entity.title)
    return get_dataset(caller, dataset_id)


def delete_dataset(caller: Caller, dataset_id: str, *, expected: int | None) -> None:
    """Put a data set into its owner's bin; raises Conflict while models that were made with it are there."""
    with transaction() as session:
        entity = entities.delete(caller, dataset_id, KIND, expected=expected)
        session.execute(update(datasets).where(datasets.c.seq == entity.seq).values(origin_key=None))
        assets.note("delete", caller, entity, entity.title)


def restore_dataset(caller: Caller, dataset_id: str) -> dict[str, Any]:
    """Take a data set out of the bin."""
    with transaction():
        entity = entities.restore(caller, dataset_id, KIND)
        assets.note("restore", caller, entity, entity.title)
    with reading() as session:
        query = assets.select_assets(caller, KIND, datasets).where(entities.columns.seq == entity.seq)
        return _show(session.execute(query).one())
