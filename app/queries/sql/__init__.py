"""Filters as SQL: `translate` gives a condition that never loses a match."""

from app.queries.sql.nodes import Documents, Translation
from app.queries.sql.translation import translate
from app.queries.sql.windows import IN_WINDOWS, WINDOW, index_of_documents

__all__ = ["IN_WINDOWS", "WINDOW", "Documents", "Translation", "index_of_documents", "translate"]
