"""Which keys an object may have. Keys are ours, never a client's: a wrong one is a mistake in the service."""

import re

MAX_LENGTH = 200  # on the folder a key stands in one file name while it is written
_KEY = re.compile(r"[a-z0-9][a-z0-9/._-]*")


def check(key: str) -> str:
    """The key itself; raises ValueError for one that could lead elsewhere."""
    if not is_key(key):
        raise ValueError(f"{key[:250]!r} is no key of an object.")
    return key


def is_key(key: str) -> bool:
    """Whether it has only the characters of a key, and no step that is empty or made of dots."""
    if len(key) > MAX_LENGTH or not _KEY.fullmatch(key):
        return False
    return not any(step in ("", ".") or ".." in step for step in key.split("/"))


def check_prefix(prefix: str) -> str:
    """The prefix itself: nothing, or the beginning of a key; raises ValueError for another."""
    if prefix and (not _KEY.fullmatch(prefix) or ".." in prefix or "//" in prefix):
        raise ValueError(f"{prefix[:250]!r} is no beginning of a key.")
    return prefix
