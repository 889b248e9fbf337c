"""A model as a page of Markdown with the front matter that Hugging Face reads.

Every text that people or MLflow wrote is escaped: it is shown letter by letter and becomes no markup, table cell, HTML or
front matter. The page says what is not known instead of leaving it out.
"""

from collections.abc import Mapping
from typing import Any

from app.semantics.exports import stated as say
from app.semantics.exports.columns import columns
from app.semantics.exports.front_matter import front_matter
from app.semantics.exports.hugging_face import evaluated_on, flavors_of, metadata, number
from app.semantics.exports.text import inline, line, link, prose, table

ROLES = (("inputs", "Input"), ("outputs", "Output"), ("params", "Parameters at inference"))


def model_card(facts: Mapping[str, Any], base: str) -> str:
    """The card of a model as the API shows it; `base` is the service's URL."""
    iri = say.iri(base, "ml_model", facts["model_id"])
    sections = {
        "Training data": _data(facts, base),
        "Hyper-parameters": _pairs(("Parameter", "Value"), facts.get("params")),
        "Evaluation": _evaluation(facts, base),
        "How to load it": _loading(facts),
        "Input and output": _signature(facts.get("signature")),
        "Provenance": _provenance(facts, iri),
        "What is missing": _missing(facts),
    }
    body = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([front_matter(metadata(facts, base)), _opening(facts, iri), *body]) + "\n"


def _opening(facts: Mapping[str, Any], iri: str) -> str:
    known = {
        "Version": facts.get("version"),
        "Licence": ", ".join(say.stated(facts, say.LICENSE)),
        "Creator": ", ".join(say.creators(facts)),
        "Cite as": "; ".join(say.stated(facts, say.CITATION)),
        "Also called": ", ".join(map(str, facts.get("aliases") or ())),
        "Registered": say.moment(facts.get("created_at")),
    }
    parts = [f"# {_shown(facts.get('name'), 'unnamed')}", prose(str(facts.get("description") or "")), _list(known)]
    parts += [f"The record of this model is {link(iri, iri)}."]
    tags = facts.get("tags") or {}
    parts += [_pairs(("Tag", "Value"), {key: tags[key] for key in tags if key not in say.NAMES})]
    return "\n\n".join(part for part in parts if part)


def _shown(value: Any, otherwise: str = "") -> str:
    return inline("" if value is None else str(value)) or otherwise


def _list(known: Mapping[str, Any]) -> str:
    return "\n".join(f"- **{name}:** {_shown(value)}" for name, value in known.items() if _shown(value))


def _pairs(head: tuple[str, str], values: Any) -> str:
    """A table of two columns in the order of the keys."""
    rows = sorted(values.items()) if isinstance(values, Mapping) else []
    return table(head, [(_shown(key), _shown(value)) for key, value in rows]) if rows else ""


def _data(facts: Mapping[str, Any], base: str) -> str:
    rows = [
        (
            link(line(str(one.get("name") or "")) or "unnamed", say.iri(base, "ml_dataset", one["dataset_id"])),
            _shown(one.get("context"), "not said"),
            _shown(one.get("digest")),
        )
        for one in facts.get("datasets") or ()
    ]
    return table(("Data set", "Used for", "Digest"), rows) if rows else ""


def _evaluation(facts: Mapping[str, Any], base: str) -> str:
    metrics = facts.get("metrics")
    if not isinstance(metrics, Mapping) or not metrics:
        return ""
    data = evaluated_on([dict(one) for one in facts.get("datasets") or ()])
    where = "It is not recorded on which data these were measured."
    if data:
        address = say.iri(base, "ml_dataset", data["dataset_id"])
        where = (
            f"The run took in one data set for evaluation: {link(line(str(data.get('name'))) or 'unnamed', address)}."
        )
    return f"{where}\n\n{_pairs(('Metric', 'Last value'), {key: number(value) for key, value in metrics.items()})}"


def _loading(facts: Mapping[str, Any]) -> str:
    path = str(facts.get("ml_flow_model_path") or "")
    if not path:
        return ""
    flavors = flavors_of(facts)
    # names of flavors come from a file: only a plain word may become code
    module = flavors[0] if flavors and "python_function" not in flavors and flavors[0].isidentifier() else "pyfunc"
    code = f"import mlflow\n\nmodel = mlflow.{module}.load_model({path!r})"
    where = "With `MLFLOW_TRACKING_URI` set to the tracking server that keeps the model:"
    return "\n\n".join(part for part in (where, f"```python\n{code}\n```", _software(facts.get("flavors"))) if part)


def _software(flavors: Any) -> str:
    """A flavor says the version of its library under a name of its own."""
    rows = []
    for name, said in sorted(flavors.items()) if isinstance(flavors, Mapping) else ():
        version = said.get(f"{name}_version") if isinstance(said, Mapping) else None
        rows.append((_shown(name), _shown(version if isinstance(version, str | int | float) else None, "not recorded")))
    return table(("Flavor", "Version"), rows) if rows else ""


def _signature(signature: Any) -> str:
    if not isinstance(signature, Mapping):
        return ""
    rows = [
        (role, _shown(column.label), _shown(column.spelling), "yes" if column.required else "no")
        for part, role in ROLES
        for column in columns(signature.get(part))
    ]
    return table(("", "Name", "Type", "Required"), rows) if rows else ""


def _provenance(facts: Mapping[str, Any], iri: str) -> str:
    run, registered = facts.get("run") or {}, facts.get("registered") or {}
    return _list(
        {
            "Identifier": iri,
            "MLflow path": facts.get("ml_flow_model_path"),
            "MLflow run": facts.get("run_id"),
            "Run name": run.get("name"),
            "Experiment": run.get("experiment"),
            "Run by": run.get("user"),
            "Status": run.get("status"),
            "Started": run.get("started_at"),
            "Ended": run.get("ended_at"),
            "In MLflow's registry": f"{registered.get('name')}, version {registered.get('version')}"
            if registered
            else None,
            "Registered here by": say.registrant(facts),
        }
    )


def _missing(facts: Mapping[str, Any]) -> str:
    tracking = facts.get("tracking") or {}
    gaps = []
    if tracking.get("state") == "unresolved":
        reason = _shown(tracking.get("reason"), "no reason is recorded")
        gaps.append(f"MLflow has not confirmed this model: {reason}. What only MLflow knows is not known here.")
    checks = {
        "No licence is stated: set the property or tag `license`.": say.stated(facts, say.LICENSE),
        "No description is given.": _shown(facts.get("description")),
        "The run that made the model is not known.": facts.get("run_id") or facts.get("run"),
        "No data set is recorded.": facts.get("datasets"),
        "No hyper-parameter is recorded.": facts.get("params"),
        "No metric is recorded.": facts.get("metrics"),
        "No signature is recorded: the form of input and output is not known.": facts.get("signature"),
    }
    gaps += [gap for gap, known in checks.items() if not known]
    return "\n".join(f"- {gap}" for gap in gaps)
