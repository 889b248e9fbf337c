"""The Postman collection, run as a whole by Postman's own runner on an empty service."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT, Live


def test_the_whole_collection_passes_on_an_empty_service(
    start_service: Callable[..., Live], newman: str, tmp_path: Path
) -> None:
    url = start_service().url
    report = tmp_path / "report.json"
    collection = ROOT / "postman_collection.json"
    command = [newman, "run", str(collection), "--env-var", f"baseUrl={url}", "--reporters", "json,cli"]
    done = subprocess.run(
        [*command, "--reporter-json-export", str(report)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    stats = json.loads(report.read_text())["run"]["stats"]
    sent = sum(len(folder["item"]) for folder in json.loads(collection.read_text())["item"])
    assert stats["items"]["total"] == sent
    assert (stats["assertions"]["total"], stats["assertions"]["failed"]) == (sent, 0)
