"""The README's walk: each of its curl lines is run, in order, by a shell, against a service of one's own."""

import json
import re
import subprocess
from collections.abc import Callable

from tests.conftest import ROOT, Live


def run(url: str, *texts: str) -> list[str]:
    """The answers of all commands in the shell blocks of these texts, run by one shell, in order."""
    walk = "\n\n".join(block.strip() for text in texts for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    commands = [command.strip() for command in re.split(r"\n\n", walk)]
    # the same lines, each followed by a mark, and curl told to fail on errors
    marked = "\necho '=====';\n".join(commands).replace("QUAY=http://127.0.0.1:5000", f"QUAY={url}")
    script = f"set -euo pipefail; curl() {{ command curl --fail-with-body --noproxy '*' \"$@\"; }}\n{marked}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [part.strip() for part in done.stdout.split("=====")]
    assert len(answers) == len(commands)
    return answers


def test_every_line_of_the_walk_works(start_service: Callable[..., Live]) -> None:
    answers = run(start_service().url, (ROOT / "README.md").read_text())
    assert len(answers) == 8
    model = json.loads(answers[3])
    assert model["tracking"]["state"] == "unresolved"
    assert json.loads(answers[4])["data"][0]["model_id"] == model["model_id"]
    assert json.loads(answers[5])["data"] == []
    assert json.loads(answers[6])["results"]["bindings"][0]["title"]["value"] == "diabetes-progression"
    assert json.loads(answers[7])["data"][0]["kind"] == "ml_assets.register"


def test_every_line_about_semantics_works(start_service: Callable[..., Live]) -> None:
    texts = [(ROOT / name).read_text() for name in ("README.md", "docs/semantics.md")]
    answers = run(start_service().url, *texts)[9:]
    assert len(answers) == 13
    turtle, nquads, envelope, fields, statements, history, report, table, graph, examples, found, none, card = answers
    assert "it6:MachineLearningModel" in turtle
    assert len(nquads.splitlines()) > 20
    assert json.loads(envelope)["semantics"]["@graph"]
    assert json.loads(fields)["fields"]["algorithm"] == "Ridge"
    assert "Checked by hand." in json.loads(statements)["statements"]
    assert len(json.loads(history)["data"]) == 2
    assert json.loads(report)["conforms"] is False
    assert table.startswith("s,p,o")
    assert graph
    assert json.loads(examples)["examples"]
    assert json.loads(found)["data"][0]["algorithm"] == "Ridge"
    assert json.loads(none)["data"] == []
    assert card.startswith("---")
