"""Forms with a file, read as they come: the file goes where the caller says, piece by piece, and never into a file here.

The parser is werkzeug's own (RFC 7578), fed from the stream of the present request; fields may stand before or after the
file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

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
        return reading.run(_decoder())
    except BaseException:
        if reading.form.file is not None:
            reading.form.file.abort()
        raise


def _decoder() -> MultipartDecoder:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise UnsupportedMediaType("The body must be multipart/form-data with a boundary; curl's -F makes it so.")
    return MultipartDecoder(boundary.encode(), max_parts=MAX_PARTS)


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
        self._size = 0

    def run(self, decoder: MultipartDecoder) -> Form:
        while True:
            event = self._next(decoder)
            if isinstance(event, NeedData):
                # what is no data piles up inside the parser: a head that never ends, or more after the end
                if len(decoder.buffer) > MAX_HEAD_BYTES + PIECE:
                    raise Malformed("The form has a part whose head is too long, or more follows after its end.")
                decoder.receive_data(self._read() or None)
            elif isinstance(event, Epilogue):
                return self.form
            else:
                self._take(event)

    def _next(self, decoder: MultipartDecoder) -> Event:
        try:
            return decoder.next_event()
        except BadRequest:
            raise
        except (ValueError, LookupError) as error:
            raise Malformed("The form cannot be read: it breaks off, or its parts are not well formed.") from error

    def _read(self) -> bytes:
        piece = request.stream.read(PIECE)
        if self._observe is not None:
            self._observe(piece)
        return piece

    def _take(self, event: Event) -> None:
        if isinstance(event, File):
            self._begin_file(event)
        elif isinstance(event, Field):
            self._begin_field(event)
        elif isinstance(event, Data):
            self._take_data(event)

    def _begin_file(self, event: File) -> None:
        name = event.name or ""
        if name != self._file_field:
            raise _wrong(name, f"is a file that is not expected here; send the file as {self._file_field}")
        if self.form.file is not None:
            raise _wrong(name, "is there twice; send one file a request")
        if not event.filename:
            raise _wrong(name, "No selected file: the part has no file name")
        self._name = ""
        self.form.file = self._receive(
            FilePart(event.filename, _media_type(event.headers), event.headers), self.form.fields
        )

    def _begin_field(self, event: Field) -> None:
        self._name = event.name or ""
        if not self._name:
            raise Malformed("The form has a part without a name.")
        if self._name == self._file_field:
            raise _wrong(self._name, "No file part: it is a text, not a file; with curl, write @ before the path")
        if self._name in self.form.fields:
            raise _wrong(self._name, "stands twice in the form; which one is meant?")
        self._pieces, self._size = [], 0

    def _take_data(self, event: Data) -> None:
        if not self._name:
            self.form.file.write(event.data)
            return
        self._size += len(event.data)
        if self._size > MAX_FIELD_BYTES:
            raise TooLarge(f"The field {self._name[:100]} has more than {MAX_FIELD_BYTES} bytes.")
        self._pieces.append(bytes(event.data))
        if not event.more_data:
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
