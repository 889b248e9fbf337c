"""Names to addresses, in bounded time."""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from app.gateways.http.sockets import Meter
from app.gateways.http.values import Failed, Late, Target

Resolver = Callable[[str, int], Sequence[str]]
_lookups = threading.BoundedSemaphore(32)  # a stuck one holds a thread for as long as the system's resolver tries


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the system's order of preference."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def look_up(resolver: Resolver, target: Target, meter: Meter) -> Sequence[str]:
    """The resolver's answer, within the time that is left: the system's resolver itself cannot be interrupted."""
    if not _lookups.acquire(timeout=meter.left()):
        raise Late(target.host)
    found: Future[Sequence[str]] = Future()

    def work() -> None:
        try:
            found.set_result(resolver(target.host, target.port))
        except Exception as error:  # handed over to the thread that waits
            found.set_exception(error)
        finally:
            _lookups.release()

    threading.Thread(target=work, name="resolving", daemon=True).start()
    try:
        return found.result(meter.left())
    except TimeoutError as error:
        raise Late(target.host) from error
    except (OSError, UnicodeError) as error:
        raise Failed(target.host, "name", "has no address: is its name right?") from error
