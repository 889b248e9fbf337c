"""Which algorithm made a model, from what its makers and MLflow's autologging wrote down; never guessed."""

from collections.abc import Iterator, Mapping
from typing import Any

TAGS = ("cords.Algorithm", "estimator_class", "estimator_name", "cords.Implementation", "algorithm")
PARAMS = (
    "algorithm",
    "estimator",
    "estimator_class",
    "estimator_name",
    "model_class",
    "model_type",
    "classifier",
    "regressor",
)
# flavors of libraries that know one algorithm only
SINGLE = {"prophet": "Prophet", "catboost": "CatBoost", "lightgbm": "LightGBM", "xgboost": "XGBoost"}


def class_name(facts: Mapping[str, Any]) -> str | None:
    """The class of the model with its module, when somebody wrote it down."""
    found = next(_written(facts), None)
    return found if found and "." in found and " " not in found else None


def algorithm_name(facts: Mapping[str, Any]) -> str | None:
    """The name of the algorithm: a class without its module, or the words that stand there; None when nothing does."""
    found = next(_written(facts), None)
    if found is None:
        return next((SINGLE[name] for name in sorted(facts.get("flavors") or {}) if name in SINGLE), None)
    return found.rpartition(".")[2] if " " not in found and not found.endswith(".") else found


def _written(facts: Mapping[str, Any]) -> Iterator[str]:
    """What was written down, most explicit first."""
    tags, params = facts.get("tags") or {}, facts.get("params") or {}
    candidates = [tags.get(key) for key in TAGS]
    candidates += [flavor.get("model_class") for _, flavor in sorted(_flavors(facts))]
    candidates += [params.get(key) for key in PARAMS]
    return (value.strip() for value in candidates if isinstance(value, str) and value.strip())


def _flavors(facts: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, flavor) for name, flavor in (facts.get("flavors") or {}).items() if isinstance(flavor, Mapping)]
