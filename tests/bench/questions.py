"""Descriptions and questions: how long they take over 100,000 triples, and what a runaway costs the others."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from app.semantics import writing
from app.semantics.graph import describe_model
from tests.bench import rows
from tests.bench.rows import Row, limit_row
from tests.bench.servers import ask
from tests.bench.targets import MODEL

MODELS = 800
TRIPLES = 100_000
TIMES = 40
PREFIXES = (
    "PREFIX mls: <http://www.w3.org/ns/mls#> PREFIX dct: <http://purl.org/dc/terms/> "
    "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
)
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
# written as people write: the type patterns first
NATURAL = f"""{PREFIXES}
SELECT ?model ?title ?score WHERE {{
  ?model a mls:Model .
  ?run a mls:Run .
  ?evaluation a mls:ModelEvaluation .
  ?model dct:title ?title .
  ?run mls:hasOutput ?model .
  ?run mls:hasOutput ?evaluation .
  ?evaluation mls:specifiedBy ?measure ; mls:hasValue ?score .
  ?measure rdfs:label "r2" .
  FILTER (?score > 0.79)
}}"""
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


class Asker:
    """Asks the service as one user, and takes the time in ms."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url, {"Authorization": f"Bearer {token}"}

    def question(self, query: str, expected: int = 200) -> tuple[float, Any]:
        return self.timed(f"/api/semantics/sparql?query={quote(query)}", expected=expected)

    def timed(self, path: str, body: Any = None, expected: int = 200) -> tuple[float, Any]:
        sent = None if body is None else json.dumps(body).encode()
        began = time.perf_counter()
        status, answer = ask(self.url + path, self.headers, sent)
        taken = (time.perf_counter() - began) * 1000
        if status != expected:
            raise SystemExit(f"{path[:100]} answered {status}: {answer[:300]!r}")
        return taken, json.loads(answer)


def measure(url: str, token: str, models: Sequence[str], ids: Sequence[str]) -> list[Row]:
    """The rows of these ids; the first question fills the store."""
    asker = Asker(url, token)
    filled, answer = asker.question(COUNT)
    triples = int(answer["results"]["bindings"][0]["n"]["value"])
    if triples < TRIPLES:
        raise SystemExit(f"only {triples} triples are loaded")
    notes = {"triples": triples, "filled_ms": round(filled)}
    makers: dict[str, Callable[[], Row]] = {
        rows.QUESTION: lambda: _natural(asker, notes),
        rows.FRESH: lambda: _fresh(asker),
        rows.RUNAWAY: lambda: _runaway(asker, models),
        rows.DESCRIPTION: lambda: _describing(asker, models[1]),
    }
    return [make() for name, make in makers.items() if name in ids]


def _natural(asker: Asker, notes: dict[str, Any]) -> Row:
    times = []
    for _ in range(TIMES):
        taken, answer = asker.question(NATURAL)
        times.append(taken)
    if not answer["results"]["bindings"]:
        raise SystemExit("the question found nothing")
    what = "a question of eight patterns over 100,000 triples, end to end"
    return limit_row(rows.QUESTION, what, median(times), "ms", 100, p95_ms=_p95(times), **notes)


def _fresh(asker: Asker) -> Row:
    """The question right after a registration, which must be counted in, against the same question without one."""
    count = f"{PREFIXES} SELECT (COUNT(*) AS ?n) {{ ?model a mls:Model }}"
    still, after = [], []
    for number in range(TIMES):
        taken, before = asker.question(count)
        still.append(taken)
        asker.timed("/api/ml_models", {**MODEL, "name": f"fresh-{number}"}, expected=201)
        taken, now = asker.question(count)
        after.append(taken)
        seen = [int(one["results"]["bindings"][0]["n"]["value"]) for one in (before, now)]
        if seen[1] != seen[0] + 1:
            raise SystemExit(f"a new description was not seen by the next question: {seen}")
    what = "how much longer the first question after a registration takes"
    return limit_row(rows.FRESH, what, median(after) - median(still), "ms", 50, still_ms=round(median(still), 1))


def _runaway(asker: Asker, models: Sequence[str]) -> Row:
    """Other requests while a runaway runs, as a multiple of their time without one: the worse of reading and asking."""
    kinds: dict[str, Callable[[int], float]] = {
        "read": lambda n: asker.timed(f"/api/ml_models/{models[n % len(models)]}")[0],
        "ask": lambda _: asker.question(NATURAL)[0],
    }
    notes: dict[str, Any] = {}
    worst = 0.0
    for name, act in kinds.items():
        alone = [act(number) for number in range(TIMES)]
        with _running_away(asker) as running:
            beside = [act(number) for number in range(TIMES) if running()]
        if len(beside) < TIMES // 4:
            raise SystemExit(f"the runaway ended after {len(beside)} other requests")
        notes[name] = {
            "alone_ms": round(median(alone), 2),
            "beside_ms": round(median(beside), 2),
            "p95_ms": _p95(beside),
        }
        worst = max(worst, median(beside) / median(alone))
    return limit_row(rows.RUNAWAY, "other requests while a runaway query runs", worst, "x alone", 3, **notes)


@contextmanager
def _running_away(asker: Asker) -> Iterator[Callable[[], bool]]:
    thread = threading.Thread(target=asker.question, args=(RUNAWAY, 422))
    thread.start()
    time.sleep(0.2)  # until it runs
    yield thread.is_alive
    thread.join()


def _describing(asker: Asker, model: str) -> Row:
    _, shown = asker.timed(f"/api/ml_models/{model}")
    facts = {**shown, "logged_model_id": "m-1", "mlflow_version": "3.17.2", "size": 4096}
    facts["created_at"] = datetime.now(UTC)
    times = []
    for _ in range(200):
        began = time.perf_counter()
        described = describe_model(facts, asker.url)
        text = writing.lines(described.triples)
        writing.serialise(text, "text/turtle", asker.url)
        times.append((time.perf_counter() - began) * 1000)
    notes = {"triples": len(described.triples), "p95_ms": _p95(times)}
    return limit_row(rows.DESCRIPTION, "describe and serialise one model", median(times), "ms", 10, **notes)


def _p95(times: Sequence[float]) -> float:
    return round(quantiles(times, n=20)[-1], 2)
