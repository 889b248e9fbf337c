"""Forms with a file, read as they come: the file goes where the caller says, piece by piece, and never into a file here.

The parser is that of the package `multipart` (RFC 7578), which copies a piece only where a boundary may begin in it; it is fed
from the stream of the present request. Fields may stand before or after the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import request
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header

from app.core.errors import FieldError, Malformed, TooLarge, UnsupportedMediaType

PIECE = 1024 * 1024
MAX_FIELD_BYTES = 1024 * 1024
MAX_PARTS = 50
MAX_HEAD_BYTES = 64 * 1024


class Receiver(Protocol):
    """What takes the bytes of the file."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""

    def abort(self) -> None:
        """Forget all bytes."""


@dataclass(frozen=True)
class FilePart:
    """What the form says of its file before the first byte."""

    name: str
    media_type: str
    headers: Headers


@dataclass
class Form:
    """The fields of a form, and what received its file."""

    fields: dict[str, str] = field(default_factory=dict)
    file: Any = None


def read_form(
    file_field: str,
    receive: Callable[[FilePart, dict[str, str]], Receiver],
    observe: Callable[[bytes], None] | None = None,
) -> Form:
    """The form in the body of the present request; `receive` gives what takes the bytes of its file.

    It is called with the fields that stood before the file. `observe` is given all bytes of the body as they are. When
    anything is wrong the receiver is aborted. Raises Malformed, TooLarge and UnsupportedMediaType.
    """
    reading = _Reading(file_field, receive, observe)
    try:
        return reading.run(_parser())
    except BaseException:
        if reading.form.file is not None:
            reading.form.file.abort()
        raise


def _parser() -> PushMultipartParser:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise UnsupportedMediaType("The body must be multipart/form-data with a boundary; curl's -F makes it so.")
    try:
        return PushMultipartParser(boundary, max_header_size=MAX_HEAD_BYTES)
    except MultipartError as error:
        raise UnsupportedMediaType("The boundary of the form has characters that none may have.") from error


class _Reading:
    """One pass over the body."""

    def __init__(
        self,
        file_field: str,
        receive: Callable[[FilePart, dict[str, str]], Receiver],
        observe: Callable[[bytes], None] | None,
    ) -> None:
        self.form = Form()
        self._file_field = file_field
        self._receive = receive
        self._observe = observe
        self._name = ""  # of the field that is being read; empty while it is the file
        self._pieces: list[bytes] = []
        self._size = self._parts = 0

    def run(self, parser: PushMultipartParser) -> Form:
        silent = 0  # bytes in which the parser found nothing: before the form, in a head, or after the end
        while piece := self._read():
            silent += len(piece)
            for event in self._events(parser, piece):
                silent = 0
                self._take(event)
            if silent > MAX_HEAD_BYTES + PIECE:
                raise Malformed("The form has a part whose head is too long, or more follows after its end.")
        for _ in self._events(parser, b""):  # says whether it was the end
            pass
        return self.form

    def _events(self, parser: PushMultipartParser, piece: bytes) -> Iterator[MultipartSegment | bytes | None]:
        try:
            yield from parser.parse(piece)
        except ParserLimitReached as error:
            raise Malformed("The form has a part whose head is too long.") from error
        except MultipartError as error:
            raise Malformed("The form cannot be read: it breaks off, or its parts are not well formed.") from error

    def _read(self) -> bytes:
        piece = request.stream.read(PIECE)
        if self._observe is not None:
            self._observe(piece)
        return piece

    def _take(self, event: MultipartSegment | bytes | None) -> None:
        if event is None:
            self._end_part()
        elif isinstance(event, MultipartSegment):
            self._begin_part(event)
        else:
            self._take_data(event)

    def _begin_part(self, part: MultipartSegment) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise TooLarge(f"The form has more than {MAX_PARTS} parts.")
        headers = Headers(part.headerlist)
        # werkzeug reads names as older clients quote them too, with a backslash before each backslash
        _, said = parse_options_header(headers["Content-Disposition"])
        if "filename" not in said:
            self._begin_field(said.get("name", ""))
        else:
            self._begin_file(said.get("name", ""), said["filename"], headers)

    def _begin_file(self, name: str, filename: str, headers: Headers) -> None:
        if name != self._file_field:
            raise _wrong(name, f"is a file that is not expected here; send the file as {self._file_field}")
        if self.form.file is not None:
            raise _wrong(name, "is there twice; send one file a request")
        if not filename:
            raise _wrong(name, "No selected file: the part has no file name")
        self._name = ""
        self.form.file = self._receive(FilePart(filename, _media_type(headers), headers), self.form.fields)

    def _begin_field(self, name: str) -> None:
        self._name = name
        if not name:
            raise Malformed("The form has a part without a name.")
        if name == self._file_field:
            raise _wrong(name, "No file part: it is a text, not a file; with curl, write @ before the path")
        if name in self.form.fields:
            raise _wrong(name, "stands twice in the form; which one is meant?")
        self._pieces, self._size = [], 0

    def _take_data(self, data: bytes) -> None:
        if not self._name:
            self.form.file.write(data)
            return
        self._size += len(data)
        if self._size > MAX_FIELD_BYTES:
            raise TooLarge(f"The field {self._name[:100]} has more than {MAX_FIELD_BYTES} bytes.")
        self._pieces.append(data)

    def _end_part(self) -> None:
        if self._name:
            self.form.fields[self._name] = _text(self._name, b"".join(self._pieces))


def _media_type(headers: Headers) -> str:
    return headers.get("Content-Type", "") or "application/octet-stream"


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(name, "is not UTF-8") from error


def _wrong(name: str, detail: str) -> Malformed:
    return Malformed(f"{name[:100]}: {detail}.", errors=[FieldError(f"/{name[:100]}", detail)])
