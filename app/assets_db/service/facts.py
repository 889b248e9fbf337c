"""Assets as they are, whoever may see them: for descriptions, which are cut to their readers later."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app.assets_db.service import rows
from app.assets_db.service.rows import KIND
from app.core.db import reading
from app.entities import service as entities


def asset_facts(seqs: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Assets as native answers show them, and whether their file is `stored` here."""
    query = rows.with_asset(entities.select_any(KIND)).add_columns(rows.called).where(entities.columns.seq.in_(seqs))
    with reading() as session:
        found = session.execute(query).all()
    return {row.seq: _facts(row, shown) for row, shown in zip(found, rows.show(found), strict=True)}


def _facts(row: Row[Any], shown: dict[str, Any]) -> dict[str, Any]:
    orcid = {"orcid": row.creator_orcid} if row.creator_orcid else {}
    creator = shown["creator"] and {**shown["creator"], **orcid}
    return {**shown, "creator": creator, "stored": row.object_seq is not None}
