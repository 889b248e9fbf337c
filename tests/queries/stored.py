"""Documents in a table of a real database, as the assets DB keeps them."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, delete, insert, select

from app.core.db import Json, Seq, database, reading, transaction
from app.queries.sql import Documents, index_of_documents, translate

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("seq", Seq, primary_key=True),
    Column("set_number", Integer, nullable=False, index=True),
    Column("document", Text, nullable=False),
    Column("indexed", Json),
    index_of_documents("ix_things_indexed"),
)
DOCUMENTS = Documents(things.c.document, things.c.indexed)
COLUMNS = 25  # filters in one statement


def store(url: str, documents: Iterable[tuple[int, int, Any]]) -> None:
    """Keep documents, and no others, with their seqs and the numbers of their sets, in the table of a database."""
    database.configure(url)
    metadata.create_all(database.engine)
    rows = [
        {"seq": seq, "set_number": number, "document": json.dumps(one, ensure_ascii=False), "indexed": one}
        for seq, number, one in documents
    ]
    with transaction() as session:
        session.execute(delete(things))
        session.execute(insert(things), rows)


def of_set(number: int) -> Select[Any]:
    return select(things.c.seq).where(things.c.set_number == number)


def pushed(filters: list[Any]) -> list[tuple[set[int] | None, bool]]:
    """For each filter the seqs that SQL alone finds, None where it says nothing, and whether it says to be exact."""
    translations = [translate(one, DOCUMENTS, database.dialect) for one in filters]
    answers: list[tuple[set[int] | None, bool]] = []
    for start in range(0, len(filters), COLUMNS):
        some = translations[start : start + COLUMNS]
        said = [one.condition.label(f"c{n}") for n, one in enumerate(some) if one.condition is not None]
        with reading() as session:
            rows = session.execute(select(things.c.seq, *said)).all()
        number = 0
        for one in some:
            if one.condition is None:
                answers.append((None, one.exact))
                continue
            number += 1
            answers.append(({row[0] for row in rows if row[number]}, one.exact))
    return answers
