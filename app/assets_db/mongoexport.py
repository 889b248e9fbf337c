"""Files that `mongoexport` writes: one document a line, or all in one array, pretty or not; read piece by piece."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from app.core.errors import Malformed

PIECE = 1024 * 1024
LARGEST = 48 * 1024 * 1024  # a document of MongoDB has at most 16 MiB, in JSON a few times that
BETWEEN = " \t\r\n,[]\ufeff"


def documents(file: TextIO, on_read: Callable[[int], Any] = lambda _: None) -> Iterator[Any]:
    """The documents in the file; `on_read` is told how many characters were read. Raises Malformed where it is no JSON."""
    decoder = json.JSONDecoder()
    text, number = "", 0
    while True:
        piece = file.read(PIECE)
        on_read(len(piece))
        text += piece
        position = 0
        while (start := _skip(text, position)) < len(text):
            try:
                found, position = decoder.raw_decode(text, start)
            except json.JSONDecodeError as error:
                position = start
                if not piece or len(text) - start > LARGEST:
                    raise Malformed(f"Document {number + 1} is not JSON: {error.msg}.") from error
                break
            if position == len(text) and piece:  # a number may go on in the next piece
                position = start
                break
            number += 1
            yield found
        else:
            position = len(text)
        text = text[position:]
        if not piece:
            return


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in BETWEEN:
        position += 1
    return position
