"""The arithmetic of the benchmark: what counts as ours, what is dropped, and what the table says."""

import json
from pathlib import Path

import pytest

from tests.bench import cpu, report, rows, windows, wrk
from tests.bench.cpu import Reading
from tests.bench.rows import RATIOS
from tests.bench.statements import Count
from tests.bench.windows import Figures, Target, Window

PRINTED = (
    'Running 2s test\n\nRESULT {"requests": 30, "seconds": 2.0, "refused": 1, "broken": 2, "p50": 1.5, "p99": 9.0}\n'
)


def window(rate: float = 100.0, *, foreign: float = 0.0, failures: int = 0) -> Window:
    return Window(rate, cpu_ms=1.0, p50=1.0, p99=2.0, failures=failures, foreign=foreign)


def figures(rate: float, *, failures: int = 0, disturbed: bool = False) -> Figures:
    return Figures(rate, 1.0, 1.0, 2.0, failures, kept=5, dropped=0, disturbed=disturbed)


def test_busy_time_leaves_out_idling_and_waiting_for_disks() -> None:
    ticks = cpu.TICKS
    stat = f"cpu  {ticks} 0 {ticks} {900 * ticks} {50 * ticks} 0 {ticks} {ticks} 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
    assert cpu.busy_seconds(stat) == 4


def test_a_process_may_have_any_name() -> None:
    rest = " ".join(["S", "7", *["0"] * 9, *[str(cpu.TICKS)] * 4, "0"])
    assert cpu.parent_and_seconds(f"12 (odd) name) {rest}") == (7, 4)


def test_a_tree_is_its_roots_and_all_below_them() -> None:
    parents = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1, 21: 20}
    assert cpu.members([10, 99], parents) == {10, 11, 12}


def test_what_our_own_trees_used_is_not_foreign() -> None:
    before, after = Reading(at=0, busy=10, own=5), Reading(at=2, busy=13, own=7)
    assert cpu.foreign(before, after) == 0.5


def test_rounding_of_ticks_never_makes_others_use_less_than_nothing() -> None:
    assert cpu.foreign(Reading(0, 10, 5), Reading(2, 12, 7.02)) == 0


def test_a_disturbed_window_does_not_count() -> None:
    found = windows.figures([window(100), window(102), window(101), window(10, foreign=1.2)])
    assert (found.rate, found.kept, found.dropped, found.disturbed) == (101, 3, 1, False)


def test_when_almost_all_windows_are_disturbed_all_count_and_it_is_said() -> None:
    found = windows.figures([window(100), window(20, foreign=1.0), window(10, foreign=1.2)])
    assert (found.rate, found.kept, found.disturbed) == (20, 3, True)


def test_a_failure_counts_even_in_a_window_that_is_dropped() -> None:
    found = windows.figures([window(), window(), window(), window(foreign=1.0, failures=2)])
    assert found.failures == 2


def test_targets_are_measured_in_turn_until_each_has_enough_quiet_windows() -> None:
    targets = [Target(name, "", 0, Path()) for name in "AB"]
    asked: list[str] = []

    def measure(target: Target) -> Window:
        asked.append(target.name)
        return window(foreign=1.0 if asked == ["A"] else 0.0)

    windows.interleave(targets, measure)
    assert "".join(asked) == "AB" * (windows.ROUNDS + 1)


def test_measuring_ends_on_a_machine_that_is_never_quiet() -> None:
    found = windows.interleave([Target("A", "", 0, Path())], lambda _: window(foreign=2.0))
    assert len(found["A"]) == windows.MOST_ROUNDS


def test_the_figures_of_wrk_are_read_from_its_last_line() -> None:
    load = wrk.parse(PRINTED)
    assert (load.rate, load.failures) == (15, 3)


def test_the_body_of_a_write_is_new_each_time(tmp_path: Path) -> None:
    script = wrk.writing_script(tmp_path / "x.lua", "/things", {"name": "a-@", "says": 'a "word"'}, {}).read_text()
    line = next(line for line in script.splitlines() if "local body" in line)
    before, after = json.loads(line.split(" = ")[1].split(" .. ")[0]), json.loads(line.split(" .. ")[-1])
    assert json.loads(before + "k-1" + after) == {"name": "a-k-1", "says": 'a "word"'}


def test_a_goal_is_reached_by_the_ratio_of_the_medians() -> None:
    first = RATIOS[0]
    assert rows.ratio_row(first, {first.ours: figures(65), first.against: figures(100)}).ok
    assert not rows.ratio_row(first, {first.ours: figures(64), first.against: figures(100)}).ok


def test_a_single_failed_answer_spoils_a_row() -> None:
    first = RATIOS[0]
    row = rows.ratio_row(first, {first.ours: figures(500, failures=1), first.against: figures(100)})
    assert not row.ok
    assert row.notes["failures"] == 1


def test_a_list_whose_statements_grow_with_its_rows_spoils_the_row() -> None:
    assert rows.statements_row([Count("/a", 3, 3)]).ok
    assert not rows.statements_row([Count("/a", 2, 3)]).ok
    assert not rows.statements_row([Count("/a", 3, 3), Count("/b", 4, 4)]).ok


def test_ids_choose_rows_and_a_letter_may_be_left_out() -> None:
    assert rows.wanted([]) == rows.IDS
    assert rows.wanted(["P4", "P1"]) == ("P1", "P1b", "P4a", "P4b", "P4c")
    assert rows.wanted(["P4b"]) == ("P4b",)


def test_an_unknown_id_is_refused_by_name() -> None:
    with pytest.raises(SystemExit, match="knows no P77"):
        rows.wanted(["P77"])


def test_the_table_says_which_goals_were_missed() -> None:
    table = report.table([rows.start_row(2.5), rows.start_row(4.5)]).splitlines()
    assert [line.split()[0] for line in table] == ["id", "P18", "P18"]
    assert " yes " in table[1]
    assert " NO " in table[2]
