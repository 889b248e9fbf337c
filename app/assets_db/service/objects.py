"""The files of assets on their way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.assets_db.service import rows
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.streams import Source
from app.entities.service import Caller
from app.files import service as files
from app.ledger import service as ledger
from app.ledger.service import Activity


@dataclass(frozen=True)
class Elsewhere:
    """The file comes from this address."""

    url: str


def open_object(caller: Caller | None, reference: str, *, redirect: bool) -> Source | Elsewhere:
    """The file of an asset by its asset_id or uri, named by its asset_id; raises NotFound, which says where else it is."""
    row = rows.find(caller, reference)
    return _open(caller, row, redirect=redirect, name=row.asset_id)


def open_file(caller: Caller | None, entity_id: str, *, redirect: bool) -> Source | Elsewhere:
    """The file of an asset under the name that it was sent with."""
    return _open(caller, rows.by_id(caller, entity_id), redirect=redirect, name=None)


def _open(caller: Caller | None, row: Any, *, redirect: bool, name: str | None) -> Source | Elsewhere:
    if row.object_seq is None:
        where = f"it is at its asset_public_url, {row.public_url}" if row.public_url else "it has no file at all"
        raise NotFound(f"File not found: the file of {row.asset_id} is not kept here; {where}.")
    if not files.is_here(row.object_seq):
        return Elsewhere(row.public_url)
    url = files.presigned(row.object_seq) if redirect else None
    if url is not None:
        _record(caller, row, by="redirect")
        return Elsewhere(url)
    source = files.source(row.object_seq)
    return replace(
        source,
        name=name or source.name,
        open=lambda start, length: _Recorded(source.open(start, length), lambda: _record(caller, row, by="download")),
    )


class _Recorded(Iterator[bytes]):
    """The bytes of a file; `after` is done when the last of them was fetched."""

    def __init__(self, pieces: Iterator[bytes], after: Callable[[], None]) -> None:
        self._pieces, self._after = pieces, after

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._after()
            raise

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _record(caller: Caller | None, row: Any, *, by: str) -> None:
    if row.visibility == "public":
        return
    with transaction(bookkeeping=True):
        what = Activity("assets_db.download", f"Fetched {row.title}", details={"by": by})
        ledger.record(what, caller, used=[row.seq])
