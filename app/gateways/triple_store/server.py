"""The store on a SPARQL 1.1 server that is ours alone."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from pyoxigraph import Quad, QueryResultsFormat, RdfFormat, parse, parse_query_results

from app.core.errors import Unavailable, UpstreamFailed
from app.gateways.triple_store import formats, updates
from app.gateways.triple_store.evaluation import Capped, distinct, write_graph
from app.gateways.triple_store.http import Endpoint
from app.gateways.triple_store.values import MAX_ROWS, NotLoaded, Part, out_of_rows

JSON, N_TRIPLES = "application/sparql-results+json", "application/n-triples"
NOTHING = "urn:quaymaster:nothing"  # a graph that never is; a query with no graphs sees this one
CHUNK = 20_000  # triples of one request when the store is filled
STALE_SECONDS = 60.0  # one who has been silent for so long no longer fills the store


@dataclass(frozen=True)
class _State:
    mark: str | None
    fill: str | None
    loading: str | None
    beat: str
    silent: float


class ServerStore:
    """A dataset on a server: updates are conditional, so that many writers may race."""

    def __init__(self, url: str) -> None:
        self._endpoint = Endpoint(url)

    def mark(self) -> str | None:
        """How far the store is; None while it is empty or being filled."""
        return self._state().mark

    def replace(self, parts: Iterable[Part], before: str | None, after: str) -> bool:
        """Replace these parts when the mark is `before`; ValueError when a part is no N-Triples or has blank nodes."""
        quads = {part.key: updates.quads_of(part) for part in parts}
        token = secrets.token_hex(16)
        if before is None:
            return self._fill(quads, token, after)
        self._endpoint.change(updates.exchange(quads, token, before, after))
        return self._succeeded(token)

    def forget(self) -> None:
        """Empty the dataset."""
        self._endpoint.change(updates.FORGET)

    def query(self, text: str, graphs: Sequence[str], media_type: str) -> bytes:
        """Run a query over these graphs; never over a store that is being filled."""
        before = self._state()
        if before.mark is None:
            raise NotLoaded
        given = list(graphs) or [NOTHING]
        fields = [("query", text)]
        fields += [(name, graph) for name in ("default-graph-uri", "named-graph-uri") for graph in given]
        is_graph = media_type in formats.GRAPHS
        answer = self._endpoint.ask(fields, N_TRIPLES if is_graph else JSON)
        if self._state().fill != before.fill:  # emptied or filled anew meanwhile: it may have seen half of it
            raise NotLoaded
        return _as_graph(answer, media_type) if is_graph else _as_table(answer, media_type)

    def check(self) -> None:
        """Raise when the server cannot be asked."""
        self._state()

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _fill(self, quads: Mapping[str, Sequence[Quad]], token: str, after: str) -> bool:
        state = self._state()
        stale = None
        if state.loading is not None:
            if state.silent < STALE_SECONDS:
                return False
            stale = (state.loading, state.beat)
        if state.mark is not None:
            return False
        self._endpoint.change(updates.begin_filling(token, stale))
        for chunk in _chunks(quads):
            if not self._asked(updates.filling(token)):
                return False
            self._endpoint.change(updates.fill(chunk, token))
        self._endpoint.change(updates.end_filling(token, after))
        return self._succeeded(token)

    def _succeeded(self, token: str) -> bool:
        if not self._asked(updates.succeeded(token)):
            return False
        self._endpoint.change(updates.clean_up(token))
        return True

    def _asked(self, question: str) -> bool:
        return bool(self._json(question)["boolean"])

    def _state(self) -> _State:
        try:
            row = self._json(updates.READ_STATE)["results"]["bindings"][0]
            found = {name: value["value"] for name, value in row.items()}
            beat = found.get("beat", "")
            silent = datetime.fromisoformat(found["now"]) - datetime.fromisoformat(beat or found["now"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise UpstreamFailed(
                "The SPARQL server answered a question about its state with something else."
            ) from error
        return _State(found.get("mark"), found.get("fill"), found.get("loading"), beat, silent.total_seconds())

    def _json(self, question: str) -> dict:
        try:
            return orjson.loads(self._endpoint.ask([("query", question)], JSON))
        except orjson.JSONDecodeError as error:
            raise UpstreamFailed("The SPARQL server answered no JSON. See TRIPLE_STORE_URL.") from error


def _chunks(quads: Mapping[str, Sequence[Quad]]) -> Iterator[dict[str, Sequence[Quad]]]:
    chunk: dict[str, Sequence[Quad]] = {}
    size = 0
    for key, some in quads.items():
        chunk[key] = some
        size += len(some)
        if size >= CHUNK:
            yield chunk
            chunk, size = {}, 0
    if chunk:
        yield chunk


def _as_table(answer: bytes, media_type: str) -> bytes:
    out = Capped()
    try:
        parse_query_results(answer, format=QueryResultsFormat.JSON).serialize(out, formats.TABLES[media_type])
    except (SyntaxError, ValueError) as error:
        raise _cut_short() from error
    if formats.rows(media_type, out.getvalue()) > MAX_ROWS:
        raise out_of_rows()
    return out.getvalue()


def _as_graph(answer: bytes, media_type: str) -> bytes:
    out = Capped()
    try:
        triples = distinct(quad.triple for quad in parse(answer, RdfFormat.N_TRIPLES))
    except (SyntaxError, ValueError) as error:
        raise _cut_short() from error
    write_graph(triples, out, media_type)
    return out.getvalue()


def _cut_short() -> Unavailable:
    return Unavailable("The SPARQL server broke off in the middle of its answer. Try again.", retry_after=2)
