"""Looks before the end: what counts, and by which method."""

from __future__ import annotations

import pytest
from analysis_kit import failure, outcomes, pairs_of, table_of

from triptych.lab.analysis.compare import compare_all
from triptych.lab.analysis.pairs import finished_prefix
from triptych.lab.analysis.table import Table, table
from triptych.lab.measuring.schedule import schedule
from triptych.lab.results import Comparison
from triptych.lab.stats.sequential import Betting

STRONG = pairs_of(10, 60, 5, 25)


def only(cells: Table) -> Comparison:
    return compare_all(cells, cells.frozen)[0]


def until(stop: int, words: dict[str, str] | None = None, **more: object) -> Table:
    records, frozen = outcomes(words or STRONG, **more)
    return table([r for r in records if r.position < stop], frozen)


def test_an_unfinished_record_is_judged_by_bets_in_the_order_of_the_schedule() -> None:
    cells = until(60)
    order = [slot.task for slot in schedule(cells.frozen)][:60]
    d = [int(STRONG["b"][int(task[5:])]) - int(STRONG["a"][int(task[5:])]) for task in order]
    found = only(cells)

    look = Betting(0.025).extend(d)
    assert found.method == "betting"
    assert found.interval == look.interval
    assert found.p == look.p
    assert found.tasks == 60
    assert found.verdict == "better"
    assert "120 of 200 cells" in found.warnings[0]
    assert "first 60 of 100 tasks" in found.warnings[0]


def test_what_ended_behind_a_gap_does_not_count() -> None:
    records, frozen = outcomes(STRONG)
    gone = next(r for r in records if r.position == 30)
    cells = table([r for r in records if r is not gone], frozen)

    assert only(cells).tasks == 30


def test_a_gap_of_the_infrastructure_is_passed_over() -> None:
    records, frozen = outcomes(STRONG)
    gone = next(r for r in records if r.position == 30)
    left = [r for r in records if r is not gone and r.position < 60]
    cells = table(left, frozen, [failure(*gone.key)])

    assert only(cells).tasks == 59


def test_where_only_the_infrastructure_has_left_gaps_nobody_looked() -> None:
    records, frozen = outcomes(STRONG)
    gone = next(r for r in records if r.position == 30)
    cells = table([r for r in records if r is not gone], frozen, [failure(*gone.key)])

    assert only(cells).method == "newcombe+mcnemar"
    assert only(cells).tasks == 99
    assert not cells.whole


def test_the_order_in_which_cells_ended_changes_nothing() -> None:
    records, frozen = outcomes(STRONG)
    early = [r for r in records if r.position < 50]

    assert only(table(early, frozen)) == only(table(early[::-1], frozen))


def test_a_task_counts_when_its_last_trial_is_in() -> None:
    words = {name: "".join(c * 2 for c in word) for name, word in STRONG.items()}
    records, frozen = outcomes(words, trials=2)
    cells = table([r for r in records if r.position < 100], frozen)
    seen: dict[str, int] = {}
    for slot in schedule(frozen)[:100]:
        seen[slot.task] = seen.get(slot.task, 0) + 1

    found = finished_prefix(cells, "a", "b")
    assert {pair.task for pair in found.pairs} == {task for task, n in seen.items() if n == 2}
    assert {pair.trials for pair in found.pairs} == {2}


def test_a_family_counts_once_by_its_mean() -> None:
    found = finished_prefix(until(100, families=20), "a", "b")

    assert len(found.by_unit) == 20
    assert len(found.pairs) == 100


def test_a_family_that_may_have_more_tasks_does_not_count_yet() -> None:
    # of the tasks that have no record yet, nobody knows which families they are of
    assert len(finished_prefix(until(60, families=20), "a", "b").by_unit) < 20


def test_a_family_of_which_the_experiment_tells_counts_when_its_last_task_is_in() -> None:
    told = {f"task-{n}": f"family-{n % 50}" for n in range(100)}
    cells = until(60, families=50, told=told)
    ran = {slot.task for slot in schedule(cells.frozen)[:60]}
    whole = {f for f in told.values() if all(t in ran for t, of in told.items() if of == f)}

    assert cells.families == told
    assert 0 < len(whole) == len(finished_prefix(cells, "a", "b").by_unit)


def test_a_grown_experiment_is_judged_by_bets_though_it_is_whole() -> None:
    cells = table_of(STRONG, grown=[{"tasks": 60, "trials": 1}])
    found = only(cells)

    assert cells.whole
    assert found.method == "betting"
    assert found.interval.level == pytest.approx(0.975)
    assert "grown" in found.warnings[0]


def test_what_was_there_before_the_growth_comes_first() -> None:
    cells = table_of(STRONG, grown=[{"tasks": 60, "trials": 1}])
    found = finished_prefix(cells, "a", "b")

    assert {int(pair.task[5:]) for pair in found.pairs[:60]} == set(range(60))


def test_an_experiment_that_may_end_early_takes_all_of_alpha_for_its_looks() -> None:
    assert only(until(60, stop_early=True)).interval.level == pytest.approx(0.95)


def test_before_the_end_it_is_said_to_measure_the_rest_and_not_how_many_more() -> None:
    found = only(until(20, pairs_of(25, 26, 25, 24)))

    assert found.verdict == "inconclusive"
    assert found.more_tasks is None
    assert found.mde is None
    assert found.why.endswith("Measure the rest.")


def test_after_the_end_of_a_grown_experiment_its_own_method_says_how_many_more() -> None:
    words = {"a": "1001010010" * 10, "b": "1011001010" * 9 + "1111001010"}
    found = only(table_of(words, grown=[{"tasks": 60, "trials": 1}]))

    assert found.verdict == "inconclusive"
    assert found.more_tasks is not None
    assert found.more_tasks > 50
    assert "of this experiment" in found.why


def test_nothing_measured_is_no_verdict() -> None:
    found = only(until(0))

    assert (found.verdict, found.tasks, found.difference) == ("none", 0, 0.0)
