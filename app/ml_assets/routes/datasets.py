"""Data sets that models are trained, validated and tested on."""

from flask import Blueprint

from app.core.api import authenticate, body, other_responses, response
from app.core.pagination import paginated
from app.core.preconditions import etag, expected_revision
from app.ml_assets import service
from app.ml_assets.schemas.datasets import (
    MLDatasetChangeSchema,
    MLDatasetFilterSchema,
    MLDatasetSchema,
    NewMLDatasetSchema,
)
from app.users.auth import caller, token_auth

bp = Blueprint("ml_datasets", __name__, url_prefix="/api/ml_datasets")

CHANGED = "It was changed since you read it"


def _shown(dataset):
    return dataset, 200, {"ETag": etag(dataset["revision"])}


@bp.get("")
@authenticate(token_auth)
@paginated(MLDatasetSchema, MLDatasetFilterSchema)
def list_datasets(filters):
    """Find data sets

    By name, words, tag, digest, creator, or the model that used them; sorted by age or name.
    """
    return service.list_datasets(caller(), **filters)


@bp.post("")
@authenticate(token_auth)
@body(NewMLDatasetSchema)
@response(MLDatasetSchema, 201)
def create_dataset(data):
    """Register a data set

    Data sets that runs took in are registered by themselves with the models of those runs.
    """
    dataset = service.create_dataset(caller(), **data)
    headers = {"ETag": etag(dataset["revision"]), "Location": f"/api/ml_datasets/{dataset['dataset_id']}"}
    return dataset, 201, headers


@bp.get("/<id>")
@authenticate(token_auth)
@response(MLDatasetSchema)
def get_dataset(id):
    """Read a data set

    The models made with it are at `GET /api/ml_models?dataset={id}`.
    """
    return _shown(service.get_dataset(caller(), id))


@bp.patch("/<id>")
@authenticate(token_auth)
@body(MLDatasetChangeSchema)
@response(MLDatasetSchema)
@other_responses({412: CHANGED})
def change_dataset(data, id):
    """Change a data set

    Only what is sent changes; `tags` and `properties` are merged, null takes a key away.
    """
    return _shown(service.change_dataset(caller(), id, expected=expected_revision(), **data))


@bp.delete("/<id>")
@authenticate(token_auth)
@other_responses({409: "A model was made with it", 412: CHANGED})
def delete_dataset(id):
    """Delete a data set

    It goes into your bin. Refused while a model that was made with it is there.
    """
    service.delete_dataset(caller(), id, expected=expected_revision())
    return "", 204


@bp.post("/<id>/restore")
@authenticate(token_auth)
@response(MLDatasetSchema)
def restore_dataset(id):
    """Restore a data set

    Takes it out of your bin.
    """
    return _shown(service.restore_dataset(caller(), id))
