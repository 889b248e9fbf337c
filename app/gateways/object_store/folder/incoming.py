"""The hidden folder of what is being written: a file for each writer, a folder for each upload in parts.

Their names hold id and key, so that one look at the folder tells what is pending; the id begins with the time.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.gateways.object_store.folder import disk

NAME = ".incoming"
_ID = re.compile(r"[0-9a-f]{30}")
_ENTRY = re.compile(r"([0-9a-f]{14})([0-9a-f]{16})~([a-z0-9,._-]+)")


@dataclass(frozen=True)
class Entry:
    """One upload that is pending."""

    upload_id: str
    key: str
    started: datetime
    path: str


class Incoming:
    """The hidden folder below `root`."""

    def __init__(self, root: str) -> None:
        self.path = f"{root}/{NAME}"

    def new(self, key: str) -> tuple[str, str]:
        """A new id, and the path where its file or folder is to be made."""
        disk.make_folder(self.path)
        upload_id = f"{time.time_ns() // 1000:014x}{secrets.token_hex(8)}"
        return upload_id, self.where(key, upload_id)

    def where(self, key: str, upload_id: str) -> str:
        """The path of an upload; an id that is none of ours leads to where nothing is."""
        known = upload_id if _ID.fullmatch(upload_id) else "unknown"
        return f"{self.path}/{known}~{key.replace('/', ',')}"

    def entries(self) -> Iterator[Entry]:
        """Everything that is pending, the oldest first."""
        try:
            names = sorted(os.listdir(self.path))
        except FileNotFoundError:
            return
        for name in names:
            if match := _ENTRY.fullmatch(name):
                started = datetime.fromtimestamp(int(match[1], 16) / 1_000_000, UTC)
                yield Entry(match[1] + match[2], match[3].replace(",", "/"), started, f"{self.path}/{name}")


def discard(path: str) -> None:
    """The file or folder of an upload is gone, also when it was not there."""
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)  # a part that comes just now is found by the next sweep
    else:
        disk.remove(path)
