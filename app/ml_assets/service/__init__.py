"""What the rooms above and the routes may ask of ML assets."""

from app.ml_assets.service.datasets import (
    change_dataset,
    create_dataset,
    delete_dataset,
    get_dataset,
    list_datasets,
    restore_dataset,
)
from app.ml_assets.service.facts import dataset_facts, model_facts, training_facts
from app.ml_assets.service.families import add_version, find_by_alias, list_versions, remove_alias, set_alias
from app.ml_assets.service.models import (
    change_model,
    create_model,
    delete_model,
    get_model,
    list_models,
    refresh_model,
    restore_model,
)
from app.ml_assets.service.registration import register_from_run
from app.ml_assets.service.runs import get_run, list_artifacts, metric_history, open_artifact
from app.ml_assets.service.trainings import (
    change_training,
    create_training,
    delete_training,
    get_training,
    list_trainings,
    publish_training,
    restore_training,
)

__all__ = [
    "add_version",
    "change_dataset",
    "change_model",
    "change_training",
    "create_dataset",
    "create_model",
    "create_training",
    "dataset_facts",
    "delete_dataset",
    "delete_model",
    "delete_training",
    "find_by_alias",
    "get_dataset",
    "get_model",
    "get_run",
    "get_training",
    "list_artifacts",
    "list_datasets",
    "list_models",
    "list_trainings",
    "list_versions",
    "metric_history",
    "model_facts",
    "open_artifact",
    "publish_training",
    "refresh_model",
    "register_from_run",
    "remove_alias",
    "restore_dataset",
    "restore_model",
    "restore_training",
    "set_alias",
    "training_facts",
]
