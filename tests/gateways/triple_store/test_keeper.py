"""The process that holds the in-memory store: it lives and dies with the one that started it, and serves many at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import Unavailable
from app.gateways import triple_store
from app.gateways.triple_store import KeeperStore, NotLoaded
from tests.gateways.triple_store.samples import BOTH, QUESTION, fill, model, models, one, rows, said

ROOT = Path(__file__).parents[3]


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_killed_keeper_is_replaced_by_an_empty_one(store: KeeperStore) -> None:
    fill([one("a", "yes")])
    first = store.process_id()
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    with pytest.raises(NotLoaded, match="being filled"):
        triple_store.query("SELECT * { ?s ?p ?o }", BOTH, "text/csv")
    assert triple_store.mark() is None
    assert triple_store.replace([one("b", "no")], before="1", after="2") is False
    assert store.process_id() != first
    fill([one("a", "again")])
    assert said() == ["again"]


def test_a_keeper_killed_in_the_middle_of_a_query_is_an_error_not_an_empty_answer(store: KeeperStore) -> None:
    fill(models(300))
    process = store.process_id()
    children = Path(f"/proc/{process}/task/{process}/children")
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            triple_store.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", BOTH, "text/csv")
        except Unavailable as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: children.read_text().strip() != "")
    os.kill(process, signal.SIGKILL)
    thread.join(20)
    assert [type(error) for error in errors] == [NotLoaded]


def test_eight_threads_ask_and_write_at_once(store: KeeperStore) -> None:
    fill([one("counter", "0")])
    won: list[int] = []
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(15):
                before = triple_store.mark()
                assert before is not None
                after = str(int(before) + 1)
                if triple_store.replace([one(f"t{number}", after)], before=before, after=after):
                    won.append(int(after))
                    assert after in said()
                assert "0" in said()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert failed == []
    assert sorted(won) == list(range(2, len(won) + 2)), "each mark was set once"
    assert triple_store.mark() == str(len(won) + 1)


def test_a_forked_process_starts_a_keeper_of_its_own(store: KeeperStore) -> None:
    fill([one("a", "of the parent")])
    ours = store.process_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            seen = triple_store.mark()
            theirs = store.process_id()
            fill([one("a", "of the child")])
            os.write(writing, repr((seen, theirs, said())).encode())
            triple_store.close()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        seen, theirs, text = eval(pipe.read())
    os.waitpid(child, 0)
    assert (seen, text) == (None, ["of the child"])
    assert theirs != ours
    assert said() == ["of the parent"]
    assert store.process_id() == ours
    until(lambda: not alive(theirs))


def test_a_process_forked_while_another_thread_starts_the_keeper_is_not_stuck(store: KeeperStore) -> None:
    with store._lock:  # as that thread would hold it
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(10)
                done = triple_store.mark() is None
                triple_store.close()
                os._exit(0 if done else 1)
            finally:
                os._exit(2)
    _, status = os.waitpid(child, 0)
    assert (os.WIFSIGNALED(status), status) == (False, 0)


PARENT = """
import sys, time
from app.gateways import triple_store
triple_store.configure("child://")
triple_store.mark()
print(triple_store.current().process_id(), flush=True)
if sys.argv[1] == "wait":
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["wait", "exit"])
def test_a_keeper_ends_with_the_process_that_started_it(how: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, how], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        keeper = int(parent.stdout.readline())
    if how == "wait":
        assert alive(keeper)
        parent.kill()
    parent.wait(30)
    until(lambda: not alive(keeper))


def test_closing_ends_the_keeper_and_configuring_again_starts_empty(store: KeeperStore) -> None:
    fill([one("a", "yes")])
    keeper = store.process_id()
    triple_store.configure("child://")
    until(lambda: not alive(keeper))
    assert triple_store.mark() is None


def test_without_a_store_everything_is_503_and_names_the_setting() -> None:
    triple_store.configure("")
    for act in (triple_store.mark, triple_store.check, lambda: triple_store.query("ASK {}", BOTH, "text/csv")):
        with pytest.raises(Unavailable, match="TRIPLE_STORE_URL"):
            act()


@pytest.mark.parametrize("url", ["sqlite://", "child://elsewhere", "file:///etc/passwd", "example.org"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="TRIPLE_STORE_URL"):
        triple_store.configure(url)


def test_a_hundred_thousand_triples_load_answer_and_change_quickly(store: KeeperStore) -> None:
    parts = models(10_000)
    started = time.monotonic()
    fill(parts)
    loaded = time.monotonic() - started
    rows(QUESTION)
    asked = min(_timed(lambda: rows(QUESTION)) for _ in range(5))
    best = sorted(row["value"] for row in rows(QUESTION))

    def change() -> None:
        part = triple_store.Part("model/3", {BOTH[1]: model(3, 0.9999)})
        assert triple_store.replace([part], before="1", after="2")
        assert "0.9999" in {row["value"] for row in rows(QUESTION)}

    changed = _timed(change)
    assert len(best) == 5
    # the goals are 1.5 s, 60 ms and 20 ms more; shared machines get three times as much
    assert (loaded < 4.5, asked < 0.18, changed < 0.24) == (True, True, True), (loaded, asked, changed)


def _timed(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started
