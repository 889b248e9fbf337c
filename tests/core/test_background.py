"""Threads that step back."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.background import NICE, step_back


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_a_thread_steps_back_and_no_other_with_it() -> None:
    def mine() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = mine()
    with ThreadPoolExecutor(1, "test", step_back) as pool:
        assert pool.submit(mine).result() == max(before, NICE)
    assert mine() == before
