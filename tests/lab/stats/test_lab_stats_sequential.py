"""The confidence sequence: against an independent form of it, and by what it promises."""

from __future__ import annotations

from math import log, prod, sqrt

import numpy as np
import pytest
from simulation_kit import World, capital

from triptych.lab.stats.ahead import further
from triptych.lab.stats.sequential import Betting


def by_the_paper(x: list[float], m: float, alpha: float) -> float:
    """K±_t(m) of Waudby-Smith & Ramdas 2024, as products, one observation after the other."""
    ups, downs = [], []
    for t in range(1, len(x) + 1):
        centers = [(0.5 + sum(x[:i])) / (i + 1) for i in range(1, t)]
        spread = (0.25 + sum((v - c) ** 2 for v, c in zip(x, centers, strict=False))) / t
        bet = sqrt(2 * log(2 / alpha) / (spread * t * log(1 + t)))
        ups.append(1 + min(bet, 0.5 / m) * (x[t - 1] - m))
        downs.append(1 - min(bet, 0.5 / (1 - m)) * (x[t - 1] - m))
    return max(prod(ups), prod(downs)) / 2


@pytest.mark.parametrize("mean", [-0.4, 0.0, 0.2])
def test_the_capital_is_that_of_the_paper(mean: float) -> None:
    d = list(np.random.default_rng(0).choice([-1.0, 0.0, 0.2, 1.0], size=30))
    look, most = Betting(), 0.0
    for t, value in enumerate(d, 1):
        look.add(value)
        x = [(v + 1) / 2 for v in d[:t]]
        most = max(most, by_the_paper(x, (mean + 1) / 2, 0.05))

        assert look.p_of(mean) == pytest.approx(min(1.0, 1 / most))

    assert capital(np.array([d]), mean)[0, -1] == pytest.approx(most)


def test_the_interval_holds_all_means_that_no_bet_has_ruled_out() -> None:
    d = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], size=150, p=[0.1, 0.5, 0.4])
    look = Betting().extend(d)

    means = np.linspace(-1, 1, 1001)
    left = [m for m in means if look.p_of(m) > 0.05]
    assert look.interval.low == pytest.approx(left[0] - 0.002)
    assert look.interval.high == pytest.approx(left[-1] + 0.002)
    assert look.interval.low > 0
    assert look.p < 0.05


def test_the_interval_only_gets_narrower() -> None:
    look = Betting()
    before = look.interval
    assert (before.low, before.high) == (-1.0, 1.0)
    for d in np.random.default_rng(2).choice([-1.0, 0.0, 1.0], size=80):
        look.add(d)
        assert before.low <= look.interval.low
        assert look.interval.high <= before.high
        before = look.interval


def test_the_opposite_differences_give_the_opposite_interval() -> None:
    d = np.random.default_rng(3).choice([-1.0, 0.0, 0.5], size=90)
    one, other = Betting().extend(d), Betting().extend(-d)

    assert (one.interval.low, one.p) == pytest.approx((-other.interval.high, other.p))
    assert one.mean == pytest.approx(d.mean())


@pytest.mark.parametrize(("trials", "effect"), [(1, 0.0), (1, 0.1), (5, 0.0)])
def test_in_a_thousand_looks_the_truth_is_seldom_ever_ruled_out(trials: int, effect: float) -> None:
    a, b = World(1000, trials, effect=effect).draw(500, np.random.default_rng(4))
    d = b.mean(axis=2) - a.mean(axis=2)

    ever = (capital(d, effect)[:, -1] >= 20).mean()

    assert ever <= 0.05 + 3 * sqrt(0.05 * 0.95 / 500)


def test_looks_by_the_fixed_method_would_be_wrong_far_more_often() -> None:
    d = np.random.default_rng(5).choice([-1.0, 0.0, 1.0], size=(400, 160), p=[0.15, 0.7, 0.15])
    looks = range(10, 161, 10)
    fixed = np.zeros(400, dtype=bool)
    for n in looks:
        seen = d[:, :n]
        z = seen.sum(axis=1) / np.maximum(1, np.sqrt((seen**2).sum(axis=1)))
        fixed |= np.abs(z) > 1.96

    assert fixed.mean() > 0.12
    assert (capital(d, 0.0)[:, -1] >= 20).mean() <= 0.05


def test_a_drift_that_rules_out_every_mean_leaves_no_claim() -> None:
    look = Betting(breaks=101).extend([1.0] * 300 + [-1.0] * 1500)

    assert (look.interval.low, look.interval.high) == (-1.0, 1.0)


def test_how_much_longer_is_what_most_futures_take() -> None:
    rng = np.random.default_rng(6)
    seen = rng.choice([-1.0, 0.0, 1.0], size=100, p=[0.15, 0.6, 0.25])
    assert Betting().extend(seen).p > 0.05
    more = further(seen, 0.0)

    assert more is not None
    assert more > 20
    futures = rng.choice(seen, size=(600, more))
    whole = np.hstack([np.tile(seen, (600, 1)), futures])
    decided = (capital(whole, 0.0)[:, -1] >= 20).mean()
    assert decided == pytest.approx(0.8, abs=0.05)


def test_what_lies_on_the_wrong_side_is_not_foreseen() -> None:
    assert further([0.0, 0.0, 0.0], 0.0) is None
    assert further([1.0], 0.0) is None
