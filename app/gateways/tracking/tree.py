"""What differs between the versions of MLflow, made one: where models live, and how a run leads to them."""

import posixpath
from dataclasses import replace
from typing import Any

from app.core.errors import NotFound, UpstreamFailed
from app.gateways.tracking import parsing, uris
from app.gateways.tracking.values import Artifact, ArtifactStream, LoggedModel, RegisteredVersion, Run, TrackedModel

MAX_MLMODEL = 1024 * 1024
MAX_HOPS = 3


def run(backend: Any, run_id: str) -> Run:
    """A run; the models of MLflow 3 get their names."""
    found = parsed(parsing.run, backend.run(run_id))
    return replace(found, models=tuple(_named(backend, model) for model in found.models))


def parsed(parse: Any, answer: Any) -> Any:
    """`answer` read by `parse`; what MLflow never answers is its failure, not ours."""
    try:
        return parse(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UpstreamFailed("MLflow answered something that MLflow does not answer.") from error


def _named(backend: Any, model: LoggedModel) -> LoggedModel:
    if model.model_id is None:
        return model
    try:
        return replace(model, name=backend.logged_model(model.model_id).get("name", ""))
    except NotFound:  # deleted since
        return replace(model, name=model.model_id)


def model(backend: Any, uri: str) -> TrackedModel:
    """The model at a URI, followed through registry and run to its files."""
    found = _locate(backend, uri, MAX_HOPS)
    text = backend.read(found.artifact_uri, "MLmodel", MAX_MLMODEL)
    contents = parsing.mlmodel(text)
    flavors = contents.get("flavors")
    return replace(
        found,
        uri=uri,
        mlmodel=contents,
        flavors=flavors if isinstance(flavors, dict) else {},
        signature=parsing.signature(contents),
    )


def _locate(backend: Any, uri: str, hops: int) -> TrackedModel:
    if hops == 0:
        raise UpstreamFailed("MLflow's registry leads from one reference to the next without end.")
    reference = uris.parse(uri)
    match reference:
        case uris.RunPath(run_id, path):
            return _below_run(backend, uri, run_id, path)
        case uris.ModelId(model_id):
            return _logged(backend, uri, model_id)
        case uris.RegistryVersion(name, version):
            return _registered(backend, uri, backend.version(name, version), hops)
        case uris.RegistryAlias(name, alias):
            return _registered(backend, uri, backend.version_by_alias(name, alias), hops)
        case uris.ProxiedArtifact():
            return _proxied(backend, uri, reference)
    raise NotFound(f"MLflow cannot be asked for a model at {reference.scheme}: addresses; name it as {uris.FORMS}.")


def _below_run(backend: Any, uri: str, run_id: str, path: str) -> TrackedModel:
    found = run(backend, run_id)
    for logged in found.models:
        if logged.model_id and logged.name == path:
            return _logged(backend, uri, logged.model_id)
    return TrackedModel(uri, f"{found.artifact_uri}/{path}", run_id, None, None)


def _logged(backend: Any, uri: str, model_id: str) -> TrackedModel:
    info = backend.logged_model(model_id)
    return TrackedModel(uri, info["artifact_uri"], info.get("source_run_id") or None, model_id, None)


def _registered(backend: Any, uri: str, answer: dict[str, Any], hops: int) -> TrackedModel:
    version = parsed(parsing.registered_version, answer)
    if version.source.startswith(("models:", "runs:", "mlflow-artifacts:")):
        found = _locate(backend, version.source, hops - 1)
    else:
        found = TrackedModel(uri, version.source, version.run_id, None, None)
    return replace(found, registered=version, run_id=found.run_id or version.run_id)


def _proxied(backend: Any, uri: str, reference: uris.ProxiedArtifact) -> TrackedModel:
    if reference.model_id is not None:
        found = _logged(backend, uri, reference.model_id)
        return replace(found, artifact_uri=f"mlflow-artifacts:/{reference.path}")
    assert reference.run_id is not None, "a proxied artifact lies below a run or a model"
    backend.run(reference.run_id)  # tells an unknown run from an unknown file
    return TrackedModel(uri, f"mlflow-artifacts:/{reference.path}", reference.run_id, None, None)


def registered_versions(backend: Any, run_id: str) -> tuple[RegisteredVersion, ...]:
    """Registered versions of a run; each is asked for by itself, since a search leaves aliases out."""
    found = [parsed(parsing.registered_version, item) for item in backend.versions_of(run_id)]
    whole = (backend.version(version.name, version.version) for version in found[:10])
    return tuple(parsed(parsing.registered_version, item) for item in whole)


def list_artifacts(backend: Any, run_id: str, path: str) -> tuple[Artifact, ...]:
    """One level of a run's tree, with its logged models as folders."""
    path = uris.check_path(path)
    found = run(backend, run_id)
    root, inner = _root_of(backend, found, path)
    listed = [parsed(parsing.artifact, item) for item in backend.entries(root, inner)]
    below = [replace(item, path=posixpath.join(path, posixpath.basename(item.path))) for item in listed]
    if not path:
        names = {item.path for item in below}
        below += [Artifact(m.name, True, None) for m in found.models if m.model_id and m.name not in names]
    return tuple(sorted(below, key=lambda item: item.path))


def open_artifact(backend: Any, run_id: str, path: str) -> ArtifactStream:
    """One file of a run's tree."""
    path = uris.check_path(path)
    if not path:
        raise NotFound("The root of a run is a folder; name a file below it.")
    root, inner = _root_of(backend, run(backend, run_id), path)
    if not inner:
        raise NotFound(f"{path} is a folder; name a file below it.")
    return backend.open(root, inner)


def _root_of(backend: Any, found: Run, path: str) -> tuple[str, str]:
    """The artifact root that holds `path`, and the path below that root."""
    first, _, rest = path.partition("/")
    for logged in found.models:
        if logged.model_id and logged.name == first:
            return backend.logged_model(logged.model_id)["artifact_uri"], rest
    return found.artifact_uri, path
