"""RDF that users send: what is taken, and every attack that must end in a plain refusal within a second."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from app.core.errors import DomainError, Invalid, Malformed, UnsupportedMediaType
from app.semantics.graph import describe_model
from app.semantics.reading import MAX_BYTES, MAX_LITERAL, MAX_TERMS, MAX_TRIPLES, READERS, read
from app.semantics.vocabulary import DCT, XSD
from app.semantics.writing import FORMATS, lines, serialise
from tests.semantics.graph_facts import BASE, MODEL_IRI, OTHER_IRI, model

pytestmark = pytest.mark.usefixtures("no_connections")
ME = MODEL_IRI
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
TITLE = DCT.title.value
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ENTITIES = "".join(f'<!ENTITY {chr(97 + n)} "&{chr(96 + n)};&{chr(96 + n)};">' for n in range(1, 20))
END = "</rdf:RDF>"
NEAR = '<rdf:Description rdf:about="#x"><e:p>v</e:p></rdf:Description>'


def take(text: str, name: str = "turtle") -> tuple[Triple, ...]:
    return read(text.encode(), FORMATS[name], ME)


def refused(text: str | bytes, name: str, kind: type[DomainError] = DomainError) -> DomainError:
    body = text if isinstance(text, bytes) else text.encode()
    start = time.perf_counter()
    with pytest.raises(kind) as raised:
        read(body, FORMATS[name], ME)
    assert time.perf_counter() - start < 1
    assert raised.value.status in (400, 422)
    assert len(raised.value.detail) < 1000
    return raised.value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("turtle", f'<> <{TITLE}> "t" . <#x> a <http://e/C> .'),
        ("turtle", f'<{ME}> <{TITLE}> "t" . @prefix t: <#> . t:x a <http://e/C> .'),
        ("ntriples", f'<{ME}> <{TITLE}> "t" .\n<{ME}#x> <{TYPE}> <http://e/C> .'),
        ("nquads", f'<{ME}> <{TITLE}> "t" .\n<{ME}#x> <{TYPE}> <http://e/C> .'),
        ("rdfxml", f'<?xml version="1.0" encoding="utf-8"?><!-- c -->{RDF}<e:C rdf:about="#x"/><rdf:Description rdf:about="">'
         f'<d:title xmlns:d="http://purl.org/dc/terms/"><![CDATA[t]]></d:title></rdf:Description>{END}'),
        ("jsonld", '{"@context": {"d": "http://purl.org/dc/terms/"}, "@graph": [{"@id": "", "d:title": "t"}, '
         '{"@id": "#x", "@type": "http://e/C"}]}'),
        ("jsonld", '[{"@id": "", "http://purl.org/dc/terms/title": "t"}, {"@id": "#x", "@type": ["http://e/C"]}]'),
    ],
)  # fmt: skip
def test_every_format_is_read_with_relative_iris(name: str, text: str) -> None:
    assert set(take(text, name)) == {
        Triple(NamedNode(ME), DCT.title, Literal("t")),
        Triple(NamedNode(f"{ME}#x"), NamedNode(TYPE), NamedNode("http://e/C")),
    }


@pytest.mark.parametrize("name", FORMATS)
def test_what_we_write_of_a_thing_can_be_read_back(name: str) -> None:
    found = describe_model(model(), BASE).triples
    body = serialise(lines(found), FORMATS[name], ME)
    if name == "nquads":
        assert "named graph" in refused(body, name, Invalid).detail
        return
    assert read(body, FORMATS[name], ME) == found


def test_values_keep_their_types_and_languages() -> None:
    triples = take('<> <http://e/p> 1, 1.5, true, "a"@en, "é\\u0000\\n" .')
    assert {triple.object for triple in triples} == {
        Literal("1", datatype=XSD.integer),
        Literal("1.5", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
        Literal("true", datatype=XSD.boolean),
        Literal("a", language="en"),
        Literal("é\x00\n"),
    }


@pytest.mark.parametrize(
    "subject",
    [OTHER_IRI, f"{ME}x", ME[:-1], f"{ME}/x", f"{ME}?x", "http://e/x", ME.upper(), "urn:x", ME.replace("quay", "Quay")],
)
def test_only_the_thing_and_its_fragments_may_be_spoken_of(subject: str) -> None:
    error = refused(f'<> <http://e/p> <http://e/o> . <{subject}> <http://e/p> "x" .', "turtle", Invalid)
    assert subject in error.detail and ME in error.detail
    assert error.errors


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("turtle", "<> <http://e/p> [] ."),
        ("turtle", "_:a <http://e/p> 1 ."),
        ("turtle", "<> <http://e/p> (1 2) ."),
        ("rdfxml", f"{RDF}<rdf:Description><e:p>v</e:p></rdf:Description>{END}"),
        ("jsonld", '{"http://e/p": 1}'),
        ("jsonld", '{"@id": "", "http://e/p": {"@list": [1]}}'),
    ],
)
def test_nodes_without_an_iri_are_refused_with_the_remedy(name: str, text: str) -> None:
    assert f"{ME}#part" in refused(text, name, Invalid).detail


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("rdfxml", f'<!DOCTYPE x [<!ENTITY a "b">]>{RDF}{NEAR}{END}', "DOCTYPE"),
        ("rdfxml", f'<!doctype x SYSTEM "http://127.0.0.1:9/x">{RDF}{NEAR}{END}', "DOCTYPE"),
        ("rdfxml", f'<?xml version="1.0"?>\n<!DOCTYPE x PUBLIC "a" "file:///etc/passwd">{RDF}{NEAR}{END}', "DOCTYPE"),
        ("rdfxml", f'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>{RDF}{NEAR}{END}', "DOCTYPE"),
        ("rdfxml", f'<?xml version="1.0" encoding="UTF-16"?>{RDF}{NEAR}{END}', "encoding"),
        ("rdfxml", f"{RDF}{NEAR}", "not closed"),
        ("rdfxml", f"{RDF}{NEAR}{END}{END}", "not closed"),
        ("rdfxml", f"{RDF}{'<e:a><e:p>' * 9000}", "nested"),
        ("rdfxml", RDF + "<!--</e:a></e:a>-->".join(["<e:a>"] * 6000), "nested"),
        ("rdfxml", RDF + "<![CDATA[</e:a></e:a>]]>".join(["<e:a>"] * 5000), "nested"),
        ("rdfxml", RDF + '<e:a e:b="</e:a>">' * 9000, "nested"),
        ("rdfxml", RDF + "<rdf:Description " + " ".join(f'e:a{n}="x"' for n in range(14000)) + f"/>{END}", "attributes"),
        ("rdfxml", '<"' * 90000, "never ends"),
        ("rdfxml", "<!--" * 40000, "never ends"),
        ("rdfxml", "<a " + "'\"" * 90000, "never ends"),
        ("rdfxml", f"{RDF}&unknown;{END}", "cannot be read"),
        ("jsonld", '{"@context": "http://127.0.0.1:9/context", "@id": ""}', "http://127.0.0.1:9/context"),
        ("jsonld", '{"@context": "file:///etc/passwd", "@id": ""}', "file:///etc/passwd"),
        ("jsonld", '{"@context": [{}, "https://schema.org"], "@id": ""}', "https://schema.org"),
        ("jsonld", '{"@context": {"@import": "https://schema.org"}, "@id": ""}', "https://schema.org"),
        ("jsonld", '{"@context": "http://127.0.0.1:9/x", "@context": {}, "@id": ""}', "says nothing"),
        ("jsonld", '{"@id": "", "http://e/p": {"@context": "http://127.0.0.1:9/x"}}', "@context inside"),
        ("jsonld", '{"@context": {"a": {"@id": "http://e/a", "@context": "http://e/"}}, "@id": ""}', "@context inside"),
        ("jsonld", '{"@context":{' + ",".join(f'"t{n}":"t{n + 1}:a"' for n in range(5000)) + '},"@id":"","t0":"v"}', "terms"),
        ("jsonld", '{"@context":[' + ",".join(["{}"] * 9000) + '],"@id":"","http://e/p":"v"}', "terms"),
        ("jsonld", '{"@id":"","http://e/p":' * 3000 + "1" + "}" * 3000, "depth limit"),
        ("jsonld", '{"@id":"","http://e/p":' * 500 + "1" + "}" * 500, "nested"),
        ("jsonld", "[" * 90000 + "]" * 90000, "depth limit"),
        ("jsonld", '{"@id": "", "http://e/p": "\\ud800"}', "no JSON"),
        ("jsonld", '{"@id": "#a b", "http://e/p": 1}', "'#a b' has a character"),
        ("jsonld", '{"@id": "", "http://e/p": {"@id": "http://e/\\n"}}', "has a character"),
        ("jsonld", '{"@id": "", "@type": ["http://e/C D"]}', "has a character"),
        ("jsonld", '{"@id": "", "name": "a term that no context has"}', "says nothing"),
        ("jsonld", '{"@id": "", "http://e/p": 1e400}', "no JSON"),
        ("jsonld", "{", "no JSON"),
        ("turtle", "<#a b> <http://e/p> 1 .", "cannot be read"),
        ("turtle", "<#a\\u000Ab> <http://e/p> 1 .", "cannot be read"),
        ("turtle", "<> <http://e/p> <http://e/\\u0020> .", "cannot be read"),
        ("turtle", '<> <http://e/p> "\\uD800" .', "cannot be read"),
        ("turtle", "<> <http://e/p> " + "(" * 190_000, "more than 1000"),
        ("turtle", "<> <http://e/p> " + "[<http://e/p> " * 12_000, "cannot be read"),
        ("turtle", "<> <http://e/p> 'x'@en--ltr .", "base direction"),
        ("turtle", "<> <http://e/p> <<( <#a> <#b> <#c> )>> .", "about a statement"),
        ("ntriples", f"<{ME}> <http://e/p> " + "<<( <http://a> <http://b> " * 7000, "cannot be read"),
        ("ntriples", "<x> <http://e/p> 1 .", "cannot be read"),
        ("nquads", f'<{ME}> <http://e/p> "x" <http://e/g> .', "named graph"),
        ("jsonld", '{"@id": "#g", "http://e/p": 1, "@graph": [{"@id": "", "http://e/p": 1}]}', "named graph"),
        ("turtle", "", "empty"),
        ("rdfxml", " \n", "empty"),
        ("jsonld", "", "empty"),
        ("turtle", "# only words", "says nothing"),
    ],
)  # fmt: skip
def test_hostile_input_is_refused_at_once_and_reaches_nothing(name: str, text: str, says: str) -> None:
    assert says in refused(text, name).detail


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("body", [b"\xff\xfe<\x00", b'"\xed\xa0\x80"', b"\xc3", "<>".encode("utf-16")])
def test_what_is_no_utf_8_is_refused_with_its_place(name: str, body: bytes) -> None:
    assert "no UTF-8" in refused(body, name, Malformed).detail


@pytest.mark.parametrize("name", FORMATS)
def test_large_bodies_are_refused_before_they_are_read(name: str) -> None:
    assert str(MAX_BYTES) in refused(b" " * (MAX_BYTES + 1), name, Invalid).detail


def test_the_number_of_triples_is_limited() -> None:
    values = ", ".join(map(str, range(MAX_TRIPLES)))
    assert len(take(f"<> <http://e/p> {values} .")) == MAX_TRIPLES
    assert str(MAX_TRIPLES) in refused(f"<> <http://e/p> {values}, -1 .", "turtle", Invalid).detail


def test_the_length_of_values_and_iris_is_limited() -> None:
    assert len(take(f'<> <http://e/p> "{"é" * MAX_LITERAL}" .')) == 1
    assert str(MAX_LITERAL) in refused(f'<> <http://e/p> "{"é" * (MAX_LITERAL + 1)}" .', "turtle", Invalid).detail
    assert "longer than" in refused(f"<> <http://e/p> <http://e/{'x' * 2000}> .", "turtle", Invalid).detail
    assert "longer than" in refused(f'<> <http://e/p> "1"^^<http://e/{"x" * 2000}> .', "turtle", Invalid).detail


def test_as_many_terms_as_are_allowed_are_read_even_in_a_chain() -> None:
    terms = ",".join(f'"t{n}":"t{n + 1}:a"' for n in range(MAX_TERMS - 2))
    body = f'{{"@context":{{{terms},"t{MAX_TERMS - 2}":"http://e/"}},"@id":"","t0":"v"}}'
    assert len(take(body, "jsonld")) == 1


def test_another_media_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnsupportedMediaType, match="text/turtle"):
        read(b"x", "text/html", ME)


@settings(max_examples=150)
@given(
    st.sampled_from(list(FORMATS)),
    st.binary(max_size=60) | st.text("<>{}[]()\"'@#:/_.,; \n\\ab1?!-=&^", max_size=60).map(str.encode),
)
@example("rdfxml", b"<a><b/></a>")
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    try:
        found = read(body, FORMATS[name], ME)
    except (Invalid, Malformed):
        return
    assert all(triple.subject.value.startswith(ME) for triple in found)


def test_each_format_that_is_written_is_read() -> None:
    assert list(READERS) == list(FORMATS.values())
