"""The graph of one thing while it grows: its IRI, the nodes below it, and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from app.semantics.graph.literals import text
from app.semantics.vocabulary import RDF, RDFS

Term = NamedNode | Literal


@dataclass(frozen=True)
class Described:
    """A description: its triples in order, what it could not say and why, and the algorithm by its name."""

    triples: tuple[Triple, ...]
    missing: tuple[str, ...]
    algorithm: str | None = None


def thing_iri(base: str, kind: str, thing_id: str) -> str:
    """The IRI of a thing of ours; `base` is PUBLIC_URL."""
    return f"{base}/id/{kind}/{thing_id}"


@lru_cache(maxsize=4096)
def encode(name: str) -> str:
    """A name as one part of a fragment: reversible, so that two names never meet. Lone surrogates survive as bytes."""
    return quote(name.encode("utf-8", "surrogatepass"), safe="")


class Builder:
    """Collects the triples of one thing."""

    def __init__(self, base: str, kind: str, thing_id: str) -> None:
        self.base = base
        self.iri = thing_iri(base, kind, thing_id)
        self.me = NamedNode(self.iri)
        self._triples: set[Triple] = set()
        self._missing: dict[str, None] = {}

    def fragment(self, *path: str) -> NamedNode:
        """The IRI of a part of the thing; the path's parts are told apart, whatever they hold."""
        return NamedNode(f"{self.iri}#{'/'.join(map(encode, path))}")

    def other(self, kind: str, thing_id: str) -> NamedNode:
        """The IRI of another thing of ours."""
        return NamedNode(thing_iri(self.base, kind, encode(thing_id)))

    def node(self, *path: str, label: str, types: Iterable[NamedNode]) -> NamedNode:
        """A part of the thing with its types and its name."""
        node = self.fragment(*path)
        self.name(node, label, types)
        return node

    def name(self, node: NamedNode, label: str, types: Iterable[NamedNode]) -> None:
        """Give a node its types and its name."""
        for kind in types:
            self._triples.add(Triple(node, RDF.type, kind))
        self._triples.add(Triple(node, RDFS.label, text(label)))

    def add(self, subject: NamedNode, predicate: NamedNode, value: Term | None) -> None:
        """One statement; none when there is no value."""
        if value is not None:
            self._triples.add(Triple(subject, predicate, value))

    def say(self, subject: NamedNode, predicates: Iterable[NamedNode], value: Term | None) -> None:
        """The same in the words of several vocabularies."""
        for predicate in predicates:
            self.add(subject, predicate, value)

    def words(self, subject: NamedNode, predicates: Iterable[NamedNode], value: Any) -> None:
        """A text, unless it is empty or absent."""
        if value is not None and value != "":
            self.say(subject, predicates, text(value))

    def lack(self, sentence: str) -> None:
        """Note what could not be said; the sentence names the term and the remedy."""
        self._missing[sentence] = None

    def done(self, algorithm: str | None = None) -> Described:
        """The finished description."""
        return Described(tuple(sorted(self._triples, key=str)), tuple(self._missing), algorithm)
