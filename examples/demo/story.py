"""The story of the demo: from runs that MLflow logged to a model that a colleague finds, downloads and understands."""

import hashlib
import io
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from narrator import Narrator
from training import REGISTERED_NAME, train

ROOT = Path(__file__).parents[2]
DATA = ROOT / "var" / "demo"
EMAIL = "demo@example.org"


def main() -> None:
    started = time.monotonic()
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    service, url = start_service()
    try:
        password = secrets.token_urlsafe(12)
        tell(Narrator(url), password)
        finish(url, password, time.monotonic() - started)
        if "--keep" in sys.argv:
            print("the service keeps running; press Ctrl-C to end it", flush=True)
            service.wait()
    except KeyboardInterrupt:
        pass
    finally:
        service.terminate()
        service.wait(60)


def start_service() -> tuple[subprocess.Popen[str], str]:
    """The embedded service below var/demo, and its address."""
    print("starting the service ...", flush=True)
    command = [str(ROOT / ".venv/bin/quay"), "serve", "--data", str(DATA), "--port", str(free_port())]
    log = (DATA / "service.log").open("w")
    environ = {**os.environ, "LOG_LEVEL": "WARNING"}
    service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environ)
    assert service.stdout is not None
    for line in service.stdout:
        print("  " + line.rstrip(), flush=True)
        if line.startswith("ready "):
            return service, line.split()[1]
    raise SystemExit(f"the service did not start:\n{(DATA / 'service.log').read_text()}")


def free_port() -> int:
    """Port 5000, which the documentation speaks of, or any other where that one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 5000))
        except OSError:
            return 0
    return 5000


def tell(quay: Narrator, password: str) -> None:
    """All chapters in their order."""
    quay.chapter("A data scientist trains four models on the diabetes data of scikit-learn and logs them to MLflow")
    runs = train(f"sqlite:///{DATA}/mlflow.db", DATA / "artifacts")
    print("  " + ", ".join(f"{name}: run {run_id[:8]}" for name, run_id in runs.items()), flush=True)
    sign_up(quay, password)
    models = register(quay, runs)
    best = find(quay, models)
    ask(quay, best)
    download(quay, best)
    keep(quay, best)
    show_lineage(quay, best)


def sign_up(quay: Narrator, password: str) -> None:
    quay.chapter("The data scientist signs up and fetches a token")
    person = {"first_name": "Sample", "last_name": "User", "role": "ML Engineer"}
    quay.ask("POST", "/api/users/register", json={"email": EMAIL, "password": password, **person})
    quay.token = quay.ask("POST", "/api/users/get-auth-token", auth=(EMAIL, password))["token"]


def register(quay: Narrator, runs: dict[str, str]) -> list[dict]:
    quay.chapter(
        "Then registers the models, with the data they were trained on, from the runs and by the champion's alias"
    )
    answers = [quay.ask("POST", "/api/ml_models/from_run", json={"run_id": run_id}) for run_id in runs.values()]
    champion = {"model_uri": f"models:/{REGISTERED_NAME}@champion"}
    quay.ask("POST", "/api/ml_models/from_run", json=champion)
    return [model for answer in answers for model in answer["models"]]


def find(quay: Narrator, models: list[dict]) -> dict:
    quay.chapter("A colleague asks: which models trained on this data set reach R2 above 0.4, best first?")
    dataset = quay.ask("GET", "/api/ml_datasets", params={"name": "diabetes"})["data"][0]["dataset_id"]
    question = {"dataset": dataset, "metric": "r2>0.4", "sort": "-metrics.r2"}
    found = quay.ask("GET", "/api/ml_models", params=question)["data"]
    for model in found:
        print(f"    R2 {model['metrics']['r2']:.3f}  {model['params']['algorithm']:<24} {model['model_id'][:12]}")
    scores = [model["metrics"]["r2"] for model in found]
    if not 0 < len(found) < len(models) or scores != sorted(scores, reverse=True) or scores[-1] <= 0.4:
        raise SystemExit(f"the story stops here: that is no right answer, {scores}")
    return found[0]


QUESTION = """\
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX it6: <http://data.europa.eu/it6/>
PREFIX mls: <http://www.w3.org/ns/mls#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?model ?score ?name ?setting WHERE {
  ?model a mls:Model ; it6:trainedOn ?dataset ; prov:wasGeneratedBy ?run .
  ?dataset dct:title "diabetes" .
  ?run it6:hasEvaluation ?evaluation ; it6:hasParameter ?parameter .
  ?evaluation mls:specifiedBy/rdfs:label "r2" ; mls:hasValue ?score .
  ?parameter mls:specifiedBy/rdfs:label ?name ; mls:hasValue ?setting .
  FILTER (?score > 0.4)
} ORDER BY DESC(?score) ?model ?name"""


def ask(quay: Narrator, best: dict) -> None:
    quay.chapter(
        "A machine asks the same in SPARQL, and with which hyper-parameters; the search says it without SPARQL"
    )
    rows = quay.ask("GET", "/api/semantics/sparql", params={"query": QUESTION, "format": "json"}).json()
    models: dict[str, dict[str, str]] = {}
    for row in rows["results"]["bindings"]:
        about = models.setdefault(row["model"]["value"], {"R2": row["score"]["value"]})
        about[row["name"]["value"]] = row["setting"]["value"]
    for iri, about in models.items():
        print(f"    {iri.rsplit('/', 1)[1][:12]}  " + ", ".join(f"{name} {value}" for name, value in about.items()))
    dataset = best["datasets"][0]["dataset_id"]
    question = {"dataset": dataset, "metric": "r2>0.4", "sort": "-metrics.r2"}
    found = quay.ask("GET", "/api/semantics/search", params=question)["data"]
    if [iri.rsplit("/", 1)[1] for iri in models] != [model["model_id"] for model in found] or not found:
        raise SystemExit("the story stops here: SPARQL and search do not agree")
    for model in found:
        print(f"    {model['model_id'][:12]}  {model['algorithm']}")
    quay.ask("GET", f"/api/semantics/{best['model_id']}", headers={"Accept": "text/turtle"})
    verdict = quay.ask("GET", f"/api/semantics/{best['model_id']}/validation")
    if not verdict["conforms"]:
        raise SystemExit(f"the story stops here: the description does not conform, {verdict['results']}")


def download(quay: Narrator, model: dict) -> None:
    quay.chapter("The colleague looks at the run behind the best one and downloads the model")
    run = f"/api/runs/{model['run_id']}"
    quay.ask("GET", run)
    folder = quay.ask("GET", f"{run}/artifacts")["artifacts"][0]["path"]
    files = quay.ask("GET", f"{run}/artifacts", params={"path": folder})["artifacts"]
    largest = max((file for file in files if not file["is_dir"]), key=lambda file: file["size"])
    content = quay.ask("GET", f"{run}/artifacts/{largest['path']}").content
    target = DATA / "downloads" / Path(largest["path"]).name
    target.parent.mkdir()
    target.write_bytes(content)
    if len(content) != largest["size"]:
        raise SystemExit(f"the story stops here: {len(content)} bytes came of {largest['size']}")
    print(f"    {len(content)} bytes in {target.relative_to(ROOT)}")


def keep(quay: Narrator, model: dict) -> None:
    quay.chapter("The files of the best model are kept here, hashed, and anybody finds them by a MongoDB filter")
    kept = quay.ask("POST", "/api/ml_models/from_run", json={"run_id": model["run_id"], "store": True})
    asset_id = kept["models"][0]["asset_id"]
    wanted = {
        "asset_tags": "ml_model",
        "asset_metadata.run_id": model["run_id"],
        "asset_file_info.file_size": {"$gt": 0},
    }
    found = quay.ask("POST", "/assets", json=wanted)["data"]
    if [asset["asset_id"] for asset in found] != [asset_id]:
        raise SystemExit(f"the story stops here: the filter found {found}, not {asset_id}")
    content = quay.ask("GET", f"/asset-object/{asset_id}").content
    if hashlib.sha256(content).hexdigest() != found[0]["asset_file_info"]["sha256"]:
        raise SystemExit("the story stops here: the file that came is not the one that was stored")
    files = {file["path"]: file["sha256"] for file in found[0]["asset_metadata"]["files"]}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if files != {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}:
            raise SystemExit("the story stops here: the archive does not hold the files that were listed")
    print(f"    {found[0]['asset_uri']}: {len(files)} files, {len(content)} bytes, all as they were hashed")


def show_lineage(quay: Narrator, model: dict) -> None:
    quay.chapter("And where does it come from? The lineage, as JSON and as a picture")
    lineage = f"/api/lineage/{model['model_id']}"
    graph = quay.ask("GET", lineage, params={"direction": "upstream"})
    kinds = {node.get("kind") for node in graph["nodes"]}
    if "ml_dataset" not in kinds:
        raise SystemExit(f"the story stops here: the lineage does not reach the data set, {kinds}")
    picture = quay.ask("GET", lineage, headers={"Accept": "image/svg+xml"})
    (DATA / "lineage.svg").write_bytes(picture.content)
    print("    the picture is in var/demo/lineage.svg")


def finish(url: str, password: str, seconds: float) -> None:
    again = f"scripts/serve --data var/demo --port {url.rsplit(':', 1)[1]}"
    print(
        f"\nThe story ended well after {seconds:.0f} s. To look around, start its service again with\n  {again}\nthen see"
    )
    for path, what in (
        ("/docs", "all requests, to try out"),
        ("/openapi.json", "the same for machines"),
        ("/health/ready", "the state of the service"),
    ):
        print(f"  {url}{path:<16} {what}")
    print(f"and sign in as {EMAIL} with the password {password}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
