"""Data and helpers of the tests of the SPARQL store."""

import json
import socket
import threading
from collections.abc import Iterable

from app.gateways import triple_store
from app.gateways.triple_store import Part

PUBLIC, INTERNAL = "urn:test:public", "urn:test:internal"
BOTH = (PUBLIC, INTERNAL)
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
MLS = "http://www.w3.org/ns/mls#"
DOUBLE = "<http://www.w3.org/2001/XMLSchema#double>"
JSON = "application/sparql-results+json"

QUESTION = f"""
PREFIX mls: <{MLS}> PREFIX dct: <http://purl.org/dc/terms/>
SELECT ?model ?title ?value WHERE {{
  ?model a mls:Model . ?run a mls:Run . ?evaluation a mls:ModelEvaluation .
  ?run mls:hasOutput ?model . ?run mls:hasOutput ?evaluation . ?run mls:executes <urn:test:algorithm/3> .
  ?evaluation mls:hasValue ?value . ?model dct:title ?title . FILTER(?value > 0.99)
}}
"""
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def model(number: int, accuracy: float | None = None) -> str:
    """Ten triples about a model, its run and its evaluation."""
    accuracy = (number * 7919 % 10_000) / 10_000 if accuracy is None else accuracy
    it, run, evaluation = (f"<urn:test:{kind}/{number}>" for kind in ("model", "run", "evaluation"))
    lines = (
        f"{it} {TYPE} <{MLS}Model>",
        f'{it} <http://purl.org/dc/terms/title> "Model {number}"',
        f"{it} <http://purl.org/dc/terms/creator> <urn:test:user/{number % 7}>",
        f"{run} {TYPE} <{MLS}Run>",
        f"{run} <{MLS}hasOutput> {it}",
        f"{run} <{MLS}hasOutput> {evaluation}",
        f"{run} <{MLS}executes> <urn:test:algorithm/{number % 20}>",
        f"{evaluation} {TYPE} <{MLS}ModelEvaluation>",
        f"{evaluation} <{MLS}specifiedBy> <urn:test:measure/accuracy>",
        f'{evaluation} <{MLS}hasValue> "{accuracy}"^^{DOUBLE}',
    )
    return "".join(f"{line} .\n" for line in lines)


def models(count: int) -> list[Part]:
    """Parts of ten triples each, one half public."""
    return [Part(f"model/{number}", {BOTH[number % 2]: model(number)}) for number in range(count)]


def one(key: str, text: str, graph: str = PUBLIC) -> Part:
    """A part with one triple about itself."""
    return Part(key, {graph: f'<urn:test:{key}> <urn:test:says> "{text}" .\n'})


def fill(parts: Iterable[Part]) -> None:
    """Let the store hold these parts only, under the mark 1."""
    triple_store.forget()
    assert triple_store.replace(parts, before=None, after="1")


def rows(text: str, graphs: Iterable[str] = BOTH) -> list[dict[str, str]]:
    """The solutions of a SELECT, values only."""
    answer = json.loads(triple_store.query(text, tuple(graphs), JSON))
    found = [{name: term["value"] for name, term in row.items()} for row in answer["results"]["bindings"]]
    return sorted(found, key=lambda row: sorted(row.items()))


def said(graphs: Iterable[str] = BOTH) -> list[str]:
    """What the parts of `one` say."""
    return sorted(row["o"] for row in rows("SELECT ?o { ?s <urn:test:says> ?o }", graphs))


class Canary:
    """Listens on loopback, and counts who connects."""

    def __init__(self) -> None:
        self.hits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
