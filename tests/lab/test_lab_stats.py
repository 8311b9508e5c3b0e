"""The statistics against published and independently computed numbers."""

from __future__ import annotations

import pytest

from triptych.lab.stats import mcnemar, wilson

stats = pytest.importorskip("scipy.stats")


def test_wilson_by_hand() -> None:
    # 8 of 10: centre (0.8 + 3.8415/20) / 1.38415, half width 0.2267 (z = 1.95996).
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize(("passed", "total"), [(0, 5), (5, 5), (91, 164), (102, 164), (1, 1)])
def test_wilson_is_that_of_scipy(passed: int, total: int) -> None:
    theirs = stats.binomtest(passed, total).proportion_ci(0.95, method="wilson")

    assert wilson(passed, total) == pytest.approx((theirs.low, theirs.high))


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_mcnemar_by_hand() -> None:
    # 5 against 1: 2 * (1 + 6) / 64.
    assert mcnemar(5, 1) == pytest.approx(0.21875)
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("wins", "losses"), [(13, 2), (2, 13), (7, 7), (11, 0)])
def test_mcnemar_is_the_exact_sign_test_of_scipy(wins: int, losses: int) -> None:
    assert mcnemar(wins, losses) == pytest.approx(stats.binomtest(wins, wins + losses).pvalue)
