"""The exact matcher: `matches(filter, document)`."""

from app.queries.budget import Budget
from app.queries.matcher.deciding import matches

__all__ = ["Budget", "matches"]
