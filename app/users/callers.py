"""Who asks: the value that every service takes first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """A user who proved to be one, and with what."""

    seq: int
    id: str
    email: str
    first_name: str
    last_name: str
    is_admin: bool
    scopes: frozenset[str]
    credential_id: str
