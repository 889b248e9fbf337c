"""An in-memory Oxigraph that knows which part each triple came with, so that a part can be replaced exactly."""

from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

Graphs = Mapping[str, str]


class Memory:
    """Parts by their keys, the store of their triples, and the mark of how far it is; for one thread."""

    def __init__(self) -> None:
        self.store = Store()
        self.mark: str | None = None
        self._parts: dict[str, Graphs] = {}

    def replace(self, parts: Iterable[tuple[str, Graphs]], before: str | None, after: str) -> bool:
        """All parts, or none when the mark is not `before`; raises ValueError, having changed nothing, for bad N-Triples.

        `before` None fills an empty store.
        """
        if self.mark != before:
            return False
        given = dict(parts)
        if before is None:
            self.store, self._parts = _filled(given), {}
        else:
            self._exchange(given)
        self._parts |= {key: graphs for key, graphs in given.items() if graphs}
        for key in [key for key, graphs in given.items() if not graphs]:
            self._parts.pop(key, None)
        self.mark = after
        return True

    def forget(self) -> None:
        """Be empty again."""
        self.store, self._parts, self.mark = Store(), {}, None

    def _exchange(self, given: Mapping[str, Graphs]) -> None:
        old = {quad for key in given for quad in _quads(self._parts.get(key, {}))}
        new = {quad for graphs in given.values() for quad in _quads(graphs)}
        for quad in old - new:
            self.store.remove(quad)
        self.store.extend(new - old)


def _filled(given: Mapping[str, Graphs]) -> Store:
    by_graph: dict[str, list[str]] = {}
    for graphs in given.values():
        for graph, text in graphs.items():
            by_graph.setdefault(graph, []).append(text)
    store = Store()
    for graph, texts in by_graph.items():
        try:
            store.load("\n".join(texts), RdfFormat.N_TRIPLES, to_graph=NamedNode(graph))
        except SyntaxError as error:
            raise ValueError(f"a part in <{graph}> is no N-Triples: {error}") from error
    return store


def _quads(graphs: Graphs) -> Iterable[Quad]:
    for graph, text in graphs.items():
        name = NamedNode(graph)
        try:
            for quad in parse(text, RdfFormat.N_TRIPLES):
                yield Quad(quad.subject, quad.predicate, quad.object, name)
        except SyntaxError as error:
            raise ValueError(f"a part in <{graph}> is no N-Triples: {error}") from error
