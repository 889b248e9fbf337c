"""What is refused before any parser of a store sees it, and what is not."""

import contextlib
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from app.core.errors import Invalid
from app.gateways.triple_store import form_of
from tests.gateways.triple_store.samples import Canary

PREFIXES = (
    "BASE <urn:base:> PREFIX ex: <urn:test:> PREFIX : <urn:test:> PREFIX service: <urn:test:> PREFIX from: <urn:test:> "
)

CALLS_SERVICE = [
    "SERVICE <urn:x> { ?s ?p ?o }",
    "service ?x {}",
    "SeRvIcE?x{}",
    "SERVICE SILENT ex:a {}",
    "SERVICE<urn:x>{}",
    "{ SELECT * { { SELECT * { SERVICE ex:a {} } } } }",
    "OPTIONAL { SERVICE ex:a {} }",
    "FILTER EXISTS { SERVICE ex:a {} }",
    "# no SERVICE here\nSERVICE ex:a {}",
    "# ends at a carriage return\rSERVICE ex:a {}",
    "SERVICE # why\n ex:a # not\n {}",
    "?s ?p '#' . SERVICE ex:a {}",
    '?s ?p "\\"" . SERVICE ex:a {}',
    "?s ?p 'it\\'s' . SERVICE ex:a {}",
    '?s ?p """a"b""c""" . SERVICE ex:a {}',
    "?s ?p '''a'b''c''' . SERVICE ex:a {}",
    '?s ?p """" . SERVICE ex:a {} # """ . SERVICE ex:a {}',
    "?s ?p <urn:#> . SERVICE ex:a {}",
    "?s ?p <urn:'> . SERVICE ex:a {} # '",
    r"SERV\u0049CE ex:a {}",
    r"\U00000053ERVICE ex:a {}",
    r"?s ?p 'a\u0027 . SERVICE ex:a {} # '",
    r"# \u000a SERVICE ex:a {}",
    # two words in one
    "SERVICEex:a {}",
    "SERVICE:a{}",
    "SERVICESILENTex:a{}",
    "SERVICE SILENTex:a{}",
    "?s ?p trueSERVICE ex:a {}",
    "?s ?p trueSERVICEex:a {}",
    "?s ?p false.SERVICE:a {}",
    "?s ?p 1SERVICE ex:a {}",
    "?s ?p 1.0e5SERVICE ex:a {}",
    "?s ?p ()SERVICE ex:a {}",
    # < is less-than for one parser, and opens an IRI for another
    "FILTER(1<2)SERVICE#>\n ex:a {}",
    "FILTER(?x<?y)SERVICE#>\n?s {}",
    "FILTER(1<2)SERVICE?s#>\n{}",
    "FILTER(1<2)SERVICEex:a#>\n{}",
    "FILTER(1<2)SERVICE:a#>\n#\n{}",
    "FILTER(1<2)SERVICE#>\nSILENT ex:a {}",
    "FILTER(1<2)SERVICE#>\nSILENTex:a{}",
    "FILTER(1<2)SERVICE#>\n<urn:x> {}",
    r"FILTER(1<2)SERV\u0049CE#>" + "\n ex:a {}",
    "FILTER(1<2&&3<4)SERVICE#>\n ex:a {}",
    # a name that ends at a dot, for one parser
    "?s ?p :.SERVICE?x {}",
    "?s ?p ex:.SERVICE ex:a {}",
    "?s ?p ex:a.b.SERVICE ex:a {}",
    "?s ?p ex:a.b.SERVICE:a {}",
    "?s ?p _:a.b.SERVICE ex:a {}",
    "\u017fERVICE ex:a {}",
]
HARMLESS = [
    "?service ex:service ?SERVICE . $service :service-from.delete ?o",
    "?s service:p ?o ; service:load from:insert .",
    "GRAPH service:x { ?s ?p ?o }",
    "?s <http://example.org/service/a> ?o . <service> <#service> <urn:service> .",
    "<urn:a/service?x=1> ?p <urn:SERVICE:b> . ?a <from> <LOAD>",
    "?s ?p 'SERVICE ex:a {}', \"SERVICE ex:a {}\" .",
    "?s ?p '''SERVICE \n ex:a {} ' ''' .",
    '?s ?p """a "quoted" SERVICE ex:a {} \\""" FROM """ .',
    "?s ?p 'x'@en-service, 'x'@from .",
    "?s ?p _:service, _:from .",
    "# SERVICE ex:a {} FROM <urn:x> DELETE\n ?s ?p ?o",
    "FILTER(?service<?from && ?x > 1) ?s ?p ?o",
    "FILTER(?service < 3) FILTER(?service <= 3) ?s ?p ?o",
    r"?s ?p 'C:\\users\\Service' . ",
    r'?s ?p "\u0022 SERVICE ex:a {} " .',
    r"?s ?p '\u00e9t\u00E9' . ?s <urn:\u0041> ?o",
    "<http://example.org/o'brien/service> ?p 'a'",
    "?s ex:a\\.b%20c ?o . ?s ex:a.b ?o .",
    "?s ?p 1.0e5, .5, 5, -1, +2.0 .",
    "?s ex:p/^ex:q*|!(ex:r|^ex:s)+ ?o",
]


def wrapped(body: str, form: str = "SELECT *") -> str:
    return f"{PREFIXES}{form} {{ {body} }}"


@pytest.mark.parametrize("body", CALLS_SERVICE)
def test_service_is_refused_however_it_is_hidden(body: str) -> None:
    with pytest.raises(Invalid, match="SERVICE is not possible here") as refusal:
        form_of(wrapped(body))
    assert refusal.value.status == 400
    assert [error.pointer for error in refusal.value.errors] == ["query"]


@pytest.mark.parametrize("body", HARMLESS)
def test_words_that_only_look_like_keywords_stay_possible(body: str) -> None:
    assert form_of(wrapped(body)) == "SELECT"
    assert form_of(wrapped(body, "ASK")) == "ASK"


@pytest.mark.parametrize("text", [wrapped(body) for body in HARMLESS])
def test_the_harmless_texts_are_valid_sparql(text: str) -> None:
    Store().query(text)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:9/>",
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "PREFIX ex: <urn:x> WITH ex:g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "drop all",
        "CREATE GRAPH <urn:x>",
        "ADD <urn:a> TO <urn:b>",
        "MOVE <urn:a> TO <urn:b>",
        "COPY DEFAULT TO <urn:b>",
        "SELECT * { ?s ?p ?o } ; DROP ALL",
        r"# \u000a DROP ALL",
        "BASE <urn:x> # SELECT\nDELETE DATA { <urn:a> <urn:b> 1 }",
    ],
)
def test_updates_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="only queries are answered here"):
        form_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM <urn:a> { ?s ?p ?o }",
        "SELECT * from named <urn:a> { GRAPH ?g { ?s ?p ?o } }",
        "DESCRIBE <urn:a> FROM <file:///etc/passwd>",
        "CONSTRUCT FROM <urn:a> WHERE { ?s ?p ?o }",
        "SELECT*FROM<urn:a>{}",
        r"SELECT * FR\u004fM <urn:a> {}",
    ],
)
def test_from_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="FROM NAMED are not possible"):
        form_of(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT*{}", "SELECT"),
        ("select?x{}", "SELECT"),
        ("ASK{}", "ASK"),
        (
            "# a comment\nBASE <urn:a> PREFIX select: <urn:b>\nPREFIX : <urn:c> CONSTRUCT WHERE { ?s ?p ?o }",
            "CONSTRUCT",
        ),
        ("Describe <urn:a>", "DESCRIBE"),
    ],
)
def test_the_form_is_the_first_word_after_the_prefixes(text: str, form: str) -> None:
    assert form_of(text) == form


@pytest.mark.parametrize(
    "text", ["", " ", "# SELECT", "PREFIX", "PREFIX ex:", "BASE", "{}", "?SELECT", "'SELECT'", "SELECTED"]
)
def test_a_text_without_a_form_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="begins with SELECT"):
        form_of(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT * { ?s ?p 'a }", "has no end"),
        ('SELECT * { ?s ?p "a\n" }', "has no end"),
        ("SELECT * { ?s ?p '''a }", "has no end"),
        (r"SELECT * { ?s ?p '\UFFFFFFFF' }", "is no character"),
        ("SELECT * { ?s ?p '\ud800' }", "surrogate"),
        ("SELECT * { ?s ex:" + "a" * 2_000 + " ?o }", "longer than 2,000"),
        ("SELECT * {" + " " * 100_000 + "}", "at most 100,000"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        form_of(text)


@pytest.mark.parametrize(
    "piece",
    ["<", "<a>", '"', '\\"', "a.", ".", "ex:.", "1e", "#\n", "<service#>\n", "<'''", '<a\'"""b>', "service:a#\n", "(",
     "<'>", "a:", "<service:a#>\n", "'a\\", "\\u0027", "<x:a....", "$", "@a-", "_:a.", ":.service", "<x:.service", "%",
     "a" * 300 + ":"],
)  # fmt: skip
def test_no_text_takes_long_to_read(piece: str) -> None:
    for opening in ("SELECT * {", 'SELECT * {"""'):
        text = (opening + piece * 100_000)[:100_000]
        started = time.process_time()
        with contextlib.suppress(Invalid):
            form_of(text)
        assert time.process_time() - started < 3  # seconds; reading in square time would take minutes


CASES = st.lists(st.booleans(), min_size=7, max_size=7)
SPACE = st.sampled_from([" ", "\n", "\t", "#\n", "# SELECT\r", "\r\n", "  "])
TARGET = st.sampled_from(["?x", "$y", "<urn:x>", "ex:a", ":a", "SILENT ex:a", "silent?x"])
BEFORE = st.sampled_from(
    ["", "?s ?p ?o .", "?s ?p 1 ", "?s ?p true", "{}", "FILTER(?a<?b)", "BIND(1 AS ?c)", "?s ?p 'a\"b'.", "OPTIONAL{}"]
)


@settings(max_examples=300, deadline=None)
@given(upper=CASES, escaped=CASES, gap=SPACE, target=TARGET, before=BEFORE, again=SPACE)
def test_every_spelling_of_service_is_refused(
    upper: list[bool], escaped: list[bool], gap: str, target: str, before: str, again: str
) -> None:
    letters = [letter.upper() if up else letter for letter, up in zip("service", upper, strict=True)]
    word = "".join(f"\\u{ord(c):04x}" if hide else c for c, hide in zip(letters, escaped, strict=True))
    with pytest.raises(Invalid):
        form_of(wrapped(f"{before}{word}{gap}{target}{again}{{ ?s ?p ?o }}"))


QUOTED = st.text(st.sampled_from(list("SERVICEfrom <>{}#'?x:\\\"\n")), max_size=30)


@settings(max_examples=300, deadline=None)
@given(value=QUOTED, quote=st.sampled_from(['"', "'", '"""', "'''"]))
def test_what_stands_in_a_string_is_never_refused(value: str, quote: str) -> None:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace(quote[0], "\\" + quote[0])
    text = wrapped(f"?s ?p {quote}{escaped}{quote}")
    Store().query(text)
    assert form_of(text) == "SELECT"


FRAGMENTS = [
    "SERVICE", "service", "SERVICE ", "SILENT", "ex:a", ":a", "?s", "<2)", "#>\n", "#", "\n", "{", "}", "{}", " ", ".",
    "FILTER(1", ")", "(", "true", "1", "?s ?p ", "'", '"', '"""', "\\u0053", "GRAPH ", "<", ">", "<urn:x>", "OPTIONAL",
    "DESCRIBE ", "UNION", "\\", "@en", "^^", "a.", "1.", "_:b", ":.", "ex:a.b.", "SERVICE{}",
    "service:", "FILTER(1<2)", "VALUES ?x {",
    "BIND(1 AS ?v)", "MINUS",
]  # fmt: skip


def test_what_the_guard_lets_through_never_calls_service_in_oxigraph(canary: Canary) -> None:
    """Random texts of telling pieces, really run without any other guard: who connects was refused before."""
    chance = random.Random(20_211)
    prefixes = f"PREFIX ex: <{canary.url}> PREFIX : <{canary.url}> PREFIX service: <{canary.url}> SELECT * {{ "
    calls, store = 0, Store()
    for _ in range(20_000):
        pieces = chance.choices(FRAGMENTS, k=chance.randint(1, 5))
        text = prefixes + "".join([*pieces, chance.choice(["", "{}", " ex:a{}", "ex:a {}", "\nex:a{}"])]) + " }"
        seen = canary.hits
        with contextlib.suppress(SyntaxError, OSError, RuntimeError, ValueError):
            list(store.query(text))
        if canary.hits == seen:
            continue
        calls += 1
        with pytest.raises(Invalid):
            form_of(text)
    assert calls > 50, "too few of these texts call SERVICE to say anything"
