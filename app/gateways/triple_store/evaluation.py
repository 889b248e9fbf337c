"""One query over a store, answered in one format within the limits of an answer. Runs in a confined process."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, RdfFormat, Store, Triple, serialize

from app.gateways.triple_store import formats
from app.gateways.triple_store.values import MAX_BYTES, MAX_ROWS, QueryRefused, out_of_bytes, out_of_rows

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Capped(io.BytesIO):
    """Takes what a serialiser writes; raises QueryTooCostly past the limit of an answer."""

    def write(self, piece: "ReadableBuffer", /) -> int:
        """Keep a piece."""
        size = super().write(piece)
        if self.tell() > MAX_BYTES:
            raise out_of_bytes()
        return size


def run(store: Store, text: str, graphs: Sequence[str], media_type: str) -> bytes:
    """The answer to a query over these graphs only.

    Raises QueryRefused for what is no query (with line and column) and what fails while it runs, QueryTooCostly for an
    answer that is too large, NotAcceptable when RDF/XML cannot hold it.
    """
    names: list[Any] = [NamedNode(graph) for graph in graphs]
    try:
        found = store.query(text, default_graph=names, named_graphs=names)
    except SyntaxError as error:
        raise QueryRefused(f"The query is not valid SPARQL 1.1: {error}") from error
    except (OSError, RuntimeError, ValueError) as error:
        _fail(error)
    out = Capped()
    try:
        _write(found, out, media_type)
    except (OSError, RuntimeError, ValueError) as error:
        _fail(error)
    answer = out.getvalue()
    if isinstance(found, QuerySolutions) and formats.rows(media_type, answer) > MAX_ROWS:
        raise out_of_rows()
    return answer


def _write(found: QuerySolutions | QueryBoolean | QueryTriples, out: Capped, media_type: str) -> None:
    if isinstance(found, QueryTriples):
        write_graph(distinct(found), out, media_type)
    else:
        found.serialize(out, formats.TABLES[media_type])


def distinct(triples: Iterable[Triple]) -> list[Triple]:
    """Each triple once, in the order of their coming; raises QueryTooCostly when they are too many."""
    kept: dict[Triple, None] = {}
    for triple in triples:
        kept[triple] = None
        if len(kept) > MAX_ROWS:
            raise out_of_rows()
    return list(kept)


def write_graph(triples: list[Triple], out: Capped, media_type: str) -> None:
    """Write triples in one of the formats of graphs."""
    target = formats.GRAPHS[media_type]
    if target == RdfFormat.RDF_XML:
        for triple in triples:
            formats.check_element_name(triple)
    serialize(triples, out, target)


def _fail(error: Exception) -> NoReturn:
    raise QueryRefused(f"The query could not be answered: {error}") from error
