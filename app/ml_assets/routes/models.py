"""Models: registered by hand or from MLflow, found by name, tag, parameter, metric or data set."""

from flask import Blueprint

from app.core.api import arguments, authenticate, body, other_responses, response
from app.core.pagination import paginated
from app.core.preconditions import etag, expected_revision
from app.ml_assets import service
from app.ml_assets.schemas.datasets import RegisteredFromRunSchema
from app.ml_assets.schemas.models import (
    AliasedModelSchema,
    FromRunSchema,
    LegacyModelSchema,
    ModelChangeSchema,
    ModelFilterSchema,
    ModelSchema,
    NewModelSchema,
    NewVersionSchema,
)
from app.users.auth import caller, token_auth

bp = Blueprint("ml_models", __name__, url_prefix="/api/ml_models")

CHANGED = "It was changed since you read it"
UPSTREAM = {502: "MLflow failed", 504: "MLflow did not answer in time"}


def _shown(model):
    return model, 200, {"ETag": etag(model["revision"])}


def _made(model):
    headers = {"ETag": etag(model["revision"]), "Location": f"/api/ml_models/{model['model_id']}"}
    return model, 201, headers


@bp.post("/add_model")
@authenticate(token_auth)
@body(LegacyModelSchema)
@response(ModelSchema, 201)
def add_model(data):
    """Register a model (first form)

    The four fields; others are ignored. A model that MLflow does not know, or cannot be asked for now, is registered all the
    same: `tracking` says `unresolved` and why, and refreshing it asks again.
    """
    return _made(service.create_model(caller(), **data))


@bp.get("/get_model/<id>")
@authenticate(token_auth)
@response(ModelSchema)
def get_model_(id):
    """Read a model (first form)

    The same answer as `GET /api/ml_models/{id}`.
    """
    return _shown(service.get_model(caller(), id))


@bp.put("/update_model/<id>")
@authenticate(token_auth)
@body(LegacyModelSchema)
@response(ModelSchema)
@other_responses({412: CHANGED})
def update_model(data, id):
    """Change a model (first form)

    All four fields are set; a new path is asked for at MLflow.
    """
    return _shown(service.change_model(caller(), id, expected=expected_revision(), **data))


@bp.get("")
@authenticate(token_auth)
@paginated(ModelSchema, ModelFilterSchema)
def list_models(filters):
    """Find models

    By name, words, tag, parameter, metric range, data set, run and creator, in any combination; sorted by age, name or a
    metric. `dataset=ID&metric=r2>0.4&sort=-metrics.r2` gives the models made with a data set that reach R2 above 0.4, best
    first. Models that lack the metric that is sorted by are left out. Pages follow by the `Link` header.
    """
    return service.list_models(caller(), **filters)


@bp.post("")
@authenticate(token_auth)
@body(NewModelSchema)
@response(ModelSchema, 201)
def create_model(data):
    """Register a model

    What MLflow knows of it (parameters, metrics, flavors, signature, training data) is copied, and kept fresh by refreshing. If
    MLflow does not know it, `tracking` says `unresolved` and why.
    """
    return _made(service.create_model(caller(), **data))


@bp.post("/from_run")
@authenticate(token_auth)
@body(FromRunSchema)
@response(RegisteredFromRunSchema, 201)
@other_responses(
    {200: (RegisteredFromRunSchema, "All of it was registered before"), 404: "MLflow does not know it", **UPSTREAM}
)
def from_run(data):
    """Register what a run made

    The models that the MLflow run logged, and the data sets that it took in, with the training as their lineage. Asked again,
    the same assets are given back. Name and version come from MLflow's registry or the run unless you give them.
    """
    registered, new = service.register_from_run(caller(), **data)
    location = f"/api/ml_models/{registered['models'][0]['model_id']}"
    return registered, 201 if new else 200, {"Location": location}


@bp.get("/by_alias")
@authenticate(token_auth)
@arguments(AliasedModelSchema)
@response(ModelSchema)
@other_responses({404: "There is no such alias, or not for you"})
def find_by_alias(given):
    """Find a model by name and alias

    Such as `name=diabetes-progression&alias=champion`, among your models or those of `owner`.
    """
    return _shown(service.find_by_alias(caller(), **given))


@bp.get("/<id>")
@authenticate(token_auth)
@response(ModelSchema)
def get_model(id):
    """Read a model

    With what MLflow said when it was last asked. The `ETag` serves for `If-Match` and `If-None-Match`.
    """
    return _shown(service.get_model(caller(), id))


@bp.patch("/<id>")
@authenticate(token_auth)
@body(ModelChangeSchema)
@response(ModelSchema)
@other_responses({412: CHANGED})
def change_model(data, id):
    """Change a model

    Only what is sent changes; `tags` and `properties` are merged, null takes a key away. A new path is asked for at MLflow.
    Only the owner may change the visibility.
    """
    return _shown(service.change_model(caller(), id, expected=expected_revision(), **data))


@bp.delete("/<id>")
@authenticate(token_auth)
@other_responses({409: "Something holds it; `errors` has the reasons", 412: CHANGED})
def delete_model(id):
    """Delete a model

    It goes into your bin (`GET /api/ml_models?deleted=true`), from where it can be restored.
    """
    service.delete_model(caller(), id, expected=expected_revision())
    return "", 204


@bp.post("/<id>/restore")
@authenticate(token_auth)
@response(ModelSchema)
@other_responses({409: "A data set that it was made with is deleted"})
def restore_model(id):
    """Restore a model

    Takes it out of your bin.
    """
    return _shown(service.restore_model(caller(), id))


@bp.post("/<id>/refresh")
@authenticate(token_auth)
@response(ModelSchema)
def refresh_model(id):
    """Ask MLflow about a model again

    What MLflow says now replaces what it said before; when it cannot be asked, that stays and `tracking` says why.
    """
    return _shown(service.refresh_model(caller(), id))


@bp.get("/<id>/versions")
@authenticate(token_auth)
@paginated(ModelSchema)
def list_versions(id):
    """List the versions of a model

    All models of its name and owner that you may see, oldest first.
    """
    return service.list_versions(caller(), id)


@bp.post("/<id>/versions")
@authenticate(token_auth)
@body(NewVersionSchema)
@response(ModelSchema, 201)
@other_responses({409: "That version is there already"})
def add_version(data, id):
    """Register a new version of a model

    It takes over what is not given; the lineage leads from the old version to the new one.
    """
    return _made(service.add_version(caller(), id, **data))


@bp.put("/<id>/aliases/<alias>")
@authenticate(token_auth)
@response(ModelSchema)
@other_responses({409: "Others are moving the same alias right now"})
def set_alias(id, alias):
    """Let an alias lead to this version

    The alias, such as `champion`, moves here from the version of this model that had it.
    """
    return _shown(service.set_alias(caller(), id, alias))


@bp.delete("/<id>/aliases/<alias>")
@authenticate(token_auth)
def remove_alias(id, alias):
    """Take an alias away

    From this version of the model.
    """
    service.remove_alias(caller(), id, alias)
    return "", 204
