"""The same assertions about the in-memory store and a real SPARQL 1.1 server, Apache Jena Fuseki."""

import json
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from app.core.errors import Invalid, NotAcceptable
from app.gateways import triple_store
from app.gateways.triple_store import NotLoaded, Part, QueryRefused, QueryTooCostly
from tests.gateways.triple_store.samples import (
    BOTH,
    INTERNAL,
    JSON,
    PUBLIC,
    QUESTION,
    RUNAWAY,
    Canary,
    fill,
    model,
    models,
    one,
    rows,
    said,
)

HIDDEN = "urn:test:hidden"
EVERYTHING = "SELECT ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.fixture(params=["child", "fuseki"], scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    url = "child://" if request.param == "child" else request.getfixturevalue("fuseki")
    triple_store.configure(url)
    yield url
    triple_store.close()


@pytest.fixture(autouse=True)
def _empty(url: str) -> None:
    triple_store.forget()


@pytest.fixture
def canary() -> Iterator[Canary]:
    watching = Canary()
    yield watching
    watching.close()


def test_an_empty_store_has_no_mark_and_answers_nothing() -> None:
    triple_store.check()
    assert triple_store.mark() is None
    with pytest.raises(NotLoaded, match="being filled"):
        triple_store.query("ASK {}", BOTH, "text/csv")


def test_parts_are_replaced_added_and_taken_away() -> None:
    assert triple_store.replace([one("a", "1"), one("b", "2")], before=None, after="first")
    assert (triple_store.mark(), said()) == ("first", ["1", "2"])
    changes = [one("a", "one"), Part("b", {}), one("c", "three"), Part("never", {})]
    assert triple_store.replace(changes, before="first", after="second")
    assert (triple_store.mark(), said()) == ("second", ["one", "three"])
    assert triple_store.replace([], before="second", after="third")
    assert (triple_store.mark(), said()) == ("third", ["one", "three"])


def test_a_part_moves_from_one_graph_to_another() -> None:
    fill([one("a", "moves", PUBLIC), one("b", "stays", PUBLIC)])
    assert triple_store.replace([one("a", "moves", INTERNAL)], before="1", after="2")
    assert (said([PUBLIC]), said([INTERNAL])) == (["stays"], ["moves"])


def test_filling_an_empty_store_with_nothing_sets_the_mark() -> None:
    fill([])
    assert triple_store.mark() == "1"
    assert said() == []


def test_a_write_on_another_mark_changes_nothing() -> None:
    fill([one("a", "1")])
    for before in ("0", "2", None):
        assert triple_store.replace([one("a", "lost")], before=before, after="9") is False
    assert (triple_store.mark(), said()) == ("1", ["1"])


def test_a_bad_part_changes_nothing() -> None:
    fill([one("a", "1")])
    for text in (
        "no triples",
        '<urn:x> <urn:p> "a" . } ; DROP ALL',
        "<urn:x> <urn:p> <a b> .",
        '_:b <urn:p> "1" .',
        "<urn:s> <urn:p> _:b .",
    ):
        with pytest.raises(ValueError, match=r"N-Triples|blank node"):
            triple_store.replace([one("a", "2"), Part("x", {PUBLIC: text})], before="1", after="2")
    assert (triple_store.mark(), said()) == ("1", ["1"])


@pytest.mark.parametrize(
    "value",
    [
        r"\u0022 } } ; DROP ALL #", r"\\u0022", r"\\\u005c", r"\U0001F600", "quote \" and ' and \\", "line\nend\r\ttab",
        "é 😀 \u0007",
        "' ''' \"\"\"", "{ } <a> # $x", "\\",
    ],
)  # fmt: skip
def test_values_come_back_as_they_were(value: str) -> None:
    escaped = json.dumps(value, ensure_ascii=False).replace("\\/", "/")
    key = f"odd {value}"
    text = f"<urn:test:odd> <urn:test:says> {escaped} .\n"
    fill([Part(key, {PUBLIC: text}), one("b", "beside")])
    assert said() == sorted([value, "beside"])
    assert triple_store.replace([Part(key, {PUBLIC: text.replace("odd", "odd2")})], before="1", after=f"2 {value}")
    assert triple_store.mark() == f"2 {value}"
    assert said() == sorted([value, "beside"])
    assert triple_store.replace([Part(key, {})], before=f"2 {value}", after="3")
    assert said() == ["beside"]


def test_a_query_sees_only_the_graphs_that_it_is_given() -> None:
    fill([one("a", "public"), one("b", "internal", INTERNAL), one("c", "hidden", HIDDEN)])
    assert said([PUBLIC]) == ["public"]
    assert said(BOTH) == ["internal", "public"]
    assert said([]) == []
    assert rows("SELECT ?g { GRAPH ?g { ?s ?p ?o } }", BOTH) == [{"g": INTERNAL}, {"g": PUBLIC}]
    assert rows("SELECT ?g { GRAPH ?g { ?s ?p ?o } }", []) == []
    for text in (
        EVERYTHING,
        f"SELECT ?o {{ GRAPH <{HIDDEN}> {{ ?s ?p ?o }} }}",
        f"SELECT ?o {{ BIND(IRI(CONCAT('{HIDDEN}', '')) AS ?g) GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT ?o { GRAPH <urn:quaymaster:state> { ?s ?p ?o } }",
        "SELECT ?o { GRAPH <urn:x-arq:UnionGraph> { ?s ?p ?o } }",
        "SELECT ?o { VALUES ?g { <urn:x-arq:UnionGraph> <urn:x-arq:DefaultGraph> } GRAPH ?g { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?o) { ?s <urn:test:says> 'hidden' }",
        "SELECT ?o { ?s (<urn:none>|!<urn:none>)* ?o }",
    ):
        found = {value for row in rows(text, [PUBLIC]) for value in row.values()}
        assert found <= {"public", "0", "urn:test:a", "urn:test:says"}, text
    assert b"hidden" not in triple_store.query("DESCRIBE <urn:test:c> ?s { ?s ?p ?o }", BOTH, "application/n-triples")


def test_the_eight_pattern_question_is_answered() -> None:
    fill(models(300))
    expected = {f"urn:test:model/{n}": (n * 7919 % 10_000) / 10_000 for n in range(3, 300, 20)}
    found = {row["model"]: float(row["value"]) for row in rows(QUESTION)}
    assert found == {iri: value for iri, value in expected.items() if value > 0.99}
    assert triple_store.replace([Part("model/3", {INTERNAL: model(3, 0.999)})], before="1", after="2")
    assert {row["model"]: float(row["value"]) for row in rows(QUESTION)}["urn:test:model/3"] == 0.999


def test_select_is_answered_in_all_its_formats() -> None:
    fill([one("a", r"x,\"y\"\n"), one("b", "z")])
    text = "SELECT ?o ?none { ?s ?p ?o } ORDER BY ?o"
    answers = {kind: triple_store.query(text, BOTH, kind) for kind in triple_store.formats_of("SELECT")}
    table = json.loads(answers[JSON])
    assert table["head"]["vars"] == ["o", "none"]
    assert [row["o"]["value"] for row in table["results"]["bindings"]] == ['x,"y"\n', "z"]
    assert answers["text/csv"] == b'o,none\r\n"x,""y""\n",\r\nz,\r\n'
    assert answers["text/tab-separated-values"] == b'?o\t?none\n"x,\\"y\\"\\n"\t\n"z"\t\n'
    results = ET.fromstring(answers["application/sparql-results+xml"])
    assert [element.text for element in results.iter("{http://www.w3.org/2005/sparql-results#}literal")] == [
        'x,"y"\n',
        "z",
    ]


def test_ask_is_answered_in_all_its_formats() -> None:
    fill([one("a", "1")])
    for text, truth in (("ASK { ?s ?p '1' }", "true"), ("ASK { ?s ?p '2' }", "false")):
        assert json.loads(triple_store.query(text, BOTH, JSON))["boolean"] is (truth == "true")
        assert triple_store.query(text, BOTH, "text/csv") == truth.encode()
        assert triple_store.query(text, BOTH, "text/tab-separated-values") == truth.encode()
        assert f"<boolean>{truth}<".encode() in triple_store.query(text, BOTH, "application/sparql-results+xml")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own JSON-LD parser uses it
@pytest.mark.parametrize("text", ["CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }"])
def test_graphs_are_answered_in_all_their_formats(text: str) -> None:
    fill([Part("m", {PUBLIC: model(1)}), one("b", "ü")])
    expected = Graph().parse(data=model(1) + one("b", "ü").graphs[PUBLIC], format="nt")
    names = {
        "application/ld+json": "json-ld",
        "application/rdf+xml": "xml",
        "application/n-triples": "nt",
        "text/turtle": "turtle",
    }
    for kind in triple_store.formats_of("CONSTRUCT"):
        found = Graph().parse(data=triple_store.query(text, BOTH, kind), format=names[kind])
        assert isomorphic(found, expected), kind


def test_a_form_is_not_answered_in_the_formats_of_another() -> None:
    fill([])
    for text, kind in (("SELECT * {}", "text/turtle"), ("DESCRIBE <urn:x>", "text/csv"), ("ASK {}", "text/html")):
        with pytest.raises(NotAcceptable, match="ask for one of"):
            triple_store.query(text, BOTH, kind)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <CANARY> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE SILENT <CANARY> { ?s ?p ?o } } } }",
        "SELECT * { # SERVICE\n SERVICE <CANARY> {} }",
        "SELECT * { \\u0053ERVICE <CANARY> {} }",
        "PREFIX c: <CANARY> SELECT * { SERVICEc:a {} }",
        "PREFIX c: <CANARY> SELECT * { FILTER(1<2)SERVICE#>\n c:a {} }",
        "SELECT * FROM <CANARY> { ?s ?p ?o }",
        "SELECT * FROM NAMED <CANARY> { GRAPH ?g { ?s ?p ?o } }",
        "LOAD <CANARY>",
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
    ],
)
def test_what_reaches_out_or_changes_is_refused(text: str, canary: Canary) -> None:
    fill([one("a", "1")])
    with pytest.raises(QueryRefused) as refusal:
        triple_store.query(text.replace("CANARY", canary.url), BOTH, "text/csv")
    assert refusal.value.status == 400
    assert canary.hits == 0
    assert said() == ["1"]


def test_a_syntax_error_is_400_with_the_place() -> None:
    fill([])
    with pytest.raises(QueryRefused, match=r"at (2:\d+|line 2, column \d+)"):
        triple_store.query("SELECT *\n{ ?s ?p }", BOTH, "text/csv")


def test_a_runaway_query_ends_after_five_seconds() -> None:
    fill(models(300))
    started = time.monotonic()
    with pytest.raises(QueryTooCostly, match="within 5 s"):
        triple_store.query(RUNAWAY, BOTH, "text/csv")
    assert 4.5 < time.monotonic() - started < 9
    assert rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [{"n": "3000"}]


def test_rows_and_bytes_are_limited_and_never_cut() -> None:
    many = "".join(f'<urn:t:{number}> <urn:p> "{number}" .\n' for number in range(10_001))
    fill([Part("many", {PUBLIC: many}), one("a", "x" * 1_000_001, INTERNAL)])
    for text, kind in (
        ("SELECT ?o { ?s ?p ?o }", "text/csv"),
        ("CONSTRUCT { ?s <p:> ?o } { ?s ?p ?o }", "application/n-triples"),
    ):
        with pytest.raises(QueryTooCostly, match="more than 10,000 rows"):
            triple_store.query(text, [PUBLIC], kind)
        assert triple_store.query(f"{text} LIMIT 10000", [PUBLIC], kind).count(b"\n") >= 10_000
        with pytest.raises(QueryTooCostly, match="larger than 1,000,000 bytes"):
            triple_store.query(text, [INTERNAL], kind)


def test_of_racing_writers_exactly_one_wins() -> None:
    fill([one("a", "0")])
    for turn in range(1, 6):
        wins = _race([one("a", f"{turn}.{number}") for number in range(6)], before=str(turn), after=str(turn + 1))
        assert wins.count(True) == 1
        assert said() == [f"{turn}.{wins.index(True)}"]


def test_of_racing_fillers_one_wins_and_nothing_is_mixed() -> None:
    wins = _race([one(f"k{number}", f"of {number}") for number in range(4)], before=None, after="1")
    assert wins.count(True) == 1
    assert said() == [f"of {wins.index(True)}"]
    assert triple_store.mark() == "1"


def _race(parts: list[Part], before: str | None, after: str) -> list[bool]:
    outcomes: dict[int, bool] = {}
    start = threading.Barrier(len(parts))

    def write(number: int) -> None:
        start.wait()
        outcomes[number] = triple_store.replace([parts[number]], before=before, after=after)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [outcomes[number] for number in range(len(parts))]


def test_readers_never_take_half_a_store_for_a_whole() -> None:
    counts: set[str] = set()
    over = threading.Event()
    failed: list[BaseException] = []

    def read() -> None:
        while not over.is_set():
            try:
                counts.add(rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"])
            except NotLoaded:
                continue
            except BaseException as error:
                failed.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        fill(models(4_100))  # more than one request's worth
    finally:
        time.sleep(0.5)  # what it reads after the end counts as well
        over.set()
        reader.join(20)
    assert failed == []
    assert counts == {"41000"}
    assert isinstance(triple_store.mark(), str)


def test_the_errors_are_those_of_a_wrong_field() -> None:
    assert issubclass(QueryRefused, Invalid) and issubclass(QueryTooCostly, Invalid)
