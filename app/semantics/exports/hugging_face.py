"""The metadata of a model card, by the specification of Hugging Face (hub-docs, modelcard.md).

Texts that the Hub looks up in lists of its own (licences, data sets, tasks) are given there only in the form that it
takes; in full they stand in the card's body. MLflow does not record on which data a metric was measured: a result names
a data set only when the run has exactly one that was taken in for evaluation.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from app.semantics.exports import stated as say
from app.semantics.exports.text import line

# the Hub's words for licences that are SPDX identifiers in small letters
_LICENSES = """
afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 cc-by-2.0 cc-by-2.5
cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0
cdla-sharing-1.0 ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 lppl-1.3c
mit mpl-2.0 ms-pl ncsa ofl-1.1 osl-3.0 postgresql unlicense wtfpl zlib
"""
LICENSES = frozenset(_LICENSES.split())
EVALUATION = frozenset(("eval", "evaluation", "test", "testing", "validation", "val", "holdout"))
LIBRARIES = {"sentence_transformers": "sentence-transformers", "tensorflow": "tf-keras"}
UNKNOWN = "not recorded"
UNKNOWN_TASK = "other"
MAX_TAG = 100
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_TASK = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def metadata(facts: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The front matter of a model as the API shows it; `base` is the service's URL."""
    task, used = task_of(facts), [dict(one) for one in facts.get("datasets") or ()]
    names = [line(str(one.get("name") or "")) for one in used]
    return {
        **_license(say.stated(facts, say.LICENSE)),
        **({"library_name": library} if (library := library_of(facts)) else {}),
        **({"pipeline_tag": task} if task else {}),
        "tags": _tags(facts),
        "datasets": list(dict.fromkeys(name for name in names if _HUB_NAME.fullmatch(name))),
        "metrics": [name for name in map(line, facts.get("metrics") or {}) if _HUB_NAME.fullmatch(name)],
        "model-index": _index(facts, task, used, base),
    }


def flavors_of(facts: Mapping[str, Any]) -> list[str]:
    """The model's flavors, the general one last."""
    return sorted(map(str, facts.get("flavors") or {}), key=lambda name: (name == "python_function", name))


def library_of(facts: Mapping[str, Any]) -> str | None:
    """The library that made the model; MLflow itself when it is known as a Python function only."""
    flavors = flavors_of(facts)
    if not flavors:
        return None
    return "mlflow" if flavors[0] == "python_function" else LIBRARIES.get(flavors[0], flavors[0])


def task_of(facts: Mapping[str, Any]) -> str | None:
    """The task, if it is stated or a flavor says it."""
    flavors = facts.get("flavors") or {}
    said = [one.get("task") for one in flavors.values() if isinstance(one, Mapping)]
    found = (line(text).lower() for text in (*say.stated(facts, say.TASK), *said) if isinstance(text, str))
    return next((text for text in found if _TASK.fullmatch(text)), None)


def evaluated_on(used: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The data set that metrics were measured on, if there can be only one."""
    found = {one["dataset_id"]: one for one in used if str(one.get("context") or "").lower() in EVALUATION}
    return next(iter(found.values())) if len(found) == 1 else None


def number(value: Any) -> float | str:
    """A metric's value as front matter can hold it: NaN and the infinities by their names."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return line(str(value))
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _license(given: list[str]) -> dict[str, str]:
    if not given:
        return {}
    if given[0].lower() in LICENSES:
        return {"license": given[0].lower()}
    name = re.sub(r"[^a-z0-9.]+", "-", given[0].lower()).strip("-") or "other"
    where = {"license_link": given[0]} if say.address(given[0]) else {}
    return {"license": "other", "license_name": name, **where}


def _tags(facts: Mapping[str, Any]) -> list[str]:
    words = ["mlflow", *flavors_of(facts), *say.stated(facts, say.KEYWORDS), *say.labels(facts)]
    return [word for word in dict.fromkeys(map(line, words)) if word and len(word) <= MAX_TAG]


def _index(facts: Mapping[str, Any], task: str | None, used: list[dict[str, Any]], base: str) -> list[dict[str, Any]]:
    metrics = facts.get("metrics") or {}
    if not metrics:
        return []
    values = [{"type": line(str(key)) or "unnamed", "value": number(value)} for key, value in metrics.items()]
    data = evaluated_on(used)
    result = {
        "task": {"type": task or UNKNOWN_TASK},
        "dataset": _dataset(data, base),
        "metrics": values,
        "source": {"name": "Record of the model", "url": say.iri(base, "ml_model", facts["model_id"])},
    }
    return [{"name": line(str(facts.get("name") or "")) or "unnamed", "results": [result]}]


def _dataset(data: dict[str, Any] | None, base: str) -> dict[str, str]:
    if data is None:
        return {"name": UNKNOWN, "type": "unknown"}
    found = {
        "name": line(str(data.get("name") or "")) or "unnamed",
        "type": say.iri(base, "ml_dataset", data["dataset_id"]),
    }
    return {**found, "revision": line(str(data["digest"]))} if data.get("digest") else found
