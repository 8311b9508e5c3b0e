"""Paired differences: Student's interval, sign flips, clusters, against others' numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from triptych.lab.stats.binary import mcnemar
from triptych.lab.stats.clusters import by_cluster, cluster_se, cluster_t
from triptych.lab.stats.paired import johnson, sign_flip, t_interval

D = [0.2, -0.4, 0.6, 0.0, 1.0, 0.2, -0.2, 0.8]

# Darwin's fifteen pairs of plants (Fisher 1935, The Design of Experiments, ch. III): differences in
# eighths of an inch; of all 2^15 ways of flipping, 1,726 are as extreme: p = 0.0527.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_the_t_interval_is_that_of_scipy() -> None:
    theirs = stats.ttest_1samp(D, 0).confidence_interval(0.9)

    found = t_interval(D, 0.9)

    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


def test_one_task_has_no_bounds() -> None:
    assert t_interval([0.5]).low == -np.inf
    assert cluster_t([0.5, 0.2], ["x", "x"]).high == np.inf


def test_fishers_example_of_flipping_signs() -> None:
    assert sign_flip(DARWIN, resamples=2**15) == pytest.approx(1726 / 2**15, abs=1e-9)


def test_many_random_flips_come_close_to_all() -> None:
    assert sign_flip(DARWIN) == pytest.approx(1726 / 2**15, abs=3 * 0.0022)


@pytest.mark.parametrize("groups", [None, [0, 0, 1, 1, 2, 3, 4, 4]])
def test_sign_flip_is_the_share_of_flips_at_least_as_far_from_0(groups: Any) -> None:
    labels = groups or list(range(len(D)))
    sums = [sum(d for d, g in zip(D, labels, strict=True) if g == k) for k in sorted(set(labels))]
    seen = abs(sum(sums)) - 1e-9
    ways = [sum(np.multiply(signs, sums)) for signs in product((1, -1), repeat=len(sums))]

    assert sign_flip(D, groups=groups) == pytest.approx(np.mean(np.abs(ways) >= seen))


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (8, 2), (3, 3), (1, 0), (0, 0), (2, 9)])
def test_on_wins_and_losses_sign_flip_is_mcnemars_test(wins: int, losses: int) -> None:
    d = [1.0] * wins + [-1.0] * losses + [0.0] * 50

    assert sign_flip(d) == pytest.approx(mcnemar(wins, losses))


def test_the_same_differences_always_give_the_same_p() -> None:
    d = np.random.default_rng(0).normal(size=40)

    assert sign_flip(d) == sign_flip(d)


def test_a_p_is_never_0() -> None:
    assert sign_flip([1.0] * 200) == pytest.approx(2 / 10_000)


def test_the_cluster_error_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 12, size=100)
    d = rng.normal(size=100) + rng.normal(size=12)[groups]
    model = sm.OLS(d, np.ones(100)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, use_t=True
    )

    se, freedom = cluster_se(d, list(groups))

    # theirs without its factor (C/(C-1))·((n-1)/(n-k)), which for a mean, k = 1, is C/(C-1)
    assert se == pytest.approx(float(model.bse[0]) * np.sqrt(12 / 11))
    assert freedom == 11
    corrected = sm.OLS(d, np.ones(100)).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    found = cluster_t(d, list(groups))
    assert (found.low, found.high) == pytest.approx(tuple(corrected.conf_int()[0]))


def test_where_each_task_is_its_own_family_clusters_change_nothing() -> None:
    found, plain = cluster_t(D, list(range(len(D)))), t_interval(D)

    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_one_number_a_cluster_carries_the_mean_and_the_clustered_error() -> None:
    groups = ["x", "x", "x", "y", "y", "z", "w", "w"]
    found, plain = cluster_t(D, groups), t_interval(by_cluster(D, groups))

    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_johnsons_interval_by_hand() -> None:
    # 0, 0, 0, -1: mean -1/4, s² = 1/4, m3 = (3·(1/4)³ - (3/4)³)/4 = -3/32; t(3, .975) = 3.1824;
    # moved by -3/32·(1 + 2·10.128)/(6·1/4·4) = -0.33213
    found, plain = johnson([0, 0, 0, -1]), t_interval([0, 0, 0, -1])

    assert found.low - plain.low == pytest.approx(-0.33213, abs=1e-4)
    assert found.high - plain.high == pytest.approx(-0.33213, abs=1e-4)


def test_symmetric_differences_move_nothing() -> None:
    assert johnson([1, 0, -1, 0.5, -0.5]).low == pytest.approx(
        t_interval([1, 0, -1, 0.5, -0.5]).low
    )
    assert johnson([0.2, 0.2]) == t_interval([0.2, 0.2])
