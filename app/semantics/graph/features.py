"""Features: the columns that a model takes in and gives out, and those of a data set."""

from collections.abc import Iterator, Mapping
from typing import Any

from pyoxigraph import NamedNode

from app.semantics.graph.builder import Builder
from app.semantics.graph.literals import compact, scalar, text
from app.semantics.graph.shared import concept
from app.semantics.vocabulary import DCT, IT6, MLS

MAX_FEATURES = 500  # of one list; wider tables are cut, and say so
UNKNOWN = "of a type that is not recorded"


def describe_signature(graph: Builder, signature: Mapping[str, Any] | None) -> None:
    """Inputs and outputs of a model."""
    if not signature or not signature.get("inputs"):
        graph.lack("it6:hasInputModality: the model has no signature; log it with one (mlflow.models.infer_signature).")
    for part, link in (("inputs", IT6.hasInputModality), ("outputs", IT6.hasOutputModality)):
        columns = (signature or {}).get(part)
        if not columns:
            continue
        modality = graph.node(part, label=part.capitalize(), types=(IT6.Modality,))
        graph.add(graph.me, link, modality)
        for feature in describe_features(graph, columns, part):
            graph.add(modality, DCT.hasPart, feature)


def describe_inference_params(graph: Builder, signature: Mapping[str, Any] | None, flow: NamedNode) -> None:
    """Parameters that the model takes when it is asked, with their defaults."""
    for name, column in _columns((signature or {}).get("params")):
        node = graph.node("flow-parameter", *name, label=_label(name), types=(IT6.FlowParameter,))
        graph.add(node, DCT.title, text(_label(name)))
        if isinstance(column, Mapping) and column.get("default") is not None:
            graph.add(node, IT6.defaultValue, scalar(column["default"]))
        graph.add(flow, IT6.hasFlowParameter, node)


def describe_features(graph: Builder, columns: Any, part: str) -> list[NamedNode]:
    """The nodes of a list of columns in MLflow's form; odd forms give what can be read in them."""
    found = dict(reversed(list(_columns(columns))))  # of columns of one name the first
    kept = sorted(found.items())[:MAX_FEATURES]
    if len(found) > len(kept):
        graph.lack(
            f"it6:Feature: only {MAX_FEATURES} of {len(found)} {part} are described; the record itself has them all."
        )
    return [_feature(graph, part, name, column) for name, column in kept]


def _feature(graph: Builder, part: str, name: tuple[str, ...], column: Any) -> NamedNode:
    node = graph.node("feature", part, *name, label=_label(name), types=(MLS.Feature, IT6.Feature))
    graph.add(node, DCT.title, text(_label(name)))
    kind = type_name(column)
    graph.add(node, DCT.type, concept(graph, "type", kind, label=kind))
    return node


def _columns(columns: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Columns by name, or by position when they have none."""
    if isinstance(columns, Mapping):
        inner = next(
            (columns[key] for key in ("mlflow_colspec", "mlflow_tensorspec", "columns") if key in columns), columns
        )
        columns = list(inner.values()) if isinstance(inner, Mapping) else inner
        columns = [columns] if isinstance(columns, str) else columns
    flat = [one for column in _list(columns) for one in (column if isinstance(column, list) else [column])]
    for position, column in enumerate(flat):
        name = column.get("name") if isinstance(column, Mapping) else column
        yield ((name,) if isinstance(name, str) and name else ("position", str(position))), column


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _label(name: tuple[str, ...]) -> str:
    return name[0] if len(name) == 1 else f"Column {int(name[1]) + 1}"


def type_name(column: Any) -> str:
    """The type of a column in MLflow's words; of tensors with their form."""
    if not isinstance(column, Mapping):
        return UNKNOWN
    tensor, kind = column.get("tensor-spec"), column.get("type") or column.get("dtype")
    if isinstance(tensor, Mapping):
        return f"tensor of {tensor.get('dtype')} {compact(tensor.get('shape'))}"
    if kind is None:
        return UNKNOWN
    more = {key: column[key] for key in ("items", "properties", "values", "shape") if key in column}
    return (kind if isinstance(kind, str) else compact(kind)) + (f" {compact(more)}" if more else "")
