"""An index that finds documents by what is in them within a window of their numbers.

A page needs the first few documents behind a number. An index over the contents alone gives all that there are, each a page
of the table to read; so the index of PostgreSQL has the window of a document beside its contents. Windows are arrays of one
number, since a GIN index has operators for arrays without an extension. Its list of pending rows is off: each question
would go through it from end to end.
"""

from sqlalchemy import Index, text

WINDOW = 2048  # numbers in a window
_OF_A_DOCUMENT = f"ARRAY[seq / {WINDOW}]"
# whether a document lies in some windows, as the index is asked
IN_WINDOWS = f"{_OF_A_DOCUMENT} && CAST(:windows AS bigint[])"


def index_of_documents(name: str) -> Index:
    """The index of a table with `seq` and `indexed`, on PostgreSQL."""
    return Index(
        name,
        text(f"({_OF_A_DOCUMENT})"),
        "indexed",
        postgresql_using="gin",
        postgresql_ops={"indexed": "jsonb_path_ops"},
        postgresql_with={"fastupdate": "off"},
    ).ddl_if(dialect="postgresql")
