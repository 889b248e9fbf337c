"""What the rooms above and the routes may ask of semantics."""

from app.semantics.describing import configure, register_describer
from app.semantics.service.examples import examples
from app.semantics.service.exporting import croissant, json_ld, model_card, serialise, validation
from app.semantics.service.finding import describe_all, search
from app.semantics.service.overlays import add_statements, change_fields, get_overlay, history
from app.semantics.service.questions import ask, formats_for
from app.semantics.service.serving import get_description

__all__ = [
    "add_statements",
    "ask",
    "change_fields",
    "configure",
    "croissant",
    "describe_all",
    "examples",
    "formats_for",
    "get_description",
    "get_overlay",
    "history",
    "json_ld",
    "model_card",
    "register_describer",
    "search",
    "serialise",
    "validation",
]
