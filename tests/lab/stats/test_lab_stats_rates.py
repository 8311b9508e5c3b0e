"""Rates of passing against published, brute-force and independently computed numbers."""

from __future__ import annotations

from itertools import combinations

import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from triptych.errors import LabError
from triptych.lab.stats.rates import pass_at_k, pass_hat_k, wilson


def test_wilson_by_hand() -> None:
    # 8 of 10: centre (0.8 + 3.8415/20) / 1.38415, half width 0.2267 (z = 1.95996).
    found = wilson(8, 10)

    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize(("passed", "total"), [(0, 5), (5, 5), (91, 164), (102, 164), (1, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.975])
def test_wilson_is_that_of_two_others(passed: int, total: int, level: float) -> None:
    found = wilson(passed, total, level)
    scipys = stats.binomtest(passed, total).proportion_ci(level, method="wilson")
    theirs = proportion_confint(passed, total, 1 - level, method="wilson")

    assert (found.low, found.high) == pytest.approx((scipys.low, scipys.high), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-12)
    assert found.level == level


def test_wilson_of_nothing_is_everything() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_pass_at_k_and_pass_hat_k_are_shares_of_all_choices_of_k_trials(n: int) -> None:
    for c in range(n + 1):
        trials = [True] * c + [False] * (n - c)
        for k in range(1, n + 1):
            chosen = list(combinations(trials, k))

            assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
            assert pass_hat_k(n, c, k) == pytest.approx(sum(map(all, chosen)) / len(chosen))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 1, 4), (3, 4, 1), (3, 1, 0), (3, -1, 1)])
def test_what_cannot_be_told_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(LabError, match=f"pass@{k}"):
        pass_at_k(n, c, k)
    with pytest.raises(LabError, match=f"pass@{k}"):
        pass_hat_k(n, c, k)
