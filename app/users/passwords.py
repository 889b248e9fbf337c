"""Passwords: argon2id at the OWASP minimum, never more than a few at a time, and never faster for an unknown user."""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, PASSES, LANES = 19456, 2, 1

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
# each hash takes 19 MiB and a core: a burst of logins must take neither all memory nor all threads
_places = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """A salted argon2id hash in its standard text form."""
    with _places:
        return _hasher.hash(password)


def verify(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; for a user that does not exist (None) the same work is done in vain."""
    with _places:
        try:
            right = _hasher.verify(password_hash or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    return _hasher.hash("the password of nobody")
