"""The only place that reads the time."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime | None) -> str | None:
    """A moment as RFC 3339 text in UTC with microseconds and `Z`, as every answer of ours writes it."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def from_milliseconds(value: int | None) -> datetime | None:
    """The moment that MLflow and JavaScript write as milliseconds since 1970."""
    if value is None:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
