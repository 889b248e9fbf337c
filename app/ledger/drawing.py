"""A lineage as an SVG picture: time runs from left to right, things are boxes, acts are ovals between them."""

from dataclasses import dataclass
from html import escape
from typing import Any

from app.ledger.graph import Graph

COLUMN, ROW, MARGIN = 230, 84, 28
WIDTH, HEIGHT = 180, 52
LETTERS = 24
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1b2733; text-anchor: middle }
.kind { font-size: 10.5px; fill: #5a6b7b }
.thing { fill: #eaf2fb; stroke: #3b73af } .act { fill: #fdf3e1; stroke: #c08a2d }
.root { stroke-width: 3.5 } .edge { fill: none; stroke: #7d8b99; stroke-width: 1.4 }
"""


@dataclass(frozen=True)
class Place:
    """Where a node stands: the centre of its box."""

    x: float
    y: float


def draw(graph: Graph) -> str:
    """The picture as the text of an SVG document; it refers to nothing outside and runs no script."""
    nodes = {node["id"]: node for node in graph.nodes}
    columns = _columns(graph, list(nodes))
    places = _places(columns)
    width = MARGIN * 2 + max((place.x for place in places.values()), default=0) + WIDTH / 2
    height = MARGIN * 2 + max((place.y for place in places.values()), default=0) + HEIGHT / 2
    title = _text(f"Lineage of {nodes[graph.root]['title']}")
    body = [_edge(places[edge.source], places[edge.target]) for edge in graph.edges]
    body += [_node(node, places[node["id"]], is_root=node["id"] == graph.root) for node in graph.nodes]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img">',
            f"<title>{title}</title>",
            f"<desc>{len(graph.nodes)} things and acts, {len(graph.edges)} connections, older ones to the left</desc>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0L10 5L0 10z" fill="#7d8b99"/></marker></defs>',
            '<rect width="100%" height="100%" fill="#fff"/>',
            *body,
            "</svg>",
        ]
    )


def _columns(graph: Graph, ids: list[str]) -> dict[str, int]:
    """The column of each node: right of everything that it comes from. Edges of a cycle are let go."""
    rank = dict.fromkeys(ids, 0)
    for _ in range(len(ids)):
        moved = False
        for edge in graph.edges:
            if rank[edge.target] <= rank[edge.source] < len(ids) - 1:
                rank[edge.target] = rank[edge.source] + 1
                moved = True
        if not moved:
            break
    used = {number: place for place, number in enumerate(sorted(set(rank.values())))}
    return {name: used[number] for name, number in rank.items()}


def _places(columns: dict[str, int]) -> dict[str, Place]:
    """Centres of all nodes, each column centred on the tallest one."""
    members: dict[int, list[str]] = {}
    for name, column in columns.items():
        members.setdefault(column, []).append(name)
    tallest = max((len(names) for names in members.values()), default=0)
    return {
        name: Place(
            MARGIN + WIDTH / 2 + column * COLUMN, MARGIN + HEIGHT / 2 + (row + (tallest - len(names)) / 2) * ROW
        )
        for column, names in members.items()
        for row, name in enumerate(names)
    }


def _edge(start: Place, end: Place) -> str:
    x1, x2 = start.x + WIDTH / 2, end.x - WIDTH / 2
    bend = max(30.0, (x2 - x1) / 2)
    path = f"M{x1:g} {start.y:g}C{x1 + bend:g} {start.y:g} {x2 - bend:g} {end.y:g} {x2:g} {end.y:g}"
    return f'<path class="edge" marker-end="url(#tip)" d="{path}"/>'


def _node(node: dict[str, Any], place: Place, *, is_root: bool) -> str:
    shape = _shape(node["type"], place, "root" if is_root else "")
    label = (
        f"<title>{_text(node['title'])} ({_text(node['kind'])})</title>{shape}"
        f'<text x="{place.x:g}" y="{place.y - 2:g}">{_text(_short(node["title"]))}</text>'
        f'<text class="kind" x="{place.x:g}" y="{place.y + 15:g}">{_text(_short(node["kind"].replace("_", " ")))}</text>'
    )
    if "location" in node:
        return f'<a href="{_text(node["location"])}">{label}</a>'
    return f"<g>{label}</g>"


def _shape(kind: str, place: Place, extra: str) -> str:
    if kind == "act":
        return (
            f'<ellipse class="act {extra}" cx="{place.x:g}" cy="{place.y:g}" rx="{WIDTH / 2:g}" ry="{HEIGHT / 2:g}"/>'
        )
    x, y = place.x - WIDTH / 2, place.y - HEIGHT / 2
    return f'<rect class="thing {extra}" x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'


def _short(text: str) -> str:
    """The text as far as it fits."""
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"


def _text(text: str) -> str:
    """The text for XML, without characters that XML cannot hold or that nobody could see."""
    return escape("".join(character for character in text if character.isprintable()))
