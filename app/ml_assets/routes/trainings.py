"""Federated-learning trainings."""

from flask import Blueprint

from app.core.api import authenticate, body, other_responses, response
from app.core.pagination import link, paginated, turn
from app.core.preconditions import etag, expected_revision
from app.ml_assets import service
from app.ml_assets.schemas.parts import AssetFilterSchema
from app.ml_assets.schemas.trainings import (
    LegacyTrainingSchema,
    NewTrainingSchema,
    RemovedSchema,
    TrainingChangeSchema,
    TrainingSchema,
)
from app.users.auth import caller, token_auth

bp = Blueprint("fl_services", __name__, url_prefix="/api/fl_services")

CHANGED = "It was changed since you read it"
FIRST_LIST = 1000


def _shown(training):
    return training, 200, {"ETag": etag(training["revision"])}


def _made(training):
    headers = {"ETag": etag(training["revision"]), "Location": f"/api/fl_services/{training['fl_service_id']}"}
    return training, 201, headers


@bp.post("/add")
@authenticate(token_auth)
@body(LegacyTrainingSchema)
@response(TrainingSchema, 201)
def add_training(data):
    """Register a training (first form)

    Name, description and the parts of the training; fields that are not known are ignored.
    """
    return _made(service.create_training(caller(), **data))


@bp.get("/get/<id>")
@authenticate(token_auth)
@response(TrainingSchema)
def get_training_(id):
    """Read a training (first form)

    The same answer as `GET /api/fl_services/{id}`.
    """
    return _shown(service.get_training(caller(), id))


@bp.get("/list")
@authenticate(token_auth)
@response(TrainingSchema(many=True))
def list_all():
    """List trainings (first form)

    A plain array of at most 1,000; the rest is behind the `Link` header.
    """
    page = turn(service.list_trainings(caller()), FIRST_LIST, None)
    following = link(page["page"]["next"]).get("Link", "").replace("/list?", "?")
    return page["data"], 200, {"Link": following} if following else {}


@bp.put("/update/<id>")
@authenticate(token_auth)
@body(LegacyTrainingSchema)
@response(TrainingSchema)
@other_responses({412: CHANGED})
def update_training(data, id):
    """Change a training (first form)

    Name and description are set, and the parts that are sent.
    """
    return _shown(service.change_training(caller(), id, expected=expected_revision(), **data))


@bp.post("/update_published_status/<id>")
@authenticate(token_auth)
@response(TrainingSchema)
def publish_training(id):
    """Say that a training is published

    A body is ignored.
    """
    return _shown(service.publish_training(caller(), id))


@bp.delete("/remove/<id>")
@authenticate(token_auth)
@response(RemovedSchema)
@other_responses({409: "Something holds it; `errors` has the reasons"})
def remove_training(id):
    """Delete a training (first form)

    It goes into your bin, from where it can be restored.
    """
    service.delete_training(caller(), id)
    return {"message": "The training was removed.", "fl_service_id": id}


@bp.get("")
@authenticate(token_auth)
@paginated(TrainingSchema, AssetFilterSchema)
def list_trainings(filters):
    """Find trainings

    By name, words, tag or creator; sorted by age or name.
    """
    return service.list_trainings(caller(), **filters)


@bp.post("")
@authenticate(token_auth)
@body(NewTrainingSchema)
@response(TrainingSchema, 201)
def create_training(data):
    """Register a training

    Its parts are checked where they are known and kept as they are otherwise.
    """
    return _made(service.create_training(caller(), **data))


@bp.get("/<id>")
@authenticate(token_auth)
@response(TrainingSchema)
def get_training(id):
    """Read a training

    The `ETag` serves for `If-Match` and `If-None-Match`.
    """
    return _shown(service.get_training(caller(), id))


@bp.patch("/<id>")
@authenticate(token_auth)
@body(TrainingChangeSchema)
@response(TrainingSchema)
@other_responses({412: CHANGED})
def change_training(data, id):
    """Change a training

    Only what is sent changes; a part is replaced as a whole.
    """
    return _shown(service.change_training(caller(), id, expected=expected_revision(), **data))


@bp.delete("/<id>")
@authenticate(token_auth)
@other_responses({409: "Something holds it; `errors` has the reasons", 412: CHANGED})
def delete_training(id):
    """Delete a training

    It goes into your bin, from where it can be restored.
    """
    service.delete_training(caller(), id, expected=expected_revision())
    return "", 204


@bp.post("/<id>/restore")
@authenticate(token_auth)
@response(TrainingSchema)
def restore_training(id):
    """Restore a training

    Takes it out of your bin.
    """
    return _shown(service.restore_training(caller(), id))
