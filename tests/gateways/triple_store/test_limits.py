"""What a stranger's query can cost, and reach: here without the guard too, since the kernel is to hold alone."""

import contextlib
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Store

from app.core.errors import Invalid, NotAcceptable, Unavailable
from app.gateways import triple_store
from app.gateways.triple_store import KeeperStore, QueryRefused, QueryTooCostly, evaluation, frames
from tests.gateways.triple_store.samples import BOTH, JSON, PUBLIC, RUNAWAY, Canary, fill, models, one, rows

CSV = "text/csv"
MEMORY = (
    'ASK { BIND("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" AS ?a) BIND(REPLACE(?a, "a", ?a) AS ?b) '
    'BIND(REPLACE(?b, "a", ?b) AS ?c) BIND(REPLACE(?c, "a", ?c) AS ?d) FILTER(STRLEN(?d) > 1) }'
)
DEEP = "SELECT * { FILTER(" + "(" * 40_000 + "1" + ")" * 40_000 + ") }"


def test_service_reaches_nobody_even_without_the_guard(store: KeeperStore, canary: Canary) -> None:
    fill([one("a", "yes")])
    for text in (
        f"SELECT * {{ SERVICE <{canary.url}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <{canary.url}> {{ ?s ?p ?o }} }}",
        f"ASK {{ BIND(<{canary.url}> AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}",
        f"PREFIX ex: <{canary.url}> SELECT * {{ ?s ?p trueSERVICEex:a {{ ?s ?p ?o }} }}",
        f"SELECT * FROM <{canary.url}> {{ ?s ?p ?o }}",
    ):
        with contextlib.suppress(QueryRefused):  # with SILENT, or where FROM is passed over, there is an empty answer
            store.query(text, BOTH, CSV)
    assert canary.hits == 0
    assert rows("SELECT ?o { ?s ?p ?o }") == [{"o": "yes"}]


def test_the_canary_sings_when_the_process_is_not_confined(canary: Canary) -> None:
    with pytest.raises(QueryRefused, match="could not be answered"):
        evaluation.run(Store(), f"SELECT * {{ SERVICE <{canary.url}> {{ ?s ?p ?o }} }}", BOTH, CSV)
    assert canary.hits > 0


def test_a_query_has_five_seconds_and_the_store_goes_on(store: KeeperStore) -> None:
    fill(models(500))
    for text in (
        RUNAWAY,
        "SELECT * { ?a (!<urn:x>|^!<urn:x>)* ?b . ?c (!<urn:x>|^!<urn:x>)+ ?d FILTER(?a = ?d && ?b = 1) }",
    ):
        started = time.monotonic()
        with pytest.raises(QueryTooCostly, match="within 5 s: add a LIMIT") as refusal:
            triple_store.query(text, BOTH, CSV)
        assert 4.5 < time.monotonic() - started < 7
        assert refusal.value.status == 422
    assert triple_store.mark() == "1"


def test_a_runaway_query_leaves_the_others_their_time(store: KeeperStore) -> None:
    fill(models(500))
    alone = _times(15)
    runaways = [threading.Thread(target=_run_away) for _ in range(2)]
    for thread in runaways:
        thread.start()
    time.sleep(1)  # the others are measured in the middle of their run
    beside = _times(15)
    assert all(thread.is_alive() for thread in runaways)
    for thread in runaways:
        thread.join(20)
    assert statistics.median(beside) < 3 * statistics.median(alone) + 0.01


def _run_away() -> None:
    with pytest.raises(QueryTooCostly):
        triple_store.query(RUNAWAY, BOTH, CSV)


def _times(count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.monotonic()
        rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        times.append(time.monotonic() - started)
    return times


def test_more_queries_than_places_wait_for_their_turn(store: KeeperStore) -> None:
    fill(models(500))
    outcomes: list[str] = []

    def run_away() -> None:
        try:
            triple_store.query(RUNAWAY, BOTH, CSV)
        except (QueryTooCostly, Unavailable) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run_away) for _ in range(10)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    process = store.process_id()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    assert len(children) == 4
    for thread in threads:
        thread.join(30)
    # four at once for 5 s; who waited for 5 s by then is told so, or has just got a place
    assert len(outcomes) == 10
    assert 4 <= outcomes.count("QueryTooCostly") <= 8
    assert rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [{"n": "5000"}]


def test_too_many_rows_are_an_error_and_never_cut(store: KeeperStore) -> None:
    text = "".join(f'<urn:t:{number}> <urn:p> "{number}" .\n' for number in range(10_001))
    fill([triple_store.Part("many", {PUBLIC: text})])
    for media_type in (CSV, "text/tab-separated-values", JSON, "application/sparql-results+xml"):
        with pytest.raises(QueryTooCostly, match="more than 10,000 rows"):
            triple_store.query("SELECT ?o { ?s ?p ?o }", BOTH, media_type)
        assert triple_store.query("SELECT ?o { ?s ?p ?o } LIMIT 10000", BOTH, media_type)
    with pytest.raises(QueryTooCostly, match="more than 10,000 rows"):
        triple_store.query("CONSTRUCT { ?s <p:> ?o } { ?s ?p ?o }", BOTH, "application/n-triples")
    lines = triple_store.query("CONSTRUCT { ?s <p:> ?o } { ?s ?p ?o } LIMIT 10000", BOTH, "application/n-triples")
    assert lines.count(b"\n") == 10_000


def test_the_same_triple_over_and_over_is_one_row_of_a_graph(store: KeeperStore) -> None:
    fill(models(200))
    answer = triple_store.query("CONSTRUCT { <a:> <b:> 1 } { ?a ?b ?c . ?d <urn:none>? ?d }", BOTH, "text/turtle")
    assert answer == b"<a:> <b:> 1 .\n"


def test_an_answer_over_a_megabyte_is_an_error(store: KeeperStore) -> None:
    fill([one("a", "x" * 600_000), one("b", "y" * 600_000)])
    assert len(triple_store.query("SELECT ?o { ?s ?p ?o } LIMIT 1", BOTH, CSV)) > 600_000
    for text, media_type in (("SELECT ?o { ?s ?p ?o }", CSV), ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "text/turtle")):
        with pytest.raises(QueryTooCostly, match="larger than 1,000,000 bytes"):
            triple_store.query(text, BOTH, media_type)


def test_a_query_that_eats_memory_ends_alone(store: KeeperStore) -> None:
    fill([one("a", "yes")])
    with pytest.raises(QueryTooCostly, match="more memory"):
        triple_store.query(MEMORY, BOTH, CSV)
    assert triple_store.mark() == "1"


def test_a_query_that_is_nested_too_deeply_ends_alone(store: KeeperStore) -> None:
    fill([one("a", "yes")])
    with pytest.raises(Invalid, match="nested too deeply"):
        triple_store.query(DEEP, BOTH, CSV)
    assert triple_store.mark() == "1"


def test_a_syntax_error_names_line_and_column(store: KeeperStore) -> None:
    fill([one("a", "yes")])
    with pytest.raises(QueryRefused, match=r"at 2:10") as refusal:
        triple_store.query("SELECT *\n{ ?s ?p }", BOTH, CSV)
    assert refusal.value.status == 400


def test_rdf_xml_is_refused_for_predicates_that_it_cannot_write(store: KeeperStore) -> None:
    fill([triple_store.Part("a", {PUBLIC: "<urn:a> <http://example.org/1> <urn:b> .\n"})])
    text = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
    with pytest.raises(NotAcceptable, match="ask for text/turtle"):
        triple_store.query(text, BOTH, "application/rdf+xml")
    assert triple_store.query(text, BOTH, "text/turtle") == b"<urn:a> <http://example.org/1> <urn:b> .\n"


def test_the_process_of_a_query_holds_one_descriptor_and_no_secret(
    store: KeeperStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of a test")
    fill(models(200))
    thread = threading.Thread(target=_run_away)
    thread.start()
    time.sleep(1)
    keeper = store.process_id()
    (child,) = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    links = {os.readlink(link) for link in Path(f"/proc/{child}/fd").iterdir()}
    assert {link.partition(":")[0] for link in links} == {"/dev/null", "pipe"}
    limits = Path(f"/proc/{child}/limits").read_text()
    assert "Max open files            0                    0" in limits
    assert b"a secret of a test" not in Path(f"/proc/{child}/environ").read_bytes()
    assert os.getpriority(os.PRIO_PROCESS, int(child)) == 19
    thread.join(20)


def test_an_asker_that_gives_up_ends_its_query(store: KeeperStore) -> None:
    fill(models(300))
    ours, theirs = socket.socketpair()
    socket.send_fds(store.connected(), [b"+"], [theirs.fileno()])
    theirs.close()
    ours.sendall(frames.request("query", text=RUNAWAY, graphs=list(BOTH), media_type=CSV))
    process = store.process_id()
    children = Path(f"/proc/{process}/task/{process}/children")
    _until(lambda: children.read_text().strip() != "")
    ours.close()
    started = time.monotonic()
    _until(lambda: children.read_text().strip() == "")
    assert time.monotonic() - started < 2


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
