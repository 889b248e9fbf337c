"""Registering what MLflow knows: a run's models with their training data, once for each user however often it is asked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.db import reading, table_of, transaction
from app.core.errors import Conflict, FieldError, Invalid
from app.entities import service as entities
from app.entities.service import Caller
from app.gateways import tracking
from app.gateways.tracking.values import Run
from app.ml_assets.models import MLDataset, MLModel
from app.ml_assets.service import assets, datasets, keeping, links, models, resolution
from app.ml_assets.service.resolution import Resolution
from app.ml_assets.service.shown import belonging, show_models

table = table_of(MLModel)
dataset_table = table_of(MLDataset)


def register_from_run(caller: Caller, **given: Any) -> tuple[dict[str, Any], bool]:
    """Register the models of a run, or the one at a URI; whether anything was new.

    Raises what went wrong at MLflow, since here its answer is needed now.
    """
    found = _of_uri(given["model_uri"]) if "model_uri" in given else _of_run(given["run_id"])
    # the files are copied before the transaction, in which nothing may wait for another system
    stored = [_store(caller, given, uri, one) for uri, one in found] if given.get("store") else [None] * len(found)
    for _ in range(3):
        try:
            return _register(caller, given, found, stored)
        except IntegrityError:  # somebody was faster with the same: then it is there on the next try
            continue
    raise Conflict("The same run is being registered by others again and again. Try again shortly.")


def _store(caller: Caller, given: dict[str, Any], uri: str, found: Resolution) -> int:
    return keeping.store_files(caller, found, {**_defaults(uri, found), **given})


def _of_uri(uri: str) -> list[tuple[str, Resolution]]:
    resolution.check(uri, "model_uri")
    return [(uri, resolution.demand(uri))]


def _of_run(run_id: str) -> list[tuple[str, Resolution]]:
    run = tracking.run(run_id)
    if not run.models:
        detail = "logged no model; register its model by its model_uri, or log one with mlflow.<flavor>.log_model"
        raise Invalid(f"The run {run_id} {detail}.", errors=[FieldError("/run_id", detail)])
    return [(logged.uri, resolution.of(tracking.model(logged.uri), run)) for logged in run.models[:50]]


def _register(
    caller: Caller, given: dict[str, Any], found: list[tuple[str, Resolution]], stored: Sequence[int | None]
) -> tuple[dict[str, Any], bool]:
    with transaction():
        made = [_one(caller, given, uri, one) for uri, one in found]
        for (seq, _), asset in zip(made, stored, strict=True):
            if asset is not None and keeping.points_at(seq) != asset:
                keeping.point(seq, asset)
                models.record_keeping(caller, seq, given.get("name", "the model"), asset, copied=True)
                entities.touch(seq)  # it is described with its files from now on
    return _shown(caller, [seq for seq, _ in made], found[0][1].run), any(new for _, new in made)


def _one(caller: Caller, given: dict[str, Any], uri: str, found: Resolution) -> tuple[int, bool]:
    origin = links.origin_key(caller.seq, found.metadata.artifact_uri)
    with reading() as session:
        known = session.scalar(select(table.c.seq).where(table.c.origin_key == origin))
    if known is not None:
        return known, False
    return models.insert_model(caller, {**_defaults(uri, found), **given}, found, origin=origin).seq, True


def _defaults(uri: str, found: Resolution) -> dict[str, Any]:
    """Name and version, as MLflow's registry or the run has them."""
    registered = found.metadata.tracked.get("registered") or {}
    run_name = found.run.name if found.run else ""
    name = registered.get("name") or run_name or uri.rstrip("/").rsplit("/", 1)[-1]
    description = found.model.registered.description if found.model and found.model.registered else ""
    version = registered.get("version", "1")
    return {
        "name": name[:250],
        "version": version[:100],
        "description": description[:20_000],
        "ml_flow_model_path": uri,
    }


def _shown(caller: Caller, seqs: list[int], run: Run | None) -> dict[str, Any]:
    sources = list(dict.fromkeys(source for seq in seqs for source in links.datasets_of(seq)))
    with reading() as session:
        of_models = assets.select_assets(caller, models.KIND, table, *belonging(caller))
        rows = session.execute(of_models.where(entities.columns.seq.in_(seqs)).order_by(entities.columns.seq)).all()
        of_data = assets.select_assets(caller, datasets.KIND, dataset_table).where(entities.columns.seq.in_(sources))
        data = session.execute(of_data.order_by(entities.columns.seq)).all()
    shown = {"models": show_models(rows), "datasets": datasets.show(data)}
    return {**shown, "run_id": run.run_id if run else None}
