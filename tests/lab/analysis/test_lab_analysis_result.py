"""The whole result of a folder, finished and half-finished."""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from analysis_kit import fabricated, failure, outcomes, pairs_of, result_of
from record_kit import fingerprint_of, record, write_run

from triptych.lab.analysis.result import result
from triptych.lab.folder import RunFolder
from triptych.lab.stats.rates import wilson


def test_a_finished_run(tmp_path: Path) -> None:
    records, frozen = fabricated(tasks=60, again=0.3)
    found = result_of(tmp_path, records, frozen)

    assert found.complete
    assert found.planned == found.finished
    assert found.planned > 120
    assert [v.name for v in found.variants] == ["a", "b", "a:again"]
    assert [c.candidate for c in found.comparisons] == ["b"]
    assert found.noise.source == "again"
    assert found.drift is not None
    assert {row.variant for row in found.stages} == {"a", "b", "a:again"}
    assert {row.of for row in found.checks} == {"delivered", "all drafts"}
    assert found.reviews
    assert found.model == "scripted"
    json.dumps(asdict(found), allow_nan=False)


def test_a_half_finished_run_is_an_honest_partial_answer(tmp_path: Path) -> None:
    records, frozen = fabricated(tasks=60)
    some = [r for r in records if r.position < 20]
    found = result_of(tmp_path, some, frozen, [failure("task-1", "a"), failure("task-1", "a")])

    assert not found.complete
    assert (found.planned, found.finished, found.errors) == (120, 40, 2)
    assert found.comparisons[0].method == "betting"
    assert [v.missing for v in found.variants] == [40, 40]
    assert [v.errors for v in found.variants] == [2, 0]


def test_a_run_that_ended_early_on_its_verdict_is_complete(tmp_path: Path) -> None:
    records, frozen = outcomes(pairs_of(10, 60, 5, 25), stop_early=True)
    found = result_of(tmp_path, [r for r in records if r.position < 60], frozen)

    assert found.comparisons[0].verdict == "better"
    assert found.complete


def test_cells_beyond_the_plan_do_not_stand_for_missing_ones(tmp_path: Path) -> None:
    # the baseline's second run on blocks that the plan, since it grew, no longer chooses for it
    records, frozen = fabricated(tasks=60, again=1.0)
    fewer = frozen.model_copy(update={"aa": 0.0})
    found = result_of(tmp_path, [r for r in records if r.key != ("task-3", "b", 0)], fewer)

    assert (found.planned, found.finished, found.complete) == (130, 129, False)


def test_an_early_end_without_a_candidate_is_no_end(tmp_path: Path) -> None:
    records, frozen = outcomes({"a": "1100110011"}, stop_early=True)

    assert not result_of(tmp_path, records[:4], frozen).complete


def test_an_empty_run_says_so(tmp_path: Path) -> None:
    _, frozen = fabricated(tasks=60)
    found = result_of(tmp_path, [], frozen)

    assert (found.finished, found.complete) == (0, False)
    assert found.comparisons[0].verdict == "none"
    assert found.variants[0].tokens_per_solved is None
    json.dumps(asdict(found), allow_nan=False)


def test_one_variant_alone_has_no_comparison(tmp_path: Path) -> None:
    records, frozen = outcomes({"a": "1100110011"})
    found = result_of(tmp_path, records, frozen)

    assert found.comparisons == ()
    assert found.variants[0].interval == wilson(6, 10)


def test_rates_of_one_trial_have_wilsons_interval_and_of_several_that_of_the_task_means(
    tmp_path: Path,
) -> None:
    words = {"a": "11011000" * 5, "b": "11111111" * 5}
    once = result_of(tmp_path / "once", *outcomes(words)).variants[0]
    twice = result_of(tmp_path / "twice", *outcomes(words, trials=2, k=[1, 2])).variants

    assert once.interval == wilson(20, 40)
    assert (once.rate, once.passed, once.cells, once.tasks) == (0.5, 20, 40, 40)
    assert twice[0].interval.low > once.interval.low - 0.2
    assert twice[0].pass_at == pytest.approx({1: 0.5, 2: 0.75})
    assert twice[0].pass_hat == pytest.approx({1: 0.5, 2: 0.25})
    assert twice[0].left_out == {1: 0, 2: 0}
    # all trials of all 20 tasks agree: no variance to go by
    assert twice[1].interval == wilson(20, 20)


def test_sums_of_drafts_repairs_and_replacements(tmp_path: Path) -> None:
    _, frozen = outcomes({"a": "1" * 10})
    records = [record(f"task-{n}", "a", "passed", position=n) for n in range(8)]
    records.append(record("task-8", "a", "failed", "passed", delivered=1, position=8))
    records.append(record("task-9", "a", "timeout", "failed", delivered=0, position=9))
    found = result_of(tmp_path, records, frozen).variants[0]

    assert (found.drafts, found.repairs, found.replaced, found.timeouts) == (12, 2, 1, 1)
    assert (found.passed, found.tokens) == (9, 6300)
    assert found.tokens_per_solved == 700


def test_money_is_a_sum_only_where_every_price_is_known(tmp_path: Path) -> None:
    records, frozen = outcomes({"a": "1" * 10})
    priced = [
        r.model_copy(update={"usage": r.usage.model_copy(update={"money": 0.5})}) for r in records
    ]

    assert result_of(tmp_path / "x", priced, frozen).variants[0].money == pytest.approx(5.0)
    some = [*priced[:9], records[9]]
    assert result_of(tmp_path / "y", some, frozen).variants[0].money is None


def test_the_fingerprints_hash_forgets_what_may_change(tmp_path: Path) -> None:
    records, frozen = outcomes({"a": "1" * 10})
    told = frozen.model_copy(update={"description": "other", "made_with": {"python": "3"}})
    changed = frozen.model_copy(update={"seed": 1})
    hashes = [
        result_of(tmp_path / str(n), records, one).fingerprint_sha256
        for n, one in enumerate((frozen, told, changed))
    ]

    assert hashes[0] == hashes[1] != hashes[2]


def test_reading_a_record_takes_a_millisecond_a_cell(tmp_path: Path) -> None:
    records, frozen = fabricated(tasks=500)
    run = RunFolder.open(write_run(tmp_path, records, frozen))
    result(run)  # imports apart

    began = time.process_time()
    found = result(run)

    assert found.finished == 1000
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("as_in_the_set", [True, False], ids=["order of the set", "shuffled"])
def test_a_trend_along_tasks_in_the_order_of_their_set_is_no_drift(
    tmp_path: Path, as_in_the_set: bool
) -> None:
    """A record that was made several tasks at a time, without the lab's shuffled schedule."""
    places = list(range(40))
    if not as_in_the_set:
        random.Random(1).shuffle(places)
    ran = {task: 2 * place + (-3 if place % 5 == 0 else 0) for task, place in enumerate(places)}
    frozen = fingerprint_of(tasks=40)
    records = [
        record(f"task-{task}", name, "passed" if places[task] < 20 else "failed", position=position)
        for task, position in ran.items()
        for name in ("a", "b")
    ]
    found = result_of(tmp_path, records, frozen)

    if as_in_the_set:
        assert found.drift is None
    else:
        assert found.drift is not None
        assert found.drift.found
