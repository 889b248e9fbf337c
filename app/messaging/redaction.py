"""What must not be shown or kept of a message: values whose names say that they are secret, and passwords inside URLs."""

import re
from collections.abc import MutableMapping
from typing import Any

from app.core.logs import redact

MAX_TEXT = 2000
# in the text of an error: a secret name, then its value, with or without the scheme of an Authorization header; every
# repetition is bounded, so that a long text costs no more than its length
_NAMED = re.compile(
    r"(?i)((?:password|token|secret|authorization|api_key|signature|credential)[\w-]{0,40}[\"']?\s{0,9}[=:]\s{0,9}[\"']?)"
    r"(?:(?:bearer|basic)\s{1,9})?[^\s\"'&,;]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s{1,9}[\w.~+/=-]{8,}")


def clean(value: Any) -> Any:
    """A copy of a JSON value without its secrets, at any depth; passwords in URLs that stand in lists included."""
    if isinstance(value, dict):
        blanked: MutableMapping[str, Any] = redact(None, "", {str(name): member for name, member in value.items()})
        return {name: clean(member) for name, member in blanked.items()}
    if isinstance(value, list):
        return [clean(member) for member in value]
    if isinstance(value, str):
        return _url_clean(value)
    return value


def clean_text(text: str) -> str:
    """The text of an error as it may be kept: without secrets, in characters that both databases take, not too long."""
    text = text[: 2 * MAX_TEXT].encode(errors="replace").decode().replace("\x00", "")
    text = _BEARER.sub(r"\1 ***", _NAMED.sub(r"\1***", _url_clean(text)))
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _url_clean(text: str) -> str:
    return str(redact(None, "", {"text": text})["text"])
