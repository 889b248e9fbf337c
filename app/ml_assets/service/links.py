"""Models and the data sets that they were trained, validated or tested on."""

import hashlib
from typing import Any

import orjson
from sqlalchemy import delete, insert, select

from app.core.db import reading, table_of, transaction
from app.entities import service as entities
from app.entities.service import Caller
from app.gateways.tracking.values import DatasetInput
from app.ledger import service as ledger
from app.ledger.service import Activity
from app.ml_assets.models import MLDataset, ModelDataset
from app.ml_assets.service.assets import select_assets

datasets = table_of(MLDataset)
links = table_of(ModelDataset)
KIND = "ml_dataset"


def origin_key(*parts: Any) -> str:
    """What makes a registration unique: whose it is, and of what."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def connect(caller: Caller, model_seq: int, inputs: tuple[DatasetInput, ...]) -> list[int]:
    """Link a model with the data sets that its run took in, making those that are not known; inside a transaction.

    Gives the data sets by `seq`. Each is held against deletion for as long as the model is there.
    """
    wanted = {(_dataset(caller, given), given.context or "unspecified"): None for given in inputs}
    with transaction() as session:
        query = select(links.c.dataset_seq, links.c.context).where(links.c.model_seq == model_seq)
        known = {(seq, context) for seq, context in session.execute(query)}
        for dataset_seq, context in wanted:
            if (dataset_seq, context[:64]) not in known:
                row = {"model_seq": model_seq, "dataset_seq": dataset_seq, "context": context[:64]}
                session.execute(insert(links).values(**row))
    seqs = list(dict.fromkeys(seq for seq, _ in wanted))
    hold(model_seq, seqs)
    return seqs


def _dataset(caller: Caller, given: DatasetInput) -> int:
    """The data set that a run names: one that the caller may see, their own first, or a new one."""
    same = (datasets.c.name == given.name[:250], datasets.c.digest == given.digest[:250])
    with reading() as session:
        rows = session.execute(select_assets(caller, KIND, datasets).where(*same)).all()
    found = [row for row in rows if row.source == given.source]
    if found:
        return min(found, key=lambda row: (row.owner_seq != caller.seq, row.seq)).seq
    return _make(caller, given)


def _make(caller: Caller, given: DatasetInput) -> int:
    name = given.name[:250] or "unnamed"
    entity = entities.create(KIND, caller, name)
    row = {"seq": entity.seq, "name": name, "version": "1", "description": "", "digest": given.digest[:250] or None}
    row |= {"source_type": given.source_type[:64] or None, "source": given.source, "profile": given.profile}
    row |= {"origin_key": origin_key(caller.seq, name, given.digest, given.source), "properties": {}, "tags": {}}
    with transaction() as session:
        session.execute(insert(datasets).values(**row, schema=given.schema))
    ledger.record(Activity("ml_assets.register", f"Registered {name}"), caller, generated=[entity.seq])
    return entity.seq


def datasets_of(model_seq: int) -> list[int]:
    """The data sets of a model by `seq`."""
    with reading() as session:
        return list(session.scalars(select(links.c.dataset_seq).where(links.c.model_seq == model_seq).distinct()))


def hold(model_seq: int, dataset_seqs: list[int]) -> None:
    """Keep data sets from being deleted while the model that used them is there."""
    release(model_seq, dataset_seqs)
    for seq in dataset_seqs:
        entities.hold(seq, f"ml_model:{model_seq}", "A model was made with it; the model must be deleted first.")


def release(model_seq: int, dataset_seqs: list[int]) -> None:
    """Let the data sets of a deleted model go."""
    for seq in dataset_seqs:
        entities.release(seq, f"ml_model:{model_seq}")


def forget(model_seq: int) -> None:
    """Cut a model from its data sets, as when it is said to be another model."""
    release(model_seq, datasets_of(model_seq))
    with transaction() as session:
        session.execute(delete(links).where(links.c.model_seq == model_seq))
