"""The program that made a model: its algorithm, its implementation, and the libraries with their versions."""

from collections.abc import Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph.algorithms import class_name
from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import moment, text
from app.semantics.graph.shared import concept
from app.semantics.vocabulary import ADMS, DCT, IT6, MLS, PROV, SCHEMA

NOT_LIBRARIES = {"python_function": "python"}


def describe_algorithm(graph: Builder, algorithm: str | None) -> NamedNode:
    """The algorithm that a run realized. It has one even when nobody wrote its name down: then it is named so."""
    if algorithm is None:
        graph.lack(
            "mls:Algorithm: neither tags, flavors nor parameters name the algorithm; set the tag cords.Algorithm to its name."
        )
    return graph.node("algorithm", label=algorithm or "Algorithm whose name is not recorded", types=(MLS.Algorithm,))


def describe_implementation(graph: Builder, facts: Mapping[str, Any], algorithm: NamedNode) -> NamedNode:
    """The implementation of the algorithm, which is the flow of the run."""
    name = class_name(facts)
    flavors = sorted(set(facts.get("flavors") or {}) - set(NOT_LIBRARIES))
    label = name or (f"Implementation with {', '.join(flavors)}" if flavors else "Implementation that is not recorded")
    node = graph.node("implementation", label=label, types=(MLS.Implementation, IT6.Flow))
    graph.add(node, DCT.title, text(label))
    graph.words(node, (IT6.className,), name)
    graph.add(node, MLS.implements, algorithm)
    graph.add(node, IT6.uploaded, moment(facts.get("created_at") or facts.get("timestamp")))
    status = (facts.get("run") or {}).get("status") or "RECORDED"
    graph.add(node, ADMS.status, concept(graph, "status", status, label=status))
    return node


def describe_libraries(graph: Builder, facts: Mapping[str, Any], implementation: NamedNode | None) -> None:
    """The libraries that the model's flavors name, and MLflow itself."""
    found = {("flavor", name): (NOT_LIBRARIES.get(name, name), _version(flavor)) for name, flavor in _flavors(facts)}
    if facts.get("mlflow_version"):
        found["library", "mlflow"] = ("mlflow", str(facts["mlflow_version"]))
    for path, (name, version) in sorted(found.items()):
        node = graph.node(*path, label=name, types=(MLS.Software, IT6.Library, PROV.SoftwareAgent))
        graph.add(node, DCT.title, text(name))
        graph.words(node, (IT6.version, SCHEMA.version), version)
        graph.add(graph.me, SCHEMA.softwareRequirements, node)
        if implementation is not None:
            graph.add(implementation, IT6.hasDependency, node)
        if implementation is not None and path[0] == "flavor" and name not in NOT_LIBRARIES.values():
            graph.add(node, MLS.hasPart, implementation)


def _flavors(facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted((facts.get("flavors") or {}).items())


def _version(flavor: Any) -> str | None:
    """The version of a flavor's library; the keys have many names, which end alike."""
    if not isinstance(flavor, Mapping):
        return None
    return next((str(value) for key, value in sorted(flavor.items()) if key.endswith("_version") and value), None)
