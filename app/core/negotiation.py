"""Which format an answer takes: the one that is asked for by name, or the best that `Accept` allows."""

from collections.abc import Mapping, Sequence

from flask import request

from app.core.errors import FieldError, Invalid, NotAcceptable


def choose(offered: Sequence[str], named: str | None = None, names: Mapping[str, str] | None = None) -> str:
    """One of the media types in `offered`, whose first is the usual one; `named` stands before the Accept header.

    Raises Invalid for a name that is none of the offered types', and NotAcceptable when Accept allows none.
    """
    if named is not None:
        if (names or {}).get(named) in offered:
            return (names or {})[named]
        possible = ", ".join(name for name, kind in (names or {}).items() if kind in offered)
        raise Invalid(
            f"format={named[:40]} is not possible here.", errors=[FieldError("/format", f"one of {possible}")]
        )
    if not request.accept_mimetypes:
        return offered[0]
    kind = request.accept_mimetypes.best_match(offered)
    if kind is None:
        raise NotAcceptable(f"The answer can be had as {', '.join(offered)}; send one of these as Accept.")
    return kind


def preferred(kinds: Sequence[str]) -> str:
    """The one of these media types that the client likes best; the first where it does not say, or likes none."""
    return (request.accept_mimetypes.best_match(kinds) if request.accept_mimetypes else None) or kinds[0]
