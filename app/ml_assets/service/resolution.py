"""Asking MLflow about a model, before any transaction begins, and keeping what it says or why it says nothing."""

from dataclasses import dataclass, field

from app.core.errors import DomainError, FieldError, Invalid, NotFound, Unavailable, UpstreamFailed, UpstreamTimeout
from app.gateways import tracking
from app.gateways.tracking.values import Run, TrackedModel
from app.ml_assets import extraction
from app.ml_assets.extraction import Metadata

PASSING = (NotFound, Unavailable, UpstreamFailed, UpstreamTimeout)


@dataclass(frozen=True)
class Resolution:
    """What MLflow knows of a model; without `model`, the reason why it knows nothing."""

    reason: str | None = None
    model: TrackedModel | None = None
    run: Run | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def state(self) -> str:
        return "unresolved" if self.model is None else "resolved"


def resolve(path: str) -> Resolution:
    """Ask for the model at `path`; raises Invalid only when it is no address of a model at all."""
    check(path, "ml_flow_model_path")
    try:
        return demand(path)
    except PASSING as error:
        return Resolution(reason=_reason(error))


def check(uri: str, field_name: str) -> None:
    """Raise Invalid, naming the field, when `uri` is no address of a model at all."""
    try:
        tracking.check_uri(uri)
    except Invalid as error:
        errors = [FieldError(f"/{field_name}", one.detail) for one in error.errors]
        raise Invalid(error.detail, errors=errors) from error


def demand(path: str) -> Resolution:
    """The same, for those who need the answer now: raises what went wrong."""
    model = tracking.model(path)
    run = tracking.run(model.run_id) if model.run_id else None
    return of(model, run)


def of(model: TrackedModel, run: Run | None) -> Resolution:
    """The resolution of a model that is known already."""
    registered = None
    if run is not None and model.registered is None:
        registered = next((v for v in tracking.registered_versions(run.run_id) if _is_of(v.source, model)), None)
    return Resolution(model=model, run=run, metadata=extraction.metadata(model, run, registered))


def _is_of(source: str, model: TrackedModel) -> bool:
    """Whether a registered version was made of this model."""
    if model.model_id and source == f"models:/{model.model_id}":
        return True
    return source.rstrip("/") in (model.artifact_uri.rstrip("/"), model.uri)


def _reason(error: DomainError) -> str:
    return error.detail[:1000]
