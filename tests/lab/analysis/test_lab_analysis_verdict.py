"""What is concluded from the numbers, as a table."""

from __future__ import annotations

import pytest

from triptych.lab.analysis.verdict import points, verdict
from triptych.lab.results import Interval, Verdict

CASES = [
    # units, interval, adjusted, p, margin: verdict
    (9, (0.1, 0.5), (0.1, 0.5), 0.001, 0.02, "none"),
    (10, (0.1, 0.5), (0.1, 0.5), 0.001, 0.02, "better"),
    (40, (-0.5, -0.1), (-0.5, -0.1), 0.001, 0.02, "worse"),
    # interval and p must agree
    (40, (0.01, 0.2), (0.01, 0.2), 0.06, 0.0, "inconclusive"),
    (40, (-0.01, 0.2), (-0.01, 0.2), 0.04, 0.0, "inconclusive"),
    (40, (-0.2, -0.01), (-0.2, -0.01), 0.06, 0.02, "inconclusive"),
    # p at alpha is enough, an interval that touches 0 is not
    (40, (0.01, 0.2), (0.0, 0.21), 0.05, 0.02, "better"),
    (40, (0.0, 0.2), (-0.03, 0.21), 0.05, 0.02, "inconclusive"),
    # not worse is read from the adjusted interval, and needs a margin
    (40, (-0.01, 0.05), (-0.015, 0.06), 0.4, 0.02, "not-worse"),
    (40, (-0.01, 0.05), (-0.02, 0.06), 0.4, 0.02, "inconclusive"),
    (40, (-0.01, 0.05), (-0.015, 0.06), 0.4, 0.0, "inconclusive"),
    # an advantage that only the p of several candidates takes away is still not worse
    (40, (0.01, 0.2), (-0.01, 0.22), 0.09, 0.02, "not-worse"),
    # surely worse, by less than the margin: worse comes first
    (4000, (-0.019, -0.001), (-0.019, -0.001), 0.01, 0.02, "worse"),
]


@pytest.mark.parametrize(("units", "interval", "adjusted", "p", "margin", "expected"), CASES)
def test_verdict(
    units: int,
    interval: tuple[float, float],
    adjusted: tuple[float, float],
    p: float,
    margin: float,
    expected: Verdict,
) -> None:
    found, why = verdict(units, Interval(*interval), Interval(*adjusted), p, margin, 0.05)

    assert found == expected
    assert why.endswith(".")


def test_the_sentence_says_what_was_too_few() -> None:
    interval = Interval(0, 0)

    assert "8 families" in verdict(8, interval, interval, 1, 0.02, 0.05, unit="families")[1]
    assert "1 task" in verdict(1, interval, interval, 1, 0.02, 0.05)[1]


def test_points_have_signs_and_no_negative_zero() -> None:
    assert [points(x) for x in (0.1, -0.034, 0.0, -0.0001, 1.0)] == [
        "+10.0",
        "-3.4",
        "0.0",
        "0.0",
        "+100.0",
    ]
