"""The run that made a model: when, by whom, with which algorithm, settings and results."""

from collections.abc import Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import metric, moment, parameter, text
from app.semantics.graph.shared import file
from app.semantics.vocabulary import DCT, FAIR4ML, FOAF, IT6, MLS, PROV, RDFS, SCHEMA


def describe_run(graph: Builder, facts: Mapping[str, Any]) -> NamedNode | None:
    """The run; None when none is known."""
    found, run_id = facts.get("run") or {}, facts.get("run_id")
    if not (found or run_id or facts.get("params") or facts.get("metrics")):
        return None
    run = graph.node("run", label=found.get("name") or run_id or "Run", types=(IT6.Run, MLS.Run, PROV.Activity))
    graph.words(run, (DCT.identifier,), run_id)
    if found.get("status"):
        graph.add(run, IT6.runDetails, text(f"Status in MLflow: {found['status']}"))
    for term, key in ((PROV.startedAtTime, "started_at"), (PROV.endedAtTime, "ended_at")):
        graph.add(run, term, moment(found.get(key)))
    graph.say(run, (MLS.hasOutput, PROV.generated), graph.me)
    graph.add(graph.me, PROV.wasGeneratedBy, run)
    _experiment(graph, run, found.get("experiment"))
    _user(graph, run, found.get("user"))
    _predictions(graph, run, run_id)
    return run


def _experiment(graph: Builder, run: NamedNode, experiment: str | None) -> None:
    if not experiment:
        return
    types = (MLS.Experiment, IT6.RunCollection, PROV.Collection)
    node = graph.node("experiment", label=f"Experiment {experiment}", types=types)
    graph.add(node, DCT.identifier, text(experiment))
    graph.say(node, (MLS.hasPart, IT6.hasRun), run)


def _user(graph: Builder, run: NamedNode, user: str | None) -> None:
    if not user:
        return
    node = graph.node("run-user", label=user, types=(FOAF.Agent, PROV.Agent))
    graph.add(node, FOAF.name, text(user))
    graph.add(run, PROV.wasAssociatedWith, node)


def _predictions(graph: Builder, run: NamedNode, run_id: str | None) -> None:
    """Where predictions lie if the run logged any: MLDCAT-AP asks every run for the place."""
    if not run_id:
        return
    address = f"{graph.base}/api/runs/{run_id}/artifacts"
    node = file(graph, "run", "Output files of the run", "folder", address)
    graph.add(node, RDFS.comment, text("Predictions, if the run logged any, are among these files."))
    graph.add(run, IT6.hasOutputFilePrediction, node)


def describe_params(graph: Builder, params: Mapping[str, Any], run: NamedNode, implementation: NamedNode) -> None:
    """Each parameter: the hyper-parameter of the implementation, and its setting in this run."""
    for name, value in sorted(params.items()):
        label, literal = text(name), parameter(value)
        kind = graph.node("hyperparameter", name, label=name, types=(MLS.HyperParameter,))
        setting = graph.node("param", name, label=name, types=(MLS.HyperParameterSetting, IT6.Parameter))
        graph.add(setting, DCT.title, label)
        graph.add(setting, MLS.specifiedBy, kind)
        graph.say(setting, (MLS.hasValue, IT6.value), literal)
        graph.say(run, (MLS.hasInput, IT6.hasParameter), setting)
        graph.add(implementation, MLS.hasHyperParameter, kind)


def describe_metrics(graph: Builder, metrics: Mapping[str, Any], run: NamedNode) -> None:
    """Each metric: the measure, and the evaluation of the model by it."""
    for name, value in sorted(metrics.items()):
        label, literal = text(name), metric(value)
        measure = graph.node("measure", name, label=name, types=(MLS.EvaluationMeasure,))
        types = (MLS.ModelEvaluation, IT6.Evaluation, FAIR4ML.MLModelEvaluation)
        evaluation = graph.node("metric", name, label=name, types=types)
        graph.say(evaluation, (DCT.title, FAIR4ML.evaluationMetrics), label)
        graph.add(evaluation, MLS.specifiedBy, measure)
        graph.say(evaluation, (MLS.hasValue, IT6.value, FAIR4ML.evaluationResults), literal)
        graph.add(evaluation, PROV.wasGeneratedBy, run)
        graph.say(run, (MLS.hasOutput, IT6.hasEvaluation), evaluation)
        graph.add(graph.me, FAIR4ML.hasEvaluation, evaluation)


def describe_registration(graph: Builder, registered: Mapping[str, Any] | None) -> None:
    """The model in MLflow's own registry."""
    if not registered:
        return
    name, version = str(registered.get("name")), str(registered.get("version"))
    label = f"{name}, version {version} in MLflow's registry"
    node = graph.node("registered", label=label, types=(PROV.Entity,))
    graph.words(node, (SCHEMA.name,), name)
    graph.words(node, (SCHEMA.version,), version)
    for alias in registered.get("aliases") or ():
        graph.words(node, (SCHEMA.alternateName,), alias)
    graph.add(graph.me, PROV.specializationOf, node)
