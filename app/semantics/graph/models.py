"""Models: what MLflow's facts say in ML-Schema, PROV-O, MLDCAT-AP and FAIR4ML."""

from collections.abc import Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph import runs, shared, software
from app.semantics.graph.algorithms import algorithm_name
from app.semantics.graph.builder import Builder, Described
from app.semantics.graph.features import describe_inference_params, describe_signature
from app.semantics.graph.literals import integer, text
from app.semantics.graph.tags import describe_tags
from app.semantics.graph.usages import describe_usages
from app.semantics.vocabulary import DCAT, DCT, FAIR4ML, IT6, MLS, PROV, SCHEMA

TYPES = (IT6.MachineLearningModel, MLS.Model, FAIR4ML.MLModel, PROV.Entity)


def describe_model(facts: Mapping[str, Any], base: str) -> Described:
    """The description of a model from the facts that the service shows of it; `base` is PUBLIC_URL.

    A model that MLflow did not resolve is described by what its owner said and by what was known of it before.
    """
    graph = Builder(base, "ml_model", facts["model_id"])
    shared.identify(graph, facts, facts["model_id"], TYPES)
    graph.words(graph.me, (DCAT.version, SCHEMA.version), facts.get("version"))
    graph.words(graph.me, (SCHEMA.contentUrl,), facts.get("ml_flow_model_path"))
    graph.words(graph.me, (SCHEMA.identifier,), facts.get("logged_model_id"))
    for alias in facts.get("aliases") or ():
        graph.words(graph.me, (SCHEMA.alternateName,), alias)
    if facts.get("kept_in"):  # the asset that holds its files
        graph.add(graph.me, DCT.hasPart, graph.other("asset", facts["kept_in"]))
    shared.describe_creator(graph, facts)
    if facts.get("creator"):
        graph.say(graph.me, (IT6.hasUploader, FAIR4ML.sharedBy), graph.fragment("creator"))
    describe_tags(graph, facts.get("tags") or {})
    shared.describe_properties(graph, facts.get("properties") or {}, graph.me)
    algorithm = algorithm_name(facts)
    _describe_tracked(graph, facts, algorithm)
    return graph.done(algorithm)


def _describe_tracked(graph: Builder, facts: Mapping[str, Any], algorithm: str | None) -> None:
    """What MLflow knows of it."""
    tracking = facts.get("tracking") or {}
    resolved = tracking.get("state") == "resolved"
    if not resolved:
        _lack_everything(graph, facts, str(tracking.get("reason") or "MLflow was not asked."))
    run = runs.describe_run(graph, facts)
    implementation = _describe_making(graph, facts, run, algorithm) if run else None
    software.describe_libraries(graph, facts, implementation)
    runs.describe_registration(graph, facts.get("registered"))
    describe_usages(graph, facts.get("datasets") or (), run, resolved)
    if resolved or facts.get("signature"):
        describe_signature(graph, facts.get("signature"))
    if resolved or facts.get("flavors"):
        _describe_files(graph, facts, run)


def _lack_everything(graph: Builder, facts: Mapping[str, Any], reason: str) -> None:
    known = any(facts.get(key) for key in ("run", "flavors", "params", "metrics"))
    what = (
        "what is said of its run may be out of date" if known else "its run, parameters, metrics and files are unknown"
    )
    graph.lack(
        f"mls:Run: MLflow did not resolve {facts.get('ml_flow_model_path')}, so {what}. {reason.strip()} "
        f"Then refresh it: POST /api/ml_models/{facts['model_id']}/refresh."
    )


def _describe_making(graph: Builder, facts: Mapping[str, Any], run: NamedNode, algorithm: str | None) -> NamedNode:
    realized = software.describe_algorithm(graph, algorithm)
    implementation = software.describe_implementation(graph, facts, realized)
    graph.add(run, MLS.realizes, realized)
    graph.say(run, (MLS.executes, IT6.hasFlow), implementation)
    runs.describe_params(graph, facts.get("params") or {}, run, implementation)
    runs.describe_metrics(graph, facts.get("metrics") or {}, run)
    describe_inference_params(graph, facts.get("signature"), implementation)
    return implementation


def _describe_files(graph: Builder, facts: Mapping[str, Any], run: NamedNode | None) -> None:
    """The folder of the model, and the MLmodel file in it that describes what the run put out."""
    path = str(facts.get("ml_flow_model_path") or "").rstrip("/")
    folder = shared.file(graph, "model", "Folder of the model", "MLflow model", path)
    if isinstance(facts.get("size"), int):
        graph.add(folder, DCAT.byteSize, integer(facts["size"]))
    description = shared.file(graph, "model/MLmodel", "MLmodel", "YAML", f"{path}/MLmodel")
    graph.say(graph.me, (IT6.hasFile,), folder)
    graph.say(graph.me, (IT6.hasFile,), description)
    if run is not None:
        graph.name(description, "MLmodel", (IT6.OutputFileDescription,))
        graph.add(run, IT6.hasOutputFileDescription, description)
        graph.add(description, SCHEMA.description, text("Flavors, signature and versions of the model"))
