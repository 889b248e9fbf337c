"""The SPARQL updates that keep a server's store and our books in it. Pure functions from values to text.

The books, in the graph `urn:quaymaster:state`: the mark; which subjects each part holds; who is filling the store and when it
last did; and which writers succeeded, until they have read it. Each operation of a request is tied to the token of its
writer, which only the first one puts there: so a request does all, or nothing when its condition fails.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from app.gateways.triple_store.values import STATE, Part

S = "<urn:quaymaster:store>"
MARK, HOLDS, DONE, FILL = (f"<urn:quaymaster:{name}>" for name in ("mark", "holds", "done", "fill"))
CLAIM, LOADING, BEAT = (f"<urn:quaymaster:{name}>" for name in ("claim", "loading", "beat"))
_PAIR = re.compile(r"\\(?:\\([uU])?|.)")

READ_STATE = (
    f"SELECT ?mark ?fill ?loading ?beat (NOW() AS ?now) WHERE {{ GRAPH <{STATE}> {{ OPTIONAL {{ {S} {MARK} ?mark }} "
    f"OPTIONAL {{ {S} {FILL} ?fill }} OPTIONAL {{ {S} {LOADING} ?loading ; {BEAT} ?beat }} }} }}"
)
FORGET = "DROP ALL"


def string(value: str) -> str:
    """A string literal, safe whether or not a parser resolves codepoint escapes first."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{_settled(escaped)}"'


def quads_of(part: Part) -> list[Quad]:
    """The quads of a part; raises ValueError for what is no N-Triples or has blank nodes."""
    found = []
    for graph, text in part.graphs.items():
        name = NamedNode(graph)
        try:
            triples = list(parse(text, RdfFormat.N_TRIPLES))
        except SyntaxError as error:
            raise ValueError(f"a part in <{graph}> is no N-Triples: {error}") from error
        for triple in triples:
            if BlankNode in (type(triple.subject), type(triple.object)):
                raise ValueError(f"the part {part.key} has a blank node, which cannot be removed again: name it")
            found.append(Quad(triple.subject, triple.predicate, triple.object, name))
    return found


def exchange(parts: Mapping[str, Sequence[Quad]], token: str, before: str, after: str) -> str:
    """One request: each part replaces what its key had, if the mark is `before`."""
    claimed = f"GRAPH <{STATE}> {{ {S} {CLAIM} {string(token)} }}"
    keys = " ".join(_part(key) for key in parts)
    steps = [
        f"DELETE {{ GRAPH <{STATE}> {{ {S} {MARK} {string(before)} }} }} INSERT {{ {claimed} }} "
        f"WHERE {{ GRAPH <{STATE}> {{ {S} {MARK} {string(before)} }} }}",
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} GRAPH <{STATE}> {{ ?part {HOLDS} ?s }} }} WHERE {{ {claimed} "
        f"VALUES ?part {{ {keys} }} GRAPH <{STATE}> {{ ?part {HOLDS} ?s }} GRAPH ?g {{ ?s ?p ?o }} FILTER(?g != <{STATE}>) }}",
        _insert(parts, claimed),
        f"DELETE {{ {claimed} }} INSERT {{ GRAPH <{STATE}> {{ {S} {MARK} {string(after)} ; {DONE} {string(token)} }} }} "
        f"WHERE {{ {claimed} }}",
    ]
    return " ;\n".join(step for step in steps if step)


def begin_filling(token: str, stale: tuple[str, str] | None) -> str:
    """One request: empty the store and become the one who fills it, if it has no mark and nobody is filling it.

    `stale` is the token and the last beat of one who has given up, and no longer counts.
    """
    loading = f"GRAPH <{STATE}> {{ {S} {LOADING} {string(token)} }}"
    steps = [
        f"INSERT {{ {loading} GRAPH <{STATE}> {{ {S} {BEAT} ?now }} }} WHERE {{ BIND(NOW() AS ?now) "
        f"FILTER NOT EXISTS {{ GRAPH <{STATE}> {{ {S} {MARK}|{LOADING} ?other }} }} }}",
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ {loading} GRAPH ?g {{ ?s ?p ?o }} "
        f"FILTER(?g != <{STATE}> || ?p NOT IN ({LOADING}, {BEAT})) }}",
    ]
    if stale is not None:
        theirs = f"GRAPH <{STATE}> {{ {S} {LOADING} {string(stale[0])} ; {BEAT} ?beat }}"
        steps.insert(0, f"DELETE {{ {theirs} }} WHERE {{ {theirs} FILTER(STR(?beat) = {string(stale[1])}) }}")
    return " ;\n".join(steps)


def fill(parts: Mapping[str, Sequence[Quad]], token: str) -> str:
    """One request: add parts, if it is still us who fill the store."""
    loading = f"GRAPH <{STATE}> {{ {S} {LOADING} {string(token)} }}"
    beat = (
        f"DELETE {{ GRAPH <{STATE}> {{ {S} {BEAT} ?beat }} }} INSERT {{ GRAPH <{STATE}> {{ {S} {BEAT} ?now }} }} "
        f"WHERE {{ {loading} GRAPH <{STATE}> {{ {S} {BEAT} ?beat }} BIND(NOW() AS ?now) }}"
    )
    return " ;\n".join(step for step in (_insert(parts, loading), beat) if step)


def end_filling(token: str, after: str) -> str:
    """One request: set the mark, if it is still us who filled the store."""
    theirs = f"GRAPH <{STATE}> {{ {S} {LOADING} {string(token)} ; {BEAT} ?beat }}"
    return (
        f"DELETE {{ {theirs} }} INSERT {{ GRAPH <{STATE}> {{ {S} {MARK} {string(after)} ; {FILL} {string(token)} ; "
        f"{DONE} {string(token)} }} }} WHERE {{ {theirs} }}"
    )


def succeeded(token: str) -> str:
    """A question: whether the writer's last step was done."""
    return f"ASK {{ GRAPH <{STATE}> {{ {S} {DONE} {string(token)} }} }}"


def filling(token: str) -> str:
    """A question: whether it is this writer who fills the store."""
    return f"ASK {{ GRAPH <{STATE}> {{ {S} {LOADING} {string(token)} }} }}"


def clean_up(token: str) -> str:
    """One request: forget that the writer succeeded, once it knows."""
    return f"DELETE DATA {{ GRAPH <{STATE}> {{ {S} {DONE} {string(token)} }} }}"


def _insert(parts: Mapping[str, Sequence[Quad]], condition: str) -> str:
    by_graph: dict[str, list[str]] = {}
    held: list[str] = []
    for key, quads in parts.items():
        for quad in quads:
            by_graph.setdefault(str(quad.graph_name), []).append(_line(quad))
        held += (f"{_part(key)} {HOLDS} {subject} ." for subject in dict.fromkeys(str(quad.subject) for quad in quads))
    if not held:
        return ""
    graphs = [f"GRAPH {graph} {{\n{_joined(lines)}\n}}" for graph, lines in by_graph.items()]
    return f"INSERT {{ {_joined(graphs)} GRAPH <{STATE}> {{\n{_joined(held)}\n}} }} WHERE {{ {condition} }}"


def _line(quad: Quad) -> str:
    return _settled(f"{quad.subject} {quad.predicate} {quad.object} .")


def _settled(text: str) -> str:
    r"""Let no `\\u` stand in it: who resolves codepoint escapes before reading strings would see one there."""
    return _PAIR.sub(lambda pair: f"\\\\\\u{ord(pair[1]):04x}" if pair[1] else pair[0], text) if "\\" in text else text


def _part(key: str) -> str:
    return f"<urn:quaymaster:part:{quote(key, safe='')}>"


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)
