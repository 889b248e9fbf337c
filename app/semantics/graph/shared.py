"""What all kinds of things have: title, identifier, creator, properties, files, web addresses."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import moment, scalar, text
from app.semantics.vocabulary import DCAT, DCT, FOAF, IT6, OWL, PROV, RDFS, SCHEMA, SKOS

ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])")
WEB = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
LICENCES = ("license", "licence")


def identify(graph: Builder, facts: Mapping[str, Any], thing_id: str, types: Iterable[NamedNode]) -> None:
    """Type, title, identifier, description, and when it was recorded."""
    graph.name(graph.me, facts["name"], types)
    graph.say(graph.me, (DCT.title, SCHEMA.name), text(facts["name"]))
    graph.say(graph.me, (DCT.identifier, SCHEMA.identifier), text(thing_id))
    graph.words(graph.me, (DCT.description, SCHEMA.description), facts.get("description"))
    created = moment(facts.get("created_at") or facts.get("timestamp"))
    graph.add(graph.me, DCT.created, created)
    if created is None:
        graph.lack("dct:created: it is not known when this was recorded; give it again to the service.")


def describe_creator(graph: Builder, facts: Mapping[str, Any]) -> None:
    """The person who recorded the thing, as a node of the thing's own that points to the person's IRI."""
    person = facts.get("creator")
    if not person:
        graph.lack("dct:creator: nobody owns this; register it with a token to be named as its creator.")
        return
    names = (str(person.get("first_name") or ""), str(person.get("last_name") or ""))
    name = " ".join(part for part in names if part) or "A user without a name"
    node = graph.node("creator", label=name, types=(FOAF.Agent, PROV.Agent, PROV.Person, SCHEMA.Person))
    graph.say(node, (FOAF.name, SCHEMA.name), text(name))
    if person.get("user_id"):
        graph.add(node, PROV.specializationOf, graph.other("user", str(person["user_id"])))
    if found := ORCID.fullmatch(str(person.get("orcid") or "")):
        graph.add(node, OWL.sameAs, NamedNode(f"https://orcid.org/{found[1]}"))
    graph.say(graph.me, (DCT.creator, SCHEMA.author, PROV.wasAttributedTo), node)


def describe_properties(graph: Builder, properties: Mapping[str, Any], about: NamedNode, *path: str) -> None:
    """Free-form properties as schema:PropertyValue nodes, in sorted order; a licence is said as one too."""
    for name, value in sorted(properties.items()):
        node = graph.node(*path, "property", name, label=name, types=(SCHEMA.PropertyValue,))
        graph.add(node, SCHEMA.name, text(name))
        graph.add(node, SCHEMA.value, scalar(value))
        graph.add(about, SCHEMA.additionalProperty, node)
        if name.lower() in LICENCES and isinstance(value, str) and value and not path:
            _licence(graph, value)


def _licence(graph: Builder, value: str) -> None:
    node = graph.node("license", value, label=value, types=(DCT.LicenseDocument,))
    graph.add(node, DCT.identifier, text(value))
    if page := web(value):
        graph.add(node, RDFS.seeAlso, page)
    graph.say(graph.me, (DCT.license, SCHEMA.license), node)


def web(value: Any) -> NamedNode | None:
    """An address on the web as an IRI; None for anything else."""
    if not isinstance(value, str) or not WEB.fullmatch(value):
        return None
    try:
        return NamedNode(value)
    except ValueError:
        return None


def concept(graph: Builder, *path: str, label: str) -> NamedNode:
    """A term of a small list of our own."""
    node = graph.node(*path, label=label, types=(SKOS.Concept,))
    graph.add(node, SKOS.prefLabel, text(label))
    return node


def file(graph: Builder, path: str, title: str, file_format: str, address: str) -> NamedNode:
    """An it6:File: its identifier is its path; `address` is where it lies, on the web or not."""
    node = graph.node("file", path, label=title, types=(IT6.File,))
    graph.add(node, DCT.title, text(title))
    graph.add(node, DCT.identifier, text(path))
    graph.add(node, DCT.format, concept(graph, "format", file_format, label=file_format))
    graph.add(node, IT6.url, place(graph, "file", path, title=title, address=address))
    return node


def place(graph: Builder, *path: str, title: str, address: str) -> NamedNode:
    """Where something lies: a dcat:Resource of the thing's own that names the address."""
    node = graph.node("place", *path, label=f"Location of {title}", types=(DCAT.Resource,))
    graph.add(node, SCHEMA.url, web(address) or text(address))
    return node
