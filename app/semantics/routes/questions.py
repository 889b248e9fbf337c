"""Questions: SPARQL, search without SPARQL, and examples."""

from flask import Blueprint, Response, request

from app.core import edge
from app.core.api import arguments, authenticate, contents, other_responses, response
from app.core.errors import FieldError, Malformed, UnsupportedMediaType
from app.core.negotiation import choose
from app.core.pagination import paginated
from app.semantics import service
from app.semantics.schemas import QUERY, ExamplesSchema, FoundModelSchema, QuestionSchema, SearchSchema
from app.users.auth import caller, token_auth

bp = Blueprint("questions", __name__, url_prefix="/api/semantics")

MOST_BYTES = 1_000_000
NAMES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
TEXT = {"schema": {"type": "string"}}
ANSWER: dict = dict.fromkeys(NAMES.values(), TEXT)
ANSWER[NAMES["json"]] = {"schema": {"type": "object"}}
# a JSON-LD document is an object or, as of a graph without statements, an array
ANSWER[NAMES["jsonld"]] = {"schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}}
FORM = {"schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}}
SENT = {
    "application/x-www-form-urlencoded": {**FORM, "example": {"query": QUERY}},
    "application/sparql-query": TEXT,  # no example: tools that try examples out can rarely write this type
}
ERRORS = {
    406: "None of the formats is accepted",
    502: "The SPARQL store failed at the query",
    422: "The query takes too long, or its answer is too large; or an argument is wrong",
}


@bp.get("/sparql")
@authenticate(token_auth)
@arguments(QuestionSchema)
@contents(answer=ANSWER, lines=True)
@other_responses(ERRORS)
def ask(given):
    """Ask in SPARQL

    SELECT, ASK, CONSTRUCT or DESCRIBE over all public and internal descriptions as they are now. The answer has at most 10,000
    rows and 1 MB, and takes at most 5 s; SERVICE, FROM and updates are refused.
    """
    return _answer(given["query"], given.get("format"))


@bp.post("/sparql")
@authenticate(token_auth)
@contents(body=SENT, answer=ANSWER, reads=True, lines=True)
@other_responses(ERRORS)
def ask_by_post():
    """Ask in SPARQL, for long queries

    The same with the query as body, or as the field `query` of a form.
    """
    return _answer(*_sent())


@bp.get("/search")
@authenticate(token_auth)
@paginated(FoundModelSchema, SearchSchema)
def search(filters):
    """Find models by what their descriptions say

    By algorithm, metric, parameter, data set, words, tag and run; sorted by age, name or a metric. Your private models are
    among them, unlike in SPARQL.
    """
    return service.search(caller(), **filters)


@bp.get("/examples")
@authenticate(token_auth)
@response(ExamplesSchema)
def list_examples():
    """List questions to try

    Each in words and in SPARQL, ready for `/api/semantics/sparql`.
    """
    return {"examples": service.examples()}


def _sent():
    """The query and the format that a POST asks for."""
    if request.mimetype == "application/sparql-query":
        return _decoded(edge.read_body(MOST_BYTES)), request.args.get("format")
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(f"Send the query as {' or '.join(SENT)}.")
    request.max_content_length = request.max_form_memory_size = MOST_BYTES
    given = {**request.args, **request.form}
    if "query" not in given:
        raise Malformed("There is no query.", errors=[FieldError("query", "send the text of the query in this field")])
    return given["query"], given.get("format")


def _decoded(body):
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"The query is not UTF-8: byte {error.start} cannot be read.") from error


def _answer(query, named):
    for name in ("default-graph-uri", "named-graph-uri", "using-graph-uri"):
        if name in request.args or name in request.form:
            detail = "the graphs are those that you may see; leave it out"
            raise Malformed(f"{name} cannot be chosen: {detail}.", errors=[FieldError(name, detail)])
    kind = choose(service.formats_for(query), named, NAMES)
    return Response(service.ask(caller(), query, kind), mimetype=kind, headers={"Vary": "Accept"})
