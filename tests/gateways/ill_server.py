"""A server on loopback that treats each connection by a script: the illnesses of other systems."""

import socket
import threading
from collections.abc import Callable

Script = Callable[[socket.socket], None]


class IllServer:
    """Listens on loopback and treats each connection by the script, as many at once as come."""

    def __init__(self, script: Script) -> None:
        self.script, self.hits = script, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self._treat, args=(connection,), daemon=True).start()

    def _treat(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                self.script(connection)
            except OSError:
                return
