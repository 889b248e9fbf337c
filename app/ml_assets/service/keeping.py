"""The files of models as assets: pointing at one that is there, or copying what MLflow keeps into a new one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, insert, select

from app.assets_db import service as assets_db
from app.core.db import reading, table_of, transaction
from app.core.errors import FieldError, Invalid, NotFound
from app.entities import service as entities
from app.entities.service import Caller
from app.files import service as files
from app.gateways import tracking
from app.gateways.tracking.values import Artifact, Run, TrackedModel
from app.ml_assets import archive
from app.ml_assets.models import ModelAsset
from app.ml_assets.service.resolution import Resolution

kept = table_of(ModelAsset)
MAX_FILES = 5000
TAG_LENGTH = 12
REASON = "It holds the files of a model; the model must be deleted first."


def asset_seq(caller: Caller, asset_id: str | None) -> int | None:
    """The asset that a model shall point at; raises Invalid naming the field when there is none for the caller."""
    if asset_id is None:
        return None
    try:
        return assets_db.seq_of(caller, asset_id)
    except NotFound as error:
        detail = "names no asset that you may see; upload it first, or leave the field out"
        raise Invalid(f"asset_id {detail}.", errors=[FieldError("/asset_id", detail)]) from error


def point(model_seq: int, seq: int | None) -> None:
    """Let a model point at this asset, or at none, inside a transaction; the asset is held while it does."""
    with transaction() as session:
        let_go(model_seq)
        session.execute(delete(kept).where(kept.c.model_seq == model_seq))
        if seq is not None:
            session.execute(insert(kept).values(model_seq=model_seq, asset_seq=seq))
            hold_again(model_seq)


def let_go(model_seq: int) -> None:
    """A deleted model holds its asset no longer, but still knows it."""
    for seq in _assets_of(model_seq):
        entities.release(seq, f"ml_model:{model_seq}")


def hold_again(model_seq: int) -> None:
    """A restored model holds its asset as before."""
    for seq in _assets_of(model_seq):
        entities.hold(seq, f"ml_model:{model_seq}", REASON)


def points_at(model_seq: int) -> int | None:
    """The asset that a model points at now."""
    return next(iter(_assets_of(model_seq)), None)


def _assets_of(model_seq: int) -> list[int]:
    with reading() as session:
        return list(session.scalars(select(kept.c.asset_seq).where(kept.c.model_seq == model_seq)))


def asset_ids(model_seqs: list[int]) -> dict[int, str]:
    """The entities of the assets that models point at, by the `seq` of the model."""
    query = select(kept.c.model_seq, entities.columns.id).join_from(
        kept, entities.table, entities.columns.seq == kept.c.asset_seq
    )
    with reading() as session:
        return {row.model_seq: row.id for row in session.execute(query.where(kept.c.model_seq.in_(model_seqs)))}


def store_files(caller: Caller, found: Resolution, given: dict[str, Any]) -> int:
    """Copy the files of a model that MLflow keeps into an asset, hashed on the way; the asset by `seq`.

    The archive is the same for the same files, and so is the asset. Raises Invalid when there is no run to copy from.
    """
    folder = _folder(found)
    run_id = found.run.run_id if found.run else ""
    name = f"{given['name'][:200]}.zip"
    with files.begin(caller, file_name=name, media_type=archive.MEDIA_TYPE) as sink:
        listed = archive.write_archive(_pieces(run_id, folder), sink.write)
        file = sink.finish()
    said = {
        "asset_name": given["name"],
        "asset_version": {"version": given["version"], "tag": run_id[:TAG_LENGTH]},
        "asset_metadata": {"description": f"Files of the model {given['name']}", "run_id": run_id, "files": listed},
        "asset_tags": ["ml_model"],
        "visibility": given.get("visibility", "internal"),
    }
    return assets_db.upload_asset(caller, said, file).seq


def _folder(found: Resolution) -> str:
    if found.model is None or found.run is None:
        detail = "needs a model that a run in MLflow logged; upload its files by POST /upload_asset, and send asset_id"
        raise Invalid(f"store {detail}.", errors=[FieldError("/store", detail)])
    return _name_in_run(found.model, found.run)


def _name_in_run(model: TrackedModel, run: Run) -> str:
    for logged in run.models:
        if (logged.model_id and logged.model_id == model.model_id) or logged.uri == model.uri:
            return logged.name
    root, _, below = model.artifact_uri.rstrip("/").partition(run.artifact_uri.rstrip("/") + "/")
    if root or not below:
        detail = "needs a model whose files lie in its run; upload them by POST /upload_asset, and send asset_id"
        raise Invalid(f"store {detail}.", errors=[FieldError("/store", detail)])
    return below


def _pieces(run_id: str, folder: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    for file in _files(run_id, folder):
        stream = tracking.open_artifact(run_id, file.path)
        try:
            yield file.path.removeprefix(folder).lstrip("/") or file.path, stream.chunks
        finally:
            stream.close()


def _files(run_id: str, folder: str) -> list[Artifact]:
    """All files of a folder and below, in the order of their paths."""
    found: list[Artifact] = []
    waiting = [folder]
    while waiting:
        for one in tracking.list_artifacts(run_id, waiting.pop()):
            if one.is_dir:
                waiting.append(one.path)
            else:
                found.append(one)
        if len(found) > MAX_FILES:
            raise Invalid(f"The model has more than {MAX_FILES} files; pack them and upload the archive.")
    return sorted(found, key=lambda one: one.path)
