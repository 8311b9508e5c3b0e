"""Pairs of passed and failed, against the papers' own tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, minimize_scalar
from statsmodels.stats.contingency_tables import mcnemar as theirs

from triptych.lab.stats.binary import few_differ, mcnemar, newcombe, tango

# Newcombe 1998, Stat. Med. 17:2635, Table III, method 10; the cells are e, f, g, h. The lower bound
# of (1, 97, 1, 1) is printed as 0.8736 there, and as 0.8737 for method 8, which is the same where
# eh < fg: it is left out.
TABLE = [
    ((36, 12, 2, 0), 0.0569, 0.3404),
    ((20, 12, 2, 16), 0.0562, 0.3292),
    ((18, 12, 2, 18), 0.0562, 0.3290),
    ((36, 14, 0, 0), 0.1528, 0.4167),
    ((35, 14, 0, 1), 0.1461, 0.4175),
    ((18, 14, 0, 18), 0.1441, 0.3963),
    ((2, 97, 1, 0), 0.8721, 0.9854),
    ((1, 97, 1, 1), None, 0.9850),
    ((0, 29, 1, 0), 0.6666, 0.9882),
    ((2, 98, 0, 0), 0.9178, 0.9945),
    ((1, 98, 0, 1), 0.9171, 0.9916),
    ((0, 30, 0, 0), 0.8395, 1.0),
    ((54, 0, 0, 0), -0.0664, 0.0664),
    ((53, 0, 0, 1), -0.0729, 0.0729),
    ((30, 0, 0, 24), -0.0358, 0.0358),
    ((29, 0, 0, 25), -0.0354, 0.0354),
    ((28, 0, 0, 26), -0.0352, 0.0352),
    ((27, 0, 0, 27), -0.0351, 0.0351),
]


@pytest.mark.parametrize(("cells", "low", "high"), TABLE)
def test_newcombes_table(cells: tuple[int, ...], low: float | None, high: float) -> None:
    found = newcombe(*cells)

    assert found.high == pytest.approx(high, abs=5.1e-5)
    if low is not None:
        assert found.low == pytest.approx(low, abs=5.1e-5)


def test_exchanging_the_variants_turns_both_intervals_round() -> None:
    for one, other in [
        (newcombe(30, 9, 4, 20), newcombe(30, 4, 9, 20)),
        (tango(9, 4, 63), tango(4, 9, 63)),
    ]:
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_tangos_examples() -> None:
    # Tango 1998, Stat. Med. 17:891, section 6: 32 pairs that differ in 9 and 3; 44 pairs that
    # differ in 0 and 1, at 90%. Fagerland, Lydersen & Laake 2014, Stat. Med. 33:2850:
    # 21 pairs, 1 and 7.
    first, second, third = tango(9, 3, 32), tango(0, 1, 44, 0.9), tango(1, 7, 21)

    assert (first.low, first.high) == pytest.approx((-0.027, 0.390), abs=5e-4)
    assert second.low == pytest.approx(-0.096, abs=5e-4)
    assert (third.low, third.high) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("b", "c", "n"), [(9, 3, 32), (12, 20, 164), (1, 6, 40), (7, 7, 50)])
def test_tangos_ends_are_where_the_score_test_of_the_likelihood_rejects(
    b: int, c: int, n: int
) -> None:
    def z(delta: float) -> float:
        # q, the chance of a loss, by a search for the greatest likelihood instead of by formula
        def unlikely(q: float) -> Any:
            same = max(1 - 2 * q - delta, 1e-300)
            logs = stats.multinomial.logpmf([b, c, n - b - c], n, [q + delta, q, same])
            return 1e9 if np.isnan(logs) else -logs

        low, high = max(0.0, -delta) + 1e-12, (1 - delta) / 2 - 1e-12
        q = minimize_scalar(
            unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-11}
        )
        return (b - c - n * delta) / (n * (2 * q.x + delta - delta**2)) ** 0.5  # type: ignore[no-any-return]

    limit = stats.norm.ppf(0.975)
    found, seen = tango(b, c, n), (b - c) / n
    assert found.low == pytest.approx(brentq(lambda d: z(d) - limit, -0.9, seen), abs=1e-5)
    assert found.high == pytest.approx(brentq(lambda d: z(d) + limit, seen, 0.9), abs=1e-5)


def test_mcnemar_by_hand() -> None:
    # 5 against 1: 2 * (1 + 6) / 64.
    assert mcnemar(5, 1) == pytest.approx(0.21875)


@pytest.mark.parametrize(("wins", "losses"), [(7, 0), (0, 7), (12, 5), (40, 31), (3, 3), (0, 0)])
def test_mcnemar_is_that_of_statsmodels(wins: int, losses: int) -> None:
    table = [[50, wins], [losses, 20]]

    assert mcnemar(wins, losses) == pytest.approx(theirs(table, exact=True).pvalue)


def test_the_bound_of_few_differing_tasks_is_clopper_and_pearsons() -> None:
    theirs_of_3 = stats.binomtest(3, 40).proportion_ci(0.95, method="exact").high

    assert few_differ(40, 3).high == pytest.approx(theirs_of_3)
    assert few_differ(40, 3).low == -few_differ(40, 3).high


def test_tasks_that_all_agree_still_leave_room_for_a_difference() -> None:
    # 1 - 0.025^(1/164): the number in decision 0013
    assert few_differ(164, 0).high == pytest.approx(0.02224, abs=1e-5)
    assert few_differ(0, 0).high == 1.0


def test_no_tasks_leave_everything_open() -> None:
    assert (newcombe(0, 0, 0, 0).low, tango(0, 0, 0).high) == (-1.0, 1.0)
