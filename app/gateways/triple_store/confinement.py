"""Makes a forked process harmless before it runs a stranger's query: no new files or sockets, little memory, little time."""

import gc
import os
import resource
import signal
from contextlib import suppress

from app.gateways.triple_store.values import SECONDS

MEMORY = 1024 * 1024 * 1024  # bytes that a query may take beyond the store itself
NICE, NICER = 5, 19  # the priority of a fresh query, and of one that runs for long


def confine(keep: int) -> None:
    """Leave this process its memory and the one descriptor `keep`; the kernel ends it after five seconds.

    Without descriptors no socket can open, so that SERVICE fails even if nobody refused it before. Memory is bounded by
    RLIMIT_AS (Linux), time by an alarm and by RLIMIT_CPU; both kill, whatever the process is doing.
    """
    gc.disable()
    size = _address_space()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, keep)
    os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # some systems have no such number of processes
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if size is not None:
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    seconds = int(SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    os.nice(NICE)


def _address_space() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # not on Linux
        return None


def give_way(pid: int) -> None:
    """Let a process that runs for long have only the time that nobody else wants."""
    with suppress(OSError):  # it has just ended
        os.setpriority(os.PRIO_PROCESS, pid, NICER)
