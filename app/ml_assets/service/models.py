"""Models: making, reading, changing, deleting; MLflow is asked before a transaction begins, and never by a list."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, delete, insert, select, update

from app.core.clock import utcnow
from app.core.db import reading, table_of, transaction
from app.core.errors import Conflict
from app.core.pagination import Listing
from app.entities import service as entities
from app.entities.service import Caller
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.ml_assets import extraction
from app.ml_assets.models import MLModel, MLModelAlias, ModelDataset
from app.ml_assets.service import assets, keeping, links, resolution
from app.ml_assets.service.resolution import Resolution
from app.ml_assets.service.shown import NewModel, belonging, show_models, show_new_model

models = table_of(MLModel)
aliases = table_of(MLModelAlias)
used = table_of(ModelDataset)
_INSERT = insert(models)
KIND = "ml_model"
OWN_COLUMNS = {"name": "name", "version": "version", "description": "description", "ml_flow_model_path": "path"}


def create_model(caller: Caller, **given: Any) -> dict[str, Any]:
    """Register a model; one that MLflow does not know, or cannot be asked for, is kept as unresolved."""
    found = resolution.resolve(given["ml_flow_model_path"])
    kept_in = keeping.asset_seq(caller, given.get("asset_id"))
    with transaction():
        row = insert_model(caller, given, found)
        if kept_in is not None:
            keeping.point(row.seq, kept_in)
            record_keeping(caller, row.seq, given["name"], kept_in)
    # what was just written need not be read, but for the data sets of a run and the files
    return by_seq(caller, row.seq) if found.run or kept_in else show_new_model(caller, row)


def insert_model(
    caller: Caller, given: dict[str, Any], found: Resolution, *, origin: str | None = None, previous: int | None = None
) -> NewModel:
    """Write a model with its terms, data sets and acts, inside a transaction.

    `origin` makes it unique; `previous` is the version that it follows.
    """
    name = given["name"]
    entity = entities.create(KIND, caller, name, visibility=given.get("visibility", "internal"))
    tags = {**found.metadata.tags, **given.get("tags", {})}
    row = {"seq": entity.seq, "name": name, "version": given["version"], "description": given.get("description", "")}
    row |= {"path": given["ml_flow_model_path"], "origin_key": origin, "properties": given.get("properties", {})}
    row |= {"tags": tags, **_tracking(found)}
    with transaction() as session:
        session.execute(_INSERT, row)
    assets.write_terms(entity.seq, extraction.terms(tags, found.metadata.tracked), fresh=True)
    kind, before = ("ml_assets.register", []) if previous is None else ("ml_assets.revise", [previous])
    ledger.record(Activity(kind, f"Registered {name} {given['version']}"), caller, used=before, generated=[entity.seq])
    record_training(caller, entity.seq, name, found)
    return NewModel(entity, row)


def _tracking(found: Resolution) -> dict[str, Any]:
    kept = {"run_id": found.metadata.run_id, "tracked": found.metadata.tracked, "tracking_at": utcnow()}
    return {**kept, "tracking_state": found.state, "tracking_reason": found.reason}


def record_training(caller: Caller, seq: int, name: str, found: Resolution) -> None:
    """Write down the run that made the model of the data sets that it took in."""
    if found.run is None:
        return
    before = links.datasets_of(seq)
    sources = links.connect(caller, seq, found.run.inputs)
    if sources and set(sources) != set(before):
        run = found.run
        details = {"run_id": run.run_id, "experiment": run.experiment_id, "user": run.user}
        training = Activity("ml_assets.train", f"Trained {run.name or name}", run.started, run.ended, details)
        ledger.record(training, caller, used=sources, generated=[seq])


def record_keeping(caller: Caller, seq: int, name: str, asset: int, *, copied: bool = False) -> None:
    """Write down that a model was made known by the files of an asset, or that its files were `copied` into one."""
    if copied:
        ledger.record(Activity("ml_assets.store", f"Stored the files of {name}"), caller, used=[seq], generated=[asset])
        return
    ledger.record(Activity("ml_assets.keep", f"Named the files of {name}"), caller, used=[asset], generated=[seq])


def by_seq(caller: Caller, seq: int) -> dict[str, Any]:
    """A model by its `seq`."""
    query = assets.select_assets(caller, KIND, models, *belonging(caller)).where(entities.columns.seq == seq)
    with reading() as session:
        return show_models([session.execute(query).one()])[0]


def get_model(caller: Caller, model_id: str) -> dict[str, Any]:
    """A model; raises NotFound."""
    return show_models([assets.find(caller, KIND, models, model_id, *belonging(caller))])[0]


def list_models(
    caller: Caller, *, narrower: Sequence[ColumnElement[bool]] = (), column: Label[Any] | None = None, **given: Any
) -> Listing:
    """Models under the given filters; rooms above may narrow them further, and have one more column shown."""
    conditions = [*narrower, *assets.by_metrics(given), *assets.by_params(given)]
    if given.get("dataset"):
        dataset = entities.select_visible(caller, "ml_dataset").where(entities.columns.id == given["dataset"])
        seqs = dataset.with_only_columns(entities.columns.seq).scalar_subquery()
        conditions.append(models.c.seq.in_(select(used.c.model_seq).where(used.c.dataset_seq == seqs)))
    if given.get("run"):
        conditions.append(models.c.run_id == given["run"])
    if column is None:
        return assets.listing(caller, KIND, models, show_models, given, *conditions, more=belonging(caller))

    def show(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
        shown = zip(show_models(rows), rows, strict=True)
        return [{**model, column.name: getattr(row, column.name)} for model, row in shown]

    return assets.listing(caller, KIND, models, show, given, *conditions, more=(*belonging(caller), column))


def change_model(caller: Caller, model_id: str, *, expected: int | None, **changes: Any) -> dict[str, Any]:
    """Change what is given; a new path is asked for at MLflow. Raises PreconditionFailed when it was changed since."""
    before = assets.find(caller, KIND, models, model_id)
    path = changes.get("ml_flow_model_path", before.path)
    found = resolution.resolve(path) if path != before.path else None
    kept_in = keeping.asset_seq(caller, changes.get("asset_id"))
    with transaction() as session:
        values = {key: changes[key] for key in ("visibility",) if key in changes}
        entity = entities.change(
            caller, model_id, KIND, expected=expected, title=changes.get("name", before.name), **values
        )
        row = session.execute(select(models).where(models.c.seq == entity.seq)).one()
        own = {column: changes[key] for key, column in OWN_COLUMNS.items() if key in changes}
        own |= {key: assets.merged(getattr(row, key), changes[key]) for key in ("tags", "properties") if key in changes}
        own |= {**_tracking(found), "origin_key": None} if found else {}
        if own:
            session.execute(update(models).where(models.c.seq == entity.seq).values(**own))
        if entity.title != row.name:  # aliases belong to a name
            session.execute(delete(aliases).where(aliases.c.model_seq == entity.seq))
        _follow(caller, entity.seq, {**row._mapping, **own}, found)
        if "asset_id" in changes:
            keeping.point(entity.seq, kept_in)
        if kept_in is not None:
            record_keeping(caller, entity.seq, entity.title, kept_in)
        assets.note("update", caller, entity, entity.title)
    return by_seq(caller, entity.seq)


def _follow(caller: Caller, seq: int, row: dict[str, Any], found: Resolution | None) -> None:
    """Bring terms and data sets in line with a changed model."""
    assets.write_terms(seq, extraction.terms(row["tags"], row["tracked"]))
    if found is not None:
        links.forget(seq)
        record_training(caller, seq, row["name"], found)


def refresh_model(caller: Caller, model_id: str) -> dict[str, Any]:
    """Ask MLflow again; what it said before stays when it cannot be asked now."""
    before = assets.find(caller, KIND, models, model_id)
    found = resolution.resolve(before.path)
    with transaction() as session:
        entity = entities.change(caller, model_id, KIND)
        values = _tracking(found)
        if found.model is None and before.tracking_state == "resolved":
            values = {"tracking_reason": found.reason, "tracking_at": utcnow()}
        session.execute(update(models).where(models.c.seq == entity.seq).values(**values))
        row = session.execute(select(models).where(models.c.seq == entity.seq)).one()
        assets.write_terms(entity.seq, extraction.terms(row.tags, row.tracked))
        record_training(caller, entity.seq, row.name, found)
        assets.note("refresh", caller, entity, entity.title)
    return by_seq(caller, entity.seq)


def delete_model(caller: Caller, model_id: str, *, expected: int | None) -> None:
    """Put a model into its owner's bin; its data sets are free again, and its run may be registered anew."""
    with transaction() as session:
        entity = entities.delete(caller, model_id, KIND, expected=expected)
        session.execute(update(models).where(models.c.seq == entity.seq).values(origin_key=None))
        links.release(entity.seq, links.datasets_of(entity.seq))
        keeping.let_go(entity.seq)
        assets.note("delete", caller, entity, entity.title)


def restore_model(caller: Caller, model_id: str) -> dict[str, Any]:
    """Take a model out of the bin; raises Conflict when one of its data sets lies in a bin itself."""
    with transaction() as session:
        entity = entities.restore(caller, model_id, KIND)
        sources = links.datasets_of(entity.seq)
        alive = entities.columns.deleted_at.is_(None)
        there = session.scalars(select(entities.columns.seq).where(entities.columns.seq.in_(sources), alive)).all()
        if len(there) < len(sources):
            raise Conflict("A data set that it was made with was deleted. Restore that one first.")
        links.hold(entity.seq, sources)
        keeping.hold_again(entity.seq)
        assets.note("restore", caller, entity, entity.title)
    return by_seq(caller, entity.seq)
