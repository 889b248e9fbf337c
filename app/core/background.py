"""Threads whose work may wait while others answer."""

import os
import sys
import threading

NICE = 10


def step_back() -> None:
    """Let this thread run behind all others on the machine, for good; for the initializer of a pool of its own.

    On Linux each thread has a priority. Elsewhere it would be that of the whole process, so nothing is done.
    """
    me = threading.get_native_id()
    if sys.platform == "linux" and os.getpriority(os.PRIO_PROCESS, me) < NICE:
        os.setpriority(os.PRIO_PROCESS, me, NICE)
