"""What goes over the sockets between a web process and its keeper: one JSON request, one reply of a status and bytes."""

import struct
from enum import IntEnum
from typing import Any

import orjson

_HEAD = struct.Struct("!BI")
HEAD_SIZE = _HEAD.size
MAX_FRAME = 2**32 - 1


class Status(IntEnum):
    """How a request ended; the body is the answer, or the message of the error."""

    OK = 0
    REFUSED = 1
    COSTLY = 2
    NOT_ACCEPTABLE = 3
    NOT_LOADED = 4
    BUSY = 5
    BAD_PART = 6
    TIME = 7
    MEMORY = 8
    CRASHED = 9


def pack(kind: int, body: bytes) -> bytes:
    """A frame; `kind` is a status in replies and 0 in requests."""
    if len(body) > MAX_FRAME:
        raise ValueError("more than 4 GiB do not go into one frame")
    return _HEAD.pack(kind, len(body)) + body


def head(frame: bytes | bytearray) -> tuple[int, int]:
    """Kind and size of the body, from the first bytes of a frame."""
    kind, size = _HEAD.unpack_from(frame)
    return kind, size


def request(action: str, **values: Any) -> bytes:
    """The frame of a request."""
    return pack(0, orjson.dumps({"action": action, **values}))


def whole(buffer: bytes | bytearray) -> bool:
    """Whether the buffer holds a whole frame."""
    return len(buffer) >= HEAD_SIZE and len(buffer) >= HEAD_SIZE + head(buffer)[1]
