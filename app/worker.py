"""The worker: the process that sends messages and does periodic work. Any number of them may run beside each other."""

import signal
import threading
import time
from types import FrameType

import structlog
from flask import Flask

from app.core.config import Config, ConfigError
from app.core.db import database
from app.factory import assemble, settle
from app.messaging import service as messaging

RELAYS = 4
TIMEKEEPERS = 2  # so that long work does not hold up short work for as long as it lasts
CONNECTIONS = 2 * (RELAYS + TIMEKEEPERS)  # one for each thread, and one more for the lease of what it does
STOP_WITHIN = 30.0
LOOK_EVERY = 1.0
SIGNALS_LOOKED_FOR_EVERY = 0.2

log = structlog.get_logger()


def run(config: Config) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun, for at most 30 s.

    What is unfinished then is done again by another worker when its lease has lapsed. Raises ConfigError for settings that
    cannot be used. A database that is down, or of an older revision, is waited for.
    """
    stop = _stop_by_signal()
    app = assemble(config)
    database.configure(config.database_url, pool_size=CONNECTIONS)
    if _settle(config, stop):
        threads = _threads(app, stop)
        for thread in threads:
            thread.start()
        log.info("worker ready", relays=RELAYS)
        while not stop.is_set():
            time.sleep(SIGNALS_LOOKED_FOR_EVERY)
        log.info("worker ends", unfinished=_finish(threads))
    database.dispose()


def _stop_by_signal() -> threading.Event:
    """What SIGTERM and SIGINT set. They raise nothing: that could end up in whatever runs just then, and get lost."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        # the terminal and the supervisor may both ask; once is enough, and the second must not break off the ending
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return stop


def _settle(config: Config, stop: threading.Event) -> bool:
    """Wait until the database is there and has the schema of this version; False when a signal came first."""
    said = None
    while not stop.is_set():
        try:
            settle(config)
        except ConfigError:
            raise
        except Exception as error:
            reason = str(getattr(error, "detail", type(error).__name__))
        else:
            return True
        if reason != said:
            log.warning("the worker waits for the database", reason=reason)
        said = reason
        time.sleep(LOOK_EVERY)
    return False


def _threads(app: Flask, stop: threading.Event) -> list[threading.Thread]:
    relays = {"threads": RELAYS, "context": app.app_context}
    keep_time = [
        threading.Thread(
            target=messaging.run_periodic, args=(stop, app.app_context), name=f"periodic-{number}", daemon=True
        )
        for number in range(TIMEKEEPERS)
    ]
    relay = threading.Thread(target=messaging.run, args=(stop,), kwargs=relays, name="relay", daemon=True)
    return [relay, *keep_time]


def _finish(threads: list[threading.Thread]) -> int:
    """Wait for the threads, which were told to stop; the number of those that did not end in time."""
    deadline = time.monotonic() + STOP_WITHIN
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return sum(thread.is_alive() for thread in threads)
