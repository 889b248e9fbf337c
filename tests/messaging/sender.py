"""A process that relays, for tests that kill it: DATABASE_URL JOURNAL [LANE N].

It journals each begin and end of a sending; that of message N of the lane does not end.
"""

import os
import signal
import sys
import threading
import time

from app.core import logs
from app.core.db import database
from app.messaging import service


def main(url: str, journal: str, *held: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop.set).start())
    logs.configure("ERROR")
    database.configure(url)
    file = os.open(journal, os.O_WRONLY | os.O_APPEND)

    def handler(delivery: service.Delivery) -> None:
        words = (delivery.lane.split()[1], str(delivery.payload["n"]))
        os.write(file, f"begin {' '.join(words)}\n".encode())
        time.sleep(600 if words == held else 0.005)
        os.write(file, f"end {' '.join(words)}\n".encode())

    service.register("note", handler)
    service.run(stop, 3, service.Terms(lease_seconds=2))


main(*sys.argv[1:])
