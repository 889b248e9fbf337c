"""A folder of files as one archive: a plain ZIP without compression, made on the way, the same for the same files."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can say: an archive tells nothing of when it was made
MEDIA_TYPE = "application/zip"


class _Sink:
    """A file to write to that cannot be sought; `zipfile` finds that out by itself."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def write_archive(
    files: Iterable[tuple[str, Iterator[bytes]]], write: Callable[[bytes], Any]
) -> list[dict[str, str | int]]:
    """Write files, given by their paths and pieces, as one archive; what is in it: path, size in bytes and sha256 of each."""
    listed: list[dict[str, str | int]] = []
    with zipfile.ZipFile(_Sink(write), "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for path, pieces in files:
            digest, size = hashlib.sha256(), 0
            with archive.open(zipfile.ZipInfo(path, FIRST_DAY), "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    digest.update(piece)
                    size += len(piece)
            listed.append({"path": path, "size": size, "sha256": digest.hexdigest()})
    return listed
