"""MLflow runs, as MLflow has them now, with what we made of them."""

from flask import Blueprint

from app.core.api import arguments, authenticate, other_responses, response
from app.core.streams import Source, download
from app.ml_assets import service
from app.ml_assets.schemas.runs import (
    ArtifactArgumentsSchema,
    ArtifactsSchema,
    HistoryArgumentsSchema,
    MetricHistorySchema,
    RunSchema,
)
from app.users.auth import caller, token_auth

bp = Blueprint("runs", __name__, url_prefix="/api/runs")

UPSTREAM = {502: "MLflow failed", 504: "MLflow did not answer in time"}


@bp.get("/<run_id>")
@authenticate(token_auth)
@response(RunSchema)
@other_responses(UPSTREAM)
def get_run(run_id):
    """Read a run

    Parameters, latest metrics, tags, inputs and logged models, and the assets here that came of it. Every user may read runs.
    """
    return service.get_run(caller(), run_id)


@bp.get("/<run_id>/metrics/history")
@authenticate(token_auth)
@arguments(HistoryArgumentsSchema)
@response(MetricHistorySchema)
@other_responses(UPSTREAM)
def metric_history(given, run_id):
    """Read the history of a metric

    All values in the order of their logging, at most 25,000.
    """
    return service.metric_history(run_id, given["key"])


@bp.get("/<run_id>/artifacts")
@authenticate(token_auth)
@arguments(ArtifactArgumentsSchema)
@response(ArtifactsSchema)
@other_responses(UPSTREAM)
def list_artifacts(given, run_id):
    """List files of a run

    One folder at a time. Models that the run logged are folders too, whatever version of MLflow keeps them.
    """
    return {"artifacts": service.list_artifacts(run_id, given["path"])}


@bp.get("/<run_id>/artifacts/<path:path>")
@authenticate(token_auth)
@other_responses({200: "The file", 412: "The file is another one", 422: "The path leads out of the run", **UPSTREAM})
def download_artifact(run_id, path):
    """Download a file of a run

    Streamed from MLflow; a HEAD request tells its size.
    """
    stream = service.open_artifact(run_id, path)
    try:
        source = Source(
            stream.name, stream.media_type, lambda _start, _length: stream.chunks, stream.size, ranges=False
        )
        answer = download(source)
    except BaseException:
        stream.close()
        raise
    answer.call_on_close(stream.close)
    return answer
