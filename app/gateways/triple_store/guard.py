"""What a query is allowed to be, decided from its text before any parser of a store sees it. Pure functions.

SERVICE makes a store connect elsewhere, FROM names graphs, updates change the store: none of them is answered. Words count
only where a parser could read them as words: not in strings, comments, IRIs, variables and prefixed names. Parsers are
generous (`trueSERVICE`, `SERVICEex:a{}`: Oxigraph runs both), so the guard is strict about words that merely hold SERVICE.
"""

import re

from app.gateways.triple_store.tokens import Token, Unreadable, certain, hidden, resolved, significant
from app.gateways.triple_store.values import MAX_TEXT, QueryRefused

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = frozenset(("LOAD", "INSERT", "DELETE", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"))
_SERVICE = re.compile("service", re.IGNORECASE)

NO_SERVICE = (
    "SERVICE is not possible here: a query sees only the data of this service. Ask the other endpoint yourself, and give "
    "what it says as VALUES."
)
NO_FROM = "FROM and FROM NAMED are not possible here: a query always sees all that its asker may see. Leave them out."
NO_UPDATE = "{} changes data, and only queries are answered here. Change descriptions through /api/semantics."


def form_of(text: str) -> str:
    """SELECT, ASK, CONSTRUCT or DESCRIBE.

    Raises QueryRefused for SERVICE in any reading of the text, FROM, updates, more than 100,000 characters, characters that
    are none, strings without end, and texts that begin with none of these words. Syntax is left to the store.
    """
    if len(text) > MAX_TEXT:
        raise QueryRefused(f"The query has {len(text):,} characters; at most {MAX_TEXT:,} are read. Write it shorter.")
    if re.search("[\ud800-\udfff]", text):
        raise QueryRefused("The query holds half of a surrogate pair, which is no character. Send it as UTF-8.")
    try:
        tokens = list(certain(text))
        unescaped = resolved(text)
        _check(text, tokens)
    except Unreadable as error:
        raise QueryRefused(f"The query cannot be read: {error}.") from error
    if unescaped != text:
        _check_as_far_as_it_goes(unescaped)
    return _form(tokens)


def _check_as_far_as_it_goes(text: str) -> None:
    """Check the text with its escapes resolved; who cannot read it to the end does not run it."""
    try:
        _check(text, list(certain(text)))
    except Unreadable:
        return


def _check(text: str, tokens: list[Token]) -> None:
    before = ""
    for token in tokens:
        if token.kind == "word":
            _check_word(token.text)
        elif token.kind == "name" and before not in ("GRAPH", "DESCRIBE"):
            _check_name(text, token)
        before = token.text.upper() if token.kind == "word" else ""
    for token in hidden(text, tokens):
        if token.kind in ("word", "name") and _calls_service(text, token):
            raise QueryRefused(NO_SERVICE)


def _check_word(word: str) -> None:
    if _SERVICE.search(word):
        raise QueryRefused(NO_SERVICE)
    if word.upper() == "FROM":
        raise QueryRefused(NO_FROM)
    if word.upper() in UPDATES:
        raise QueryRefused(NO_UPDATE.format(word.upper()))


def _check_name(text: str, token: Token) -> None:
    """Refuse `SERVICEex:a {`, which some parsers read as two words."""
    if _SERVICE.search(token.text.partition(":")[0]) and _opens_group(significant(text, token.end)):
        raise QueryRefused(NO_SERVICE)


def _calls_service(text: str, token: Token) -> bool:
    """Whether a word of an unusual reading is followed by all that a call of SERVICE needs."""
    if token.kind == "name":
        return bool(_SERVICE.search(token.text.partition(":")[0])) and _opens_group(significant(text, token.end))
    if not _SERVICE.search(token.text):
        return False
    after = significant(text, token.end)
    if after is not None and after.kind == "word" and after.text.upper() == "SILENT":
        after = significant(text, after.end)
    if after is not None and after.kind == "name" and after.text.upper().startswith("SILENT"):
        return True
    return (
        after is not None and after.kind in ("variable", "iri", "name") and _opens_group(significant(text, after.end))
    )


def _opens_group(token: Token | None) -> bool:
    return token is not None and token.text == "{"


def _form(tokens: list[Token]) -> str:
    at = 0
    while at < len(tokens) and tokens[at].kind == "word" and tokens[at].text.upper() in ("BASE", "PREFIX", "VERSION"):
        at += 3 if tokens[at].text.upper() == "PREFIX" else 2
    word = tokens[at].text.upper() if at < len(tokens) else ""
    if word not in FORMS:
        raise QueryRefused(f"A query begins with {', '.join(FORMS[:-1])} or {FORMS[-1]}, after its prefixes.")
    return word
