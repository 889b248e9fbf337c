"""Filters as SQL: `translate` gives a condition that never loses a match."""

from app.queries.sql.nodes import Documents, Translation
from app.queries.sql.translation import translate

__all__ = ["Documents", "Translation", "translate"]
