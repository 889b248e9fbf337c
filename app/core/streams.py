"""Downloads: ranges, validators, digests and safe names (RFC 9110, RFC 9530, RFC 6266), for every file that leaves.

One range is answered with 206; several at once are answered with the whole, which the standard allows.
"""

import base64
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import structlog
from flask import Response, request
from werkzeug.http import http_date, parse_date, unquote_etag

from app.core.errors import PreconditionFailed, RangeNotSatisfiable

log = structlog.get_logger()

MAX_NAME_BYTES = 255
_ONE_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.ASCII | re.IGNORECASE)
_UNSAFE = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True)
class Source:
    """What can be downloaded.

    `open(start, length)` yields bytes from `start` on, `length` of them or all; it is called once, and not for HEAD. Where
    `ranges` is false it is called with `(0, None)` only.
    """

    name: str
    media_type: str
    open: Callable[[int, int | None], Iterator[bytes]]
    size: int | None = None
    etag: str | None = None
    sha256: bytes | None = None
    modified: datetime | None = None
    ranges: bool = True


@dataclass(frozen=True)
class Span:
    """A part of a representation of known size."""

    start: int
    length: int


def download(source: Source, *, inline: bool = False) -> Response:
    """The answer to the present GET or HEAD; raises PreconditionFailed and RangeNotSatisfiable."""
    _check_preconditions(source)
    if _not_modified(source):
        return Response(status=304, headers=_validators(source))
    span = _requested(source)
    response = Response(status=206 if span else 200, headers=_validators(source))
    _describe(response, source, span, inline=inline)
    if request.method != "HEAD":
        start, length = (span.start, span.length) if span else (0, None)
        promised = span.length if span else source.size
        response.response = _Body(source.open(start, length), promised)
        response.direct_passthrough = True
    return response


def _validators(source: Source) -> dict[str, str]:
    headers = {"Accept-Ranges": "bytes" if _rangeable(source) else "none"}
    if source.etag:
        headers["ETag"] = f'"{source.etag}"'
    if source.modified:
        headers["Last-Modified"] = http_date(source.modified)
    return headers


def _rangeable(source: Source) -> bool:
    return source.ranges and source.size is not None


def _describe(response: Response, source: Source, span: Span | None, *, inline: bool) -> None:
    headers = response.headers
    headers["Content-Type"] = source.media_type
    headers["Content-Disposition"] = disposition(source.name, inline=inline)
    # a file of somebody else's must not run as a page of ours
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if source.sha256:
        headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(source.sha256).decode()}:"
    if span:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{source.size}"
    length = span.length if span else source.size
    if length is not None:
        headers["Content-Length"] = str(length)


def _check_preconditions(source: Source) -> None:
    wanted = request.headers.get("If-Match")
    if wanted is not None and not _matches(wanted, source.etag, weak=False):
        raise PreconditionFailed("The file is not the one that If-Match names; it was replaced since.")


def _not_modified(source: Source) -> bool:
    known = request.headers.get("If-None-Match")
    if known is not None:
        return _matches(known, source.etag, weak=True)
    since = parse_date(request.headers.get("If-Modified-Since"))
    return bool(since and source.modified and source.modified.replace(microsecond=0) <= since)


def _matches(header: str, etag: str | None, *, weak: bool) -> bool:
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    offered = [unquote_etag(part.strip()) for part in header.split(",")]
    return any(value == etag and (weak or not is_weak) for value, is_weak in offered)


def _requested(source: Source) -> Span | None:
    header = request.headers.get("Range")
    if header is None or source.size is None or not source.ranges or not _range_still_valid(source):
        return None
    match = _ONE_RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None  # not understood: RFC 9110 says to ignore it
    return _span(match[1][:19], match[2][:19], source.size)


def _span(first: str, last: str, size: int) -> Span | None:
    if first == "":  # the last so many bytes
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        end = min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
        length = end - start + 1
    if length <= 0:
        headers = {"Content-Range": f"bytes */{size}"}
        raise RangeNotSatisfiable(f"The file has {size} bytes; the range lies outside.", headers=headers)
    return Span(start, length)


def _range_still_valid(source: Source) -> bool:
    """If-Range: a part is of use only to one who holds the rest of the same file."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return _matches(condition, source.etag, weak=False)
    date = parse_date(condition)
    return bool(date and source.modified and source.modified.replace(microsecond=0) == date)


class _Body:
    """The bytes of an answer; closes their source when the client leaves, and never passes a short body off as whole."""

    def __init__(self, chunks: Iterator[bytes], promised: int | None) -> None:
        self._chunks = chunks
        self._left = promised

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            if self._left is not None:
                self._left -= len(chunk)
                if self._left < 0:
                    self._fail()
            yield chunk
        if self._left:
            self._fail()

    def _fail(self) -> None:
        log.error("a download did not have the length that was promised", difference=self._left)
        raise OSError("a download did not have the length that was promised")

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


def disposition(name: str, *, inline: bool = False) -> str:
    """Content-Disposition by RFC 6266: the name for all, and in ASCII for those who know no better."""
    safe = _safe_name(name)
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode().replace("%", "_") or "download"
    value = f'{"inline" if inline else "attachment"}; filename="{plain}"'
    if plain != safe:
        value += f"; filename*=UTF-8''{quote(safe, safe='')}"
    return value


def _safe_name(name: str) -> str:
    """The name without what would lead elsewhere, break the header, or make it read as another name."""
    visible = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    safe = _UNSAFE.sub("_", visible).strip(". ")
    encoded = safe.encode("utf-8")
    if len(encoded) > MAX_NAME_BYTES:
        safe = encoded[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    return safe or "download"
