"""Questions in SPARQL, over what the caller may see."""

from app.core import limits
from app.entities.service import Caller
from app.gateways import triple_store
from app.gateways.triple_store import NotLoaded
from app.semantics import sync

QUESTIONS = "600 per minute"  # from one user


def formats_for(text: str) -> list[str]:
    """The media types in which a question can be answered, the usual one first; raises what is wrong with its text."""
    return list(triple_store.formats_of(triple_store.form_of(text)))


def ask(caller: Caller, text: str, media_type: str) -> bytes:
    """The answer as of now, in one of the question's formats.

    Over the public and the internal descriptions. What is private is in no graph: nothing of it can be found, or counted.
    """
    limits.hit(QUESTIONS, "sparql", caller.id)
    sync.catch_up()
    graphs = list(sync.GRAPHS.values())
    try:
        return triple_store.query(text, graphs, media_type)
    except NotLoaded:  # its process died, or somebody emptied it, after it had caught up
        sync.catch_up()
        return triple_store.query(text, graphs, media_type)
