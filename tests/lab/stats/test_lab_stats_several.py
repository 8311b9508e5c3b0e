"""Several candidates, costs, the bootstrap, and planning."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from triptych.lab.stats.boot import bca, bca_per_solved
from triptych.lab.stats.costs import paired_ratio
from triptych.lab.stats.planning import components, mde, needed
from triptych.lab.stats.several import holm


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(list(multipletests(p, method="holm")[1]))


def test_holm_of_none_is_none() -> None:
    assert holm([]) == []


def test_a_ratio_is_the_geometric_mean_of_the_tasks() -> None:
    found = paired_ratio([100, 200, 50], [200, 100, 100])

    assert found is not None
    assert found.value == pytest.approx(exp((log(2) + log(0.5) + log(2)) / 3))
    theirs = stats.ttest_1samp([log(2), log(0.5), log(2)], 0).confidence_interval(0.95)
    assert (log(found.low), log(found.high)) == pytest.approx((theirs.low, theirs.high))


def test_a_ratio_leaves_out_what_is_0_or_unknown() -> None:
    found = paired_ratio([100, 0, 10, float("nan"), 10], [200, 5, 20, 1, 20])

    assert found is not None
    assert (found.value, found.n, found.left_out) == (pytest.approx(2), 3, 2)


def test_two_tasks_at_least_make_a_ratio() -> None:
    assert paired_ratio([1, 0], [2, 2]) is None


def test_a_ratio_by_families_is_wider_where_they_hang_together() -> None:
    rng = np.random.default_rng(0)
    groups = list(np.arange(60) % 6)
    b = np.exp(rng.normal(size=6))[groups]
    alone, together = paired_ratio(np.ones(60), b), paired_ratio(np.ones(60), b, groups=groups)

    assert alone is not None
    assert together is not None
    assert together.value == pytest.approx(alone.value)
    assert together.high > alone.high


def test_the_bootstrap_is_left_to_a_hundred_tasks() -> None:
    d = np.random.default_rng(0).choice([-1, 0, 1], size=100)

    assert bca(d[:99]) is None
    found = bca(d)
    assert found is not None
    plain = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.03)
    assert found == bca(d)


def test_the_bootstrap_of_equal_differences_is_none() -> None:
    assert bca([0.0] * 150) is None


def test_the_bootstrap_of_costs_per_solved_holds_the_ratio_of_sums() -> None:
    rng = np.random.default_rng(0)
    cost, passed = rng.uniform(100, 300, size=150), rng.random(150) < 0.5

    found = bca_per_solved(cost, passed)

    assert found is not None
    assert found.low < cost.sum() / passed.sum() < found.high


@pytest.mark.parametrize(
    ("n", "trials", "points"),
    # shared/PROMPTS.md, which rounds 1,000 tasks at one trial to 4.3
    [
        (30, 1, 25),
        (30, 5, 14),
        (100, 1, 14),
        (100, 5, 8),
        (300, 1, 8),
        (300, 5, 4.6),
        (1000, 5, 2.5),
    ],
)
def test_what_can_be_detected_is_the_table_of_the_house(n: int, trials: int, points: float) -> None:
    assert 100 * mde(n, trials) == pytest.approx(points, abs=1 if points > 5 else 0.06)


def test_a_difference_is_at_most_1() -> None:
    assert mde(1, 1, omega2=4) == 1.0


@pytest.mark.parametrize(("s", "effect"), [(0.33, 0.1), (0.5, 0.25), (0.2, 0.02)])
def test_needed_is_what_the_power_of_students_test_asks(s: float, effect: float) -> None:
    theirs = TTestPower().solve_power(effect_size=effect / s, alpha=0.05, power=0.8)

    assert needed(s * s, effect) == pytest.approx(theirs, abs=1.5)
    assert needed(s * s, -effect) == needed(s * s, effect)


def test_needed_for_mcnemars_test_is_connors_formula_and_half_a_count() -> None:
    # Connor 1987: (1.96·√0.2 + 0.8416·√(0.2 - 0.01))² / 0.01 = 154.5 for 20% that differ, 10 points
    assert needed(0.19, 0.1, null_s2=0.2, exact=True) == 155 + 10


def test_no_effect_or_no_variance_says_nothing() -> None:
    assert needed(0.2, 0.0) is None
    assert needed(0.0, 0.1) is None


def test_components_tell_tasks_and_trials_apart() -> None:
    rng = np.random.default_rng(0)
    a_chance = rng.uniform(0.2, 0.6, size=20_000)
    b_chance = a_chance + rng.uniform(-0.2, 0.4, size=20_000)
    a = list((rng.random((20_000, 4)) < a_chance[:, None]).astype(float))
    b = list((rng.random((20_000, 4)) < b_chance[:, None]).astype(float))

    omega2, sigma2 = components(a, b)

    assert omega2 == pytest.approx(0.6**2 / 12, abs=0.003)
    within = (a_chance * (1 - a_chance)).mean() + (b_chance * (1 - b_chance)).mean()
    assert sigma2 == pytest.approx(within, abs=0.003)


def test_one_trial_has_no_variance_of_its_own() -> None:
    omega2, sigma2 = components([[1.0], [0.0], [0.0]], [[1.0], [1.0], [0.0]])

    assert (omega2, sigma2) == (pytest.approx(1 / 3), 0.0)
    assert components([[1.0]], [[0.0]]) == (0.0, 0.0)
