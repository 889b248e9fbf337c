"""RDF that a user sends about a thing of theirs. Pure, and for hostile input: nothing is fetched, everything is bounded.

What cannot be read is Malformed (400); what can be read but may not be said is Invalid (422).
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

import orjson
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from app.core.errors import FieldError, Invalid, Malformed, UnsupportedMediaType
from app.semantics.writing import FORMATS

MAX_BYTES = 200_000
MAX_TRIPLES = 1_000
MAX_LITERAL = 10_000  # characters
MAX_IRI = 2_000  # characters
MAX_DEPTH = 32  # levels; deeper JSON-LD would end the process
MAX_TERMS = 100  # of a JSON-LD context; a chain of thousands, each made of the next, would end the process
READERS = {
    FORMATS["jsonld"]: RdfFormat.JSON_LD,
    FORMATS["turtle"]: RdfFormat.TURTLE,
    FORMATS["ntriples"]: RdfFormat.N_TRIPLES,
    FORMATS["nquads"]: RdfFormat.N_QUADS,
    FORMATS["rdfxml"]: RdfFormat.RDF_XML,
}
# one tag, comment, CDATA section or processing instruction of XML; a tag with at most 200 attributes
TAG = re.compile(
    r"""<!--(?s:.*?)-->|<!\[CDATA\[(?s:.*?)\]\]>|<\?(?s:.*?)\?>|</?[^\s!?/>"'<]++(?:[^"'>]*+(?:"[^"]*+"|'[^']*+')){0,200}+[^"'>]*+>"""
)
IN_NO_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\x7f]')
MARKUP = re.compile(r"<!(?!--|\[CDATA\[)")  # DOCTYPE and ENTITY, in whatever case
ENCODING = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)


def read(body: bytes, media_type: str, subject: str) -> tuple[Triple, ...]:
    """The triples of a body in one of FORMATS, each once and in order; `subject` is the IRI of the thing.

    Relative IRIs are resolved against `subject`, and only it and its fragments may be subjects. Raises Malformed,
    Invalid, or UnsupportedMediaType, with a message that names what is wrong and what to do.
    """
    form = READERS.get(media_type)
    if form is None:
        raise UnsupportedMediaType(f"{media_type} is none of the formats: send {', '.join(READERS)}.")
    if len(body) > MAX_BYTES:
        raise Invalid(f"The body has {len(body)} bytes, and {MAX_BYTES} are the most: send it in parts.")
    text = _check_text(_decoded(body), form)
    found = {_checked(quad, subject) for quad in _parsed(text, form, subject)}
    if not found:
        raise Invalid("The body says nothing: check that @context, or the prefixes, have the terms that it uses.")
    return tuple(sorted(found, key=str))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"Byte {error.start} is no UTF-8: send the body in UTF-8.") from error


def _check_text(text: str, form: RdfFormat) -> str:
    """Refuse what must not even reach a parser; the text that it shall read."""
    if not text.strip():
        raise Malformed("The body is empty: send at least one statement.")
    if form == RdfFormat.JSON_LD:
        return _check_json(text)
    if form == RdfFormat.RDF_XML:
        _check_xml(text)
    return text


def _check_xml(text: str) -> None:
    """No declarations, no other encoding, no depth: the parser takes quadratic time for nested elements."""
    if MARKUP.search(text):
        raise Malformed("The XML has a DOCTYPE or other declarations: write the values out and leave it away.")
    if ENCODING.search(text):
        raise Malformed("The XML names another encoding: send it in UTF-8.")
    depth, place = 0, text.find("<")
    while place >= 0:
        tag = TAG.match(text, place)
        if tag is None:
            raise Malformed(f"The tag at character {place} of the XML never ends, or has too many attributes: mend it.")
        depth += _levels(tag[0])
        if depth > MAX_DEPTH:
            raise Malformed(f"The XML is nested deeper than {MAX_DEPTH} levels: say it in flat descriptions.")
        place = text.find("<", tag.end())
    if depth:
        raise Malformed("The XML has elements that are not closed: send the whole of it.")


def _levels(tag: str) -> int:
    """By how many levels a tag goes deeper."""
    if tag[1] in "!?" or tag.endswith("/>"):
        return 0
    return -1 if tag[1] == "/" else 1


def _check_json(text: str) -> str:
    """JSON with one inline context, written anew, so that the parser sees just what was checked."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is no JSON: {error}.") from error
    if isinstance(value, dict) and "@context" in value:
        _check_context(value["@context"])
        _check_body({key: part for key, part in value.items() if key != "@context"}, 0)
    else:
        _check_body(value, 0)
    return orjson.dumps(value).decode()


def _check_context(context: Any) -> None:
    """Refuse what would be fetched, contexts inside terms, and more terms than MAX_TERMS."""
    parts = context if isinstance(context, list) else [context]
    terms = sum(1 + len(one) if isinstance(one, dict) else 1 for one in parts)
    if terms > MAX_TERMS:
        raise Malformed(
            f"The @context has {terms} parts and terms, and {MAX_TERMS} are the most: leave out those that are not used."
        )
    for one in parts:
        if isinstance(one, str) or (isinstance(one, dict) and "@import" in one):
            where = one if isinstance(one, str) else one["@import"]
            raise Malformed(f"The context {str(where)[:200]} would have to be fetched: write its terms into @context.")
        _check_body(one, 1)


def _check_body(value: Any, depth: int) -> None:
    """No contexts inside, which cost the parser as much as the document for each node, and no depth."""
    if depth > MAX_DEPTH:
        raise Malformed(
            f"The JSON is nested deeper than {MAX_DEPTH} levels: give nodes an @id and list them in @graph."
        )
    if isinstance(value, dict):
        _check_keywords(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_body(part, depth + 1)


def _check_keywords(value: dict[str, Any]) -> None:
    """What the parser would drop without a word is refused: IRIs that are none."""
    if "@context" in value:
        raise Malformed("There is an @context inside the document: write one, in the outermost object.")
    for key in ("@id", "@type"):
        for iri in value[key] if isinstance(value.get(key), list) else [value.get(key)]:
            if isinstance(iri, str):
                _check_iri(iri)


def _parsed(text: str, form: RdfFormat, subject: str) -> Iterator[Quad]:
    """The statements, at most MAX_TRIPLES."""
    try:
        quads = list(islice(parse(text.encode(), form, base_iri=subject), MAX_TRIPLES + 1))
    except (SyntaxError, ValueError, OverflowError) as error:
        raise Malformed(f"The body cannot be read: {_reason(error)}.") from error
    if len(quads) > MAX_TRIPLES:
        raise Invalid(f"The body has more than {MAX_TRIPLES} triples: send it in parts.")
    return iter(quads)


def _reason(error: Exception) -> str:
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    return f"{reason[:300].rstrip('.')}{line}"


def _checked(quad: Quad, subject: str) -> Triple:
    """The triple, when it says something that may be said of the thing."""
    if not isinstance(quad.graph_name, DefaultGraph):
        _refuse(f"{quad.graph_name} is a named graph", "leave the graph away; the thing itself is meant")
    about, predicate, value = quad.subject, quad.predicate, quad.object
    if isinstance(about, BlankNode) or isinstance(value, BlankNode):
        _refuse("There is a node without an IRI", f"give it one below the thing, such as {subject}#part")
    if not isinstance(about, NamedNode) or not isinstance(value, (NamedNode, Literal)):
        _refuse("A statement about a statement cannot be kept", "say it of a node with an IRI")
    if about.value != subject and not about.value.startswith(f"{subject}#"):
        _refuse(f"{about.value[:300]} is not this thing", f"say it of {subject} or of its fragments")
    for iri in (about, predicate, value) if isinstance(value, NamedNode) else (about, predicate, value.datatype):
        _check_iri(iri.value)
    if isinstance(value, Literal):
        _check_literal(predicate, value)
    return Triple(about, predicate, value)


def _check_iri(iri: str) -> None:
    if IN_NO_IRI.search(iri):
        _refuse(f"{iri[:300]!r} has a character that no IRI has", "percent-encode it")
    if len(iri) > MAX_IRI:
        _refuse(f"The IRI {iri[:100]}... is longer than {MAX_IRI} characters", "use a shorter one")


def _check_literal(predicate: NamedNode, value: Literal) -> None:
    if len(value.value) > MAX_LITERAL:
        _refuse(f"A value of {predicate.value} is longer than {MAX_LITERAL} characters", "shorten it, or link to it")
    if getattr(value, "direction", None) is not None:
        _refuse(f"A value of {predicate.value} has a base direction", "leave it away and keep the language")


def _refuse(what: str, remedy: str) -> NoReturn:
    detail = f"{what}: {remedy}."
    raise Invalid(detail, errors=[FieldError("", detail)])
