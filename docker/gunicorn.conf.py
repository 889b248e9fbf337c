"""What gunicorn needs besides its command line."""

from typing import Any

from prometheus_client import multiprocess


def child_exit(_server: Any, worker: Any) -> None:
    """A worker that ended must not be counted as live."""
    multiprocess.mark_process_dead(worker.pid)
