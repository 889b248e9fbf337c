"""Deployments that share one database share its messages and its periodic work, too.

Most of it any of them can do. What needs the store of one of them goes through a lane of its own, `@NAME/...`, which the
workers of the others leave alone, and is periodic work of its own.
"""

import hashlib

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

MARK = "@"
_settings = {"name": ""}


def configure(name: str) -> None:
    """Take the name of this deployment."""
    _settings["name"] = name


def own_lane(lane: str) -> str:
    """The lane of this name that only workers of this deployment serve."""
    return f"{MARK}{_settings['name']}/{lane}"


def own_task(task: str) -> str:
    """The name of a periodic task that each deployment does for itself."""
    return f"{task}{MARK}{hashlib.sha256(_settings['name'].encode()).hexdigest()[:16]}"


def served(lane: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition of being a lane that workers of this deployment serve."""
    return or_(~lane.startswith(MARK, autoescape=True), lane.startswith(own_lane(""), autoescape=True))
