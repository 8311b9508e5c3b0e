"""What is concluded: a pure function of the numbers."""

from __future__ import annotations

from triptych.lab.results import LEAST_UNITS, Interval, Verdict


def verdict(
    n_units: int,
    interval: Interval,
    adjusted_interval: Interval,
    p_holm: float,
    margin: float,
    alpha: float,
    *,
    unit: str = "tasks",
) -> tuple[Verdict, str]:
    """Better, worse, not worse, inconclusive or none; the first of these that holds.

    Better and worse need the interval and the adjusted p, both: where they disagree, nothing is
    said. Not worse is a test of non-inferiority: the interval, corrected for the number of
    candidates, leaves no loss as large as the margin.

    Source: non-inferiority by a confidence interval: Piaggio et al. 2012, JAMA 308:2594.

    Args:
        n_units: Independent tasks or families.
        interval: Of the difference, at level 1 - alpha.
        adjusted_interval: At level 1 - alpha/m, m candidates.
        p_holm: Two-sided, adjusted over the candidates.
        margin: The loss that would not matter; 0: nothing is `not-worse`.
        alpha: Two-sided.
        unit: What is counted, for the sentence.

    Returns:
        The verdict, and why, in one sentence.
    """
    measured = f"{level(interval)} interval {between(interval)} points, p = {p_holm:.2g}"
    if n_units < LEAST_UNITS:
        how_many = "1 task or family" if n_units == 1 else f"{n_units} {unit}"
        return "none", f"With {how_many} there is no verdict: it takes {LEAST_UNITS}."
    if interval.low > 0 and p_holm <= alpha:
        return "better", f"It passes more of the tasks ({measured})."
    if interval.high < 0 and p_holm <= alpha:
        return "worse", f"It passes fewer of the tasks ({measured})."
    if margin > 0 and adjusted_interval.low > -margin:
        return (
            "not-worse",
            f"It loses less than {100 * margin:g} points, if anything "
            f"({level(adjusted_interval)} interval from {points(adjusted_interval.low)} points).",
        )
    return "inconclusive", f"It may be better, worse or the same ({measured})."


def points(share: float) -> str:
    """A difference of rates as percentage points, with its sign."""
    return f"{100 * share + 0.0:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0")


def between(interval: Interval) -> str:
    """An interval of differences, in points."""
    return f"{points(interval.low)} to {points(interval.high)}"


def level(interval: Interval) -> str:
    """The level of an interval in per cent."""
    return f"{100 * interval.level:.3g}%"
