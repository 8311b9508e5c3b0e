"""The noise floor and the check of drift."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from triptych.lab.stats.noise import Course, drift, flips
from triptych.lab.stats.rates import wilson

STILL = Course(range(40), [0.0, 1.0] * 20)


def test_flips_are_the_pairs_that_differ() -> None:
    found = flips([(True, True), (True, False), (False, True), (False, False)], "again")

    assert (found.pairs, found.flips, found.rate) == (4, 2, 0.5)
    assert found.interval == wilson(2, 4)


def test_without_pairs_nothing_is_known_of_noise() -> None:
    found = flips([], "trials")

    assert (found.source, found.pairs, found.interval.high) == ("none", 0, 1.0)


def test_a_trend_of_outcomes_is_found() -> None:
    found = drift(Course(range(40), [1.0] * 20 + [0.0] * 20), {}, STILL)

    assert found is not None
    assert found.found
    assert found.outcome_rho < -0.8


def test_a_trend_of_differences_is_found() -> None:
    found = drift(STILL, {"b": Course(range(40), [-1.0] * 20 + [1.0] * 20)}, STILL)

    assert found is not None
    assert found.found
    assert found.difference_rho["b"] > 0.8


def test_an_advantage_of_the_cell_that_ran_first_is_found() -> None:
    found = drift(STILL, {}, STILL, [(True, False)] * 12 + [(True, True)] * 5)

    assert found is not None
    assert found.found
    assert found.place_p == pytest.approx(2 / 2**12)


def test_slower_calls_alone_are_told_and_are_no_drift() -> None:
    found = drift(STILL, {}, Course(range(40), range(40)))

    assert found is not None
    assert not found.found
    assert found.latency_rho == pytest.approx(1.0)


def test_rank_correlation_is_that_of_scipy_and_0_where_nothing_changes() -> None:
    value = [float(x) for x in np.random.default_rng(0).random(40) < 0.5]
    found = drift(Course(range(40), value), {"b": Course(range(40), [0.0] * 40)}, STILL)

    assert found is not None
    assert found.outcome_p == pytest.approx(stats.spearmanr(range(40), value)[1])
    assert (found.difference_rho["b"], found.difference_p["b"]) == (0.0, 1.0)


def test_a_few_cells_show_no_course() -> None:
    assert drift(Course(range(9), [0.0] * 9), {}, STILL) is None


def test_drift_is_seldom_found_where_there_is_none() -> None:
    rng = np.random.default_rng(1)

    def once() -> bool:
        outcome, difference = (rng.random(60) < 0.5).astype(float), rng.choice([-1, 0, 1], 60)
        places = [(bool(x), bool(y)) for x, y in rng.random((60, 2)) < 0.5]
        found = drift(
            Course(range(60), outcome), {"b": Course(range(60), difference)}, STILL, places
        )
        return found is not None and found.found

    # three tests at 1% each
    assert np.mean([once() for _ in range(400)]) <= 0.03 + 3 * (0.03 * 0.97 / 400) ** 0.5
