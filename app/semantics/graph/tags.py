"""Tags: `cords.*` by the convention of the CORDS project, all others as keywords.

`cords.<Class>` = the identifier of an individual; `cords.<Class>.<property>` = a value of one of its properties, which is
a link when the value is the identifier of a tagged individual. A further part after the property tells several tags of
one property apart. Names are looked up exactly, in closed lists; what stands in none of them stays a keyword. The answer
does not depend on the order of the tags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from app.semantics.graph.builder import Builder, Term
from app.semantics.graph.literals import parameter, text
from app.semantics.vocabulary import CORDS, DCAT, DCT, FL, FOAF, MLS, PROV, SCHEMA, SKOS, Vocabulary

PREFIX = "cords."


def _names(capital: bool, *vocabularies: Vocabulary) -> dict[str, NamedNode]:
    """Classes or properties by their local names; of several vocabularies the first has its way."""
    found: dict[str, NamedNode] = {}
    for vocabulary in vocabularies:
        for name, node in vocabulary.terms.items():
            if (name[0].isupper() and name != "LicensedBy") == capital:
                found.setdefault(name, node)
    return found


CLASSES = _names(True, MLS, CORDS, FL, PROV, DCAT, DCT, SKOS, FOAF)
PROPERTIES = _names(False, MLS, CORDS, FL, DCT, PROV, DCAT)


@dataclass
class Tagged:
    """What the tags say: individuals by class, values by class and property, and the rest."""

    individuals: dict[str, str] = field(default_factory=dict)
    values: list[tuple[str, str, str]] = field(default_factory=list)
    rest: list[tuple[str, str]] = field(default_factory=list)


def describe_tags(graph: Builder, tags: Mapping[str, str]) -> None:
    """The individuals of `cords.*` tags, and keywords `key=value` for the other tags."""
    tagged = sort_out(tags)
    for key, value in tagged.rest:
        graph.say(graph.me, (DCAT.keyword, SCHEMA.keywords), text(f"{key}={value}"))
    nodes = {name: _individual(graph, name, tagged.individuals.get(name)) for name in _classes(tagged)}
    called: dict[str, list[NamedNode]] = {}
    for name, value in tagged.individuals.items():
        called.setdefault(value, []).append(nodes[name])
    for name, term, value in tagged.values:
        others: list[Term] = [node for node in called.get(value, ()) if node != nodes[name]]
        for target in others or [parameter(value)]:
            graph.add(nodes[name], PROPERTIES[term], target)


def sort_out(tags: Mapping[str, str]) -> Tagged:
    """Tell the tags of the convention from the others."""
    tagged = Tagged()
    for key, value in tags.items():
        parts = key.removeprefix(PREFIX).split(".") if key.startswith(PREFIX) else [""]
        if parts[0] not in CLASSES or (len(parts) > 1 and parts[1] not in PROPERTIES):
            tagged.rest.append((key, value))
        elif len(parts) == 1:
            tagged.individuals[parts[0]] = value
        else:
            tagged.values.append((parts[0], parts[1], value))
    return tagged


def _classes(tagged: Tagged) -> set[str]:
    return {*tagged.individuals, *(name for name, _, _ in tagged.values)}


def _individual(graph: Builder, name: str, identifier: str | None) -> NamedNode:
    """The node of a tagged individual; without an identifier it is the one of its class."""
    path = ("cords", name) if identifier is None else ("cords", name, identifier)
    node = graph.node(*path, label=identifier or name, types=(CLASSES[name],))
    graph.add(graph.me, DCT.relation, node)
    return node
