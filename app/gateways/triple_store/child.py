"""The keeper: a process that holds the in-memory store, and forks for each query.

Started as `python -m app.gateways.triple_store.child FD`, where FD is a socket over which each request brings a socket of
its own. It has one thread, so that forking is safe at any time, and never waits for anything but all its sockets at once.
It ends with the process that started it.
"""

import gc
import os
import signal
import socket
import sys

from app.gateways.triple_store.keeping import Keeper


def main() -> None:
    """Serve until the other end of the socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    gc.freeze()
    control = socket.socket(fileno=int(sys.argv[1]))
    Keeper(control, os.getppid()).serve()


if __name__ == "__main__":
    main()
