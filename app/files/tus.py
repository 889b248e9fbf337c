"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and checked. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass

from app.core.errors import FieldError, Malformed

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
BODY_TYPE = "application/offset+octet-stream"
ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16}  # bytes of a digest
MAX_METADATA = 8192
_KEY = re.compile(r"[!-+\--~]+")
_DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Described:
    """What a sender says of the whole file."""

    file_name: str
    media_type: str
    sha256: str | None


def read_number(name: str, text: str | None) -> int:
    """A header that holds a number of bytes; raises Malformed."""
    if text is None or not _DIGITS.fullmatch(text):
        raise _wrong(name, "must be a whole number of bytes" if text else "is missing; it is a whole number of bytes")
    return int(text)


def read_checksum(text: str | None) -> Checksum | None:
    """Upload-Checksum: an algorithm and a digest in Base64; raises Malformed."""
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise _wrong("Upload-Checksum", f"must begin with one of {', '.join(ALGORITHMS)}, then a space and the digest")
    digest = _decode("Upload-Checksum", encoded.strip())
    if len(digest) != ALGORITHMS[algorithm]:
        raise _wrong("Upload-Checksum", f"has {len(digest)} bytes; a digest by {algorithm} has {ALGORITHMS[algorithm]}")
    return Checksum(algorithm, digest)


def read_metadata(text: str) -> Described:
    """Upload-Metadata: keys with values in Base64, of which filename, filetype and sha256 are understood."""
    if len(text) > MAX_METADATA or not text.isascii() or not (text.isprintable()):
        raise _wrong("Upload-Metadata", f"must have at most {MAX_METADATA} printable ASCII characters")
    values = _pairs(text) if text.strip() else {}
    name, kind = _text(values, "filename") or "upload", _text(values, "filetype")
    return Described(name, kind, _declared(_text(values, "sha256")))


def _pairs(text: str) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for pair in text.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key):
            raise _wrong("Upload-Metadata", "must be pairs of a key and a value in Base64, with commas between them")
        if key in values:
            raise _wrong("Upload-Metadata", f"has the key {key[:50]} twice; which one is meant?")
        values[key] = _decode("Upload-Metadata", encoded.strip())
    return values


def _text(values: dict[str, bytes], key: str) -> str:
    try:
        return values.get(key, b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong("Upload-Metadata", f"has a {key} that is not UTF-8 in Base64") from error


def _declared(text: str) -> str | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise _wrong("Upload-Metadata", "has a sha256 that is not 64 hexadecimal characters")
    return text.lower()


def _decode(name: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong(name, "holds a value that is not Base64") from error


def _wrong(name: str, detail: str) -> Malformed:
    return Malformed(f"The header {name} {detail}.", errors=[FieldError(name, detail)])
