"""scripts/demo as a newcomer runs it: it tells its story to the end, leaves nothing running, and what it leaves is right."""

import re
import subprocess
from collections.abc import Callable

import pytest
import requests
from pyshacl import validate
from rdflib import Graph

from tests.conftest import ROOT, Live
from tests.semantics.graph_facts import official_shapes

EMAIL = "demo@example.org"


@pytest.fixture(scope="module")
def told() -> str:
    """What the demo printed."""
    done = subprocess.run(
        [str(ROOT / "scripts/demo")], capture_output=True, text=True, timeout=600, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.timeout(600)
def test_the_demo_ends_well(told: str) -> None:
    assert re.search(r"R2 0\.[45]\d\d  \w+", told)
    assert re.search(r"R2 0\.[45]\d+, algorithm Ridge, alpha 0\.1", told)
    assert "The story ended well" in told
    assert re.search(r"diabetes\S*: \d+ files, \d+ bytes, all as they were hashed", told)
    assert told.count("\n$ curl") >= 19
    (url,) = re.findall(r"(http://\S+)/docs", told)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health", timeout=5)


@pytest.mark.timeout(600)
def test_what_the_demo_registered_conforms_to_the_shapes_of_mldcat_ap(
    told: str, start_service: Callable[..., Live]
) -> None:
    shapes = official_shapes()
    (password,) = re.findall(rf"sign in as {EMAIL} with the password (\S+)", told)
    (port,) = re.findall(r"http://127\.0\.0\.1:(\d+)/docs", told)  # it keeps the one that its IRIs begin with
    url = start_service(ROOT / "var/demo", int(port)).url
    token = requests.post(f"{url}/api/users/get-auth-token", auth=(EMAIL, password), timeout=10).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/n-triples"}
    found = {
        kind: [
            one[key]
            for one in requests.get(f"{url}/api/{kind}", headers=headers | {"Accept": "*/*"}, timeout=10).json()["data"]
        ]
        for kind, key in (("ml_models", "model_id"), ("ml_datasets", "dataset_id"))
    }
    assert (len(found["ml_models"]), len(found["ml_datasets"])) == (4, 1)
    for thing in (*found["ml_models"], *found["ml_datasets"]):
        answer = requests.get(f"{url}/api/semantics/{thing}", headers=headers, timeout=10)
        conforms, _, text = validate(Graph().parse(data=answer.text, format="nt"), shacl_graph=shapes, inference="none")
        assert conforms, text
        own = requests.get(f"{url}/api/semantics/{thing}/validation", headers=headers | {"Accept": "*/*"}, timeout=20)
        assert own.json()["conforms"], own.text
