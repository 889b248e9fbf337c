"""The README's walk: each of its curl lines is run, in order, by a shell, against a service of one's own."""

import json
import re
import subprocess
from collections.abc import Callable

from tests.conftest import ROOT, Live


def test_every_line_of_the_walk_works(start_service: Callable[..., Live]) -> None:
    url = start_service().url
    (walk,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    commands = [command.strip() for command in re.split(r"\n\n", walk)]
    # the same lines, each followed by a mark, and curl told to fail on errors
    marked = "\necho '=====';\n".join(commands).replace("QUAY=http://127.0.0.1:5000", f"QUAY={url}")
    script = f"set -euo pipefail; curl() {{ command curl --fail-with-body --noproxy '*' \"$@\"; }}\n{marked}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [part.strip() for part in done.stdout.split("=====")]
    assert len(answers) == len(commands) == 7
    model = json.loads(answers[3])
    assert model["tracking"]["state"] == "unresolved"
    assert json.loads(answers[4])["data"][0]["model_id"] == model["model_id"]
    assert json.loads(answers[5])["data"] == []
    assert json.loads(answers[6])["data"][0]["kind"] == "ml_assets.register"
