"""The bytes of an object, piece by piece, with a source that is closed however the reading ends."""

from collections.abc import Callable, Iterator

from app.gateways.object_store.values import CHUNK


class Pieces(Iterator[bytes]):
    """Pieces of 1 MiB. A generator would not do: closed before its first piece it would leave its source open."""

    def __init__(self, read: Callable[[int], bytes], close: Callable[[], None], length: int | None = None) -> None:
        self._read, self._close, self._left = read, close, length
        self._open = True

    def __next__(self) -> bytes:
        """The next piece; the source is closed after the last one and after an error."""
        wanted = CHUNK if self._left is None else min(CHUNK, self._left)
        piece = self._piece(wanted) if self._open and wanted else b""
        if not piece:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def _piece(self, wanted: int) -> bytes:
        try:
            return self._read(wanted)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the source; may be called again."""
        if self._open:
            self._open = False
            self._close()

    def __del__(self) -> None:
        """Who forgets to close leaves no connection open."""
        if getattr(self, "_open", False):
            self.close()
