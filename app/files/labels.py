"""What a sender says of a file: its name is kept as given, its media type when it is one. Pure."""

import re

from app.core.errors import FieldError, Invalid

MAX_NAME = 1000
DEFAULT_TYPE = "application/octet-stream"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for a name
_PARAMETER = rf'[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|"[ !#-\[\]-~]*")'
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:{_PARAMETER})*")


def file_name(name: str) -> str:
    """The name itself; raises Invalid for one that is empty, too long, or has control characters."""
    if not name or len(name) > MAX_NAME:
        raise _wrong(f"must have 1 to {MAX_NAME} characters, not {len(name)}")
    if _CONTROL.search(name):
        raise _wrong("must not have control characters, such as line breaks or NUL")
    return name


def media_type(text: str) -> str:
    """The media type if it is one by RFC 9110 (at most 255 characters), else application/octet-stream."""
    text = text.strip()
    return text if len(text) <= 255 and _MEDIA_TYPE.fullmatch(text) else DEFAULT_TYPE


def _wrong(detail: str) -> Invalid:
    return Invalid(f"The file name {detail}. Rename the file.", errors=[FieldError("/file_name", detail)])
