"""Which format an answer takes: the one that is asked for by name, or the best that `Accept` allows."""

from collections.abc import Mapping, Sequence

from flask import request

from app.core.errors import FieldError, Invalid, NotAcceptable


def choose(offered: Sequence[str], named: str | None = None, names: Mapping[str, str] | None = None) -> str:
    """One of the media types in `offered`, whose first is the usual one; `named` stands before the Accept header.

    A client that accepts plain JSON or XML gets the first offered type that is such. Raises Invalid for a name that is none
    of the offered types', and NotAcceptable when Accept allows none.
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
    plain = {general: kind for kind in reversed(offered) for general in _plainer(kind) if general not in offered}
    kind = request.accept_mimetypes.best_match([*offered, *plain])
    if kind is None:
        raise NotAcceptable(f"The answer can be had as {', '.join(offered)}; send one of these as Accept.")
    return plain.get(kind, kind)


def _plainer(kind: str) -> Sequence[str]:
    """The general types that a media type with a suffix is one of."""
    if kind.endswith("+json"):
        return ("application/json",)
    return ("application/xml", "text/xml") if kind.endswith("+xml") else ()


def preferred(kinds: Sequence[str]) -> str:
    """The one of these media types that the client likes best; the first where it does not say, or likes none."""
    return (request.accept_mimetypes.best_match(kinds) if request.accept_mimetypes else None) or kinds[0]
