"""One comparison: which cells it pairs, by which method, and what it says of them."""

from __future__ import annotations

from random import Random

import pytest
from analysis_kit import fabricated, failure, outcomes, pairs_of, table_of
from scipy import stats

from triptych.errors import LabError
from triptych.lab.analysis.compare import compare, compare_all, compare_parts
from triptych.lab.analysis.table import Table, table
from triptych.lab.results import Comparison
from triptych.lab.stats.binary import few_differ, newcombe


def only(cells: Table) -> Comparison:
    return compare_all(cells, cells.frozen)[0]


def random_word(length: int, seed: int, rate: float = 0.5) -> str:
    chance = Random(seed)
    return "".join("1" if chance.random() < rate else "0" for _ in range(length))


def test_one_trial_is_judged_by_newcombe_and_mcnemar() -> None:
    found = only(table_of(pairs_of(60, 20, 5, 15)))
    interval = newcombe(60, 20, 5, 15)

    assert found.method == "newcombe+mcnemar"
    assert found.interval == interval
    assert found.p == pytest.approx(stats.binomtest(5, 25).pvalue)
    assert (found.wins, found.losses, found.ties) == (20, 5, 75)
    assert (found.tasks, found.families, found.trials) == (100, 100, 1)
    assert found.difference == pytest.approx(0.15)
    assert found.verdict == "better"
    assert found.more_tasks == 0
    assert found.bootstrap is not None


def test_several_trials_are_judged_by_student_and_sign_flips() -> None:
    words = {"a": random_word(60, 1), "b": random_word(60, 2, 0.6)}
    found = only(table_of(words, trials=3))
    d = [
        (words["b"][i : i + 3].count("1") - words["a"][i : i + 3].count("1")) / 3
        for i in range(0, 60, 3)
    ]

    theirs = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert found.method == "t+sign-flip"
    assert (found.interval.low, found.interval.high) == pytest.approx((theirs.low, theirs.high))
    assert found.difference == pytest.approx(sum(d) / 20)
    assert found.bootstrap is None


def test_families_are_judged_by_family() -> None:
    words = {"a": random_word(60, 3), "b": random_word(60, 4)}
    found = only(table_of(words, families=12))

    assert found.method == "cluster-t+sign-flip"
    assert (found.tasks, found.families) == (60, 12)


def test_nine_families_get_no_verdict_however_many_tasks_they_have() -> None:
    found = only(table_of({"a": "0" * 90, "b": "1" * 90}, families=9))

    assert found.verdict == "none"
    assert "9 families" in found.why


def test_where_all_tasks_agree_a_difference_is_still_possible() -> None:
    # Newcombe alone would say 1.2 points, and call it not worse: decision 0013
    found = only(table_of(pairs_of(95, 0, 0, 69)))

    assert found.verdict == "inconclusive"
    assert found.interval.high == pytest.approx(few_differ(164, 0).high)
    assert found.more_tasks == pytest.approx(190 - 164, abs=2)
    assert "Only 0 of 164 tasks differ" in found.warnings[0]


def test_not_worse_needs_the_stricter_of_two_bounds() -> None:
    # 5 tasks of 164 lost, none won: Newcombe's lower bound is -5.9 points, Tango's -6.9
    words = pairs_of(90, 0, 5, 69)
    found = only(table_of(words, margin=0.065))

    assert found.interval.low > -0.065
    assert found.verdict == "inconclusive"
    assert only(table_of(words, margin=0.07)).verdict == "not-worse"


def test_so_many_more_tasks_that_agree_are_then_not_worse() -> None:
    more = only(table_of(pairs_of(95, 0, 0, 69))).more_tasks

    assert more is not None
    assert only(table_of(pairs_of(95, 0, 0, 69 + more))).verdict == "not-worse"


@pytest.mark.parametrize("trials", [1, 2])
def test_four_differing_tasks_never_narrow_the_interval_below_what_they_allow(trials: int) -> None:
    words = {name: "".join(c * trials for c in w) for name, w in pairs_of(20, 4, 0, 16).items()}
    found = only(table_of(words, trials=trials))

    assert found.interval.high >= few_differ(40, 4).high
    assert found.interval.low <= -few_differ(40, 4).high
    assert found.mde is not None
    assert found.mde > 0.1


def test_tasks_pair_in_like_trials_only() -> None:
    # task 0: trial 0 in both; task 1: no trial in common; the rest whole
    words = {"a": "1." + "1." + "10" * 18, "b": "11" + ".1" + "11" * 18}
    found = only(table_of(words, [failure("task-0", "a", 1), *_missing_of_task_1()], trials=2))

    assert found.tasks == 19
    assert found.trials == 1
    assert "1 tasks have no finished pair" in found.warnings[0]
    assert any("fewer trials" in warning for warning in found.warnings)


def _missing_of_task_1() -> list:
    return [failure("task-1", "a", 1), failure("task-1", "b", 0)]


def test_holm_takes_all_candidates_together() -> None:
    pairs = pairs_of(20, 12, 2, 6)
    words = {"a": pairs["a"], "b": pairs["b"], "c": pairs["b"], "d": pairs["a"]}
    cells = table_of(words)
    found = {one.candidate: one for one in compare_all(cells, cells.frozen)}

    assert found["b"].p == pytest.approx(stats.binomtest(2, 14).pvalue)
    assert found["b"].p_holm == pytest.approx(3 * found["b"].p)
    assert found["d"].p_holm == 1.0


def test_alone_a_candidate_is_better_that_among_ten_is_not() -> None:
    pairs = pairs_of(20, 12, 2, 6)
    alone = only(table_of(pairs))
    others = {f"c{n}": pairs["a"] for n in range(9)}
    among = only(table_of({**pairs, **others}))

    assert alone.verdict == "better"
    assert among.p == alone.p
    assert among.verdict != "better"


def test_the_baselines_second_run_is_no_candidate() -> None:
    records, frozen = fabricated(tasks=30, again=0.5)
    cells = table(records, frozen)

    assert [one.candidate for one in compare_all(cells, frozen)] == ["b"]


def test_parts_of_an_ablation_are_a_family_of_their_own() -> None:
    pairs = pairs_of(20, 12, 2, 6)
    words = {**pairs, "b:only-code": pairs["b"], "b:without-code": pairs["a"]}
    cells = table_of(words, ablation={"b:only-code": "code", "b:without-code": "code"})

    main = compare_all(cells, cells.frozen)
    parts = {one.candidate: one for one in compare_parts(cells, cells.frozen)}
    assert [one.candidate for one in main] == ["b"]
    assert main[0].p_holm == main[0].p
    assert parts["b:only-code"].baseline == "a"
    assert parts["b:without-code"].baseline == "b"
    assert parts["b:without-code"].difference == -main[0].difference
    assert parts["b:only-code"].p_holm == pytest.approx(2 * main[0].p)


def test_costs_are_paired_ratios() -> None:
    records, frozen = outcomes(pairs_of(10, 5, 5, 10))
    doubled = [
        r.model_copy(
            update={"usage": r.usage.model_copy(update={"input_tokens": 1130, "money": 0.02})}
        )
        if r.variant == "b"
        else r.model_copy(update={"usage": r.usage.model_copy(update={"money": 0.01})})
        for r in records
    ]
    found = only(table(doubled, frozen))

    assert found.tokens is not None
    assert found.tokens.value == pytest.approx(2.0)
    assert found.tokens.n == 30
    assert found.money is not None
    assert found.money.value == pytest.approx(2.0)


def test_without_a_price_there_is_no_ratio_of_money() -> None:
    assert only(table_of(pairs_of(10, 5, 5, 10))).money is None


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(LabError, match="no variant 'c'"):
        compare(
            table_of(pairs_of(10, 1, 1, 10)), "a", "c", margin=0.02, alpha=0.05, sequential=False
        )


def test_records_of_another_experiment_are_refused() -> None:
    records, _ = outcomes(pairs_of(10, 1, 1, 10))
    _, other = outcomes({"x": "0" * 22, "y": "0" * 22})

    with pytest.raises(LabError, match="mixed"):
        table(records, other)


def test_what_greedy_trials_are_worth_is_told() -> None:
    words = {"a": random_word(60, 3), "b": random_word(60, 4)}
    records, frozen = outcomes(words, trials=3)
    model = frozen.variants["b"].model.model_copy(update={"parameters": {"temperature": 0}})
    greedy = frozen.variants["b"].model_copy(update={"model": model})
    frozen = frozen.model_copy(update={"variants": {**frozen.variants, "b": greedy}})

    assert any("temperature 0" in w for w in only(table(records, frozen)).warnings)


def test_a_difference_within_the_baselines_own_noise_is_told() -> None:
    pairs = pairs_of(20, 8, 6, 26)
    records, frozen = outcomes({**pairs, "a:again": random_word(60, 9)}, aa=1.0)
    found = only(table(records, frozen))

    assert any("differs from itself" in w for w in found.warnings)
