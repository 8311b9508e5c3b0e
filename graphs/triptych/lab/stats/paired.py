"""Differences of pairs: one number a task, candidate minus baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triptych.lab.results import Interval
from triptych.lab.stats.arrays import grouped, numpy, scipy_stats

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats, Labels

RESAMPLES = 9999
"""Random flips of signs, where there are too many to try all: the p is then good to about 0.4
points near 5% (two standard errors)."""

_AT_ONCE = 2_000_000


def t_interval(d: Floats, level: float = 0.95) -> Interval:
    """Student's interval of the mean: d̄ ± t(n-1)·s/√n.

    Source: Student 1908, Biometrika 6:1; for paired questions of an evaluation: Miller 2024, arXiv
    2411.00640, on paired differences.

    Args:
        d: One difference a task.
        level: Confidence, two-sided.

    Returns:
        The interval; without bounds where there are fewer than two tasks.
    """
    np = numpy()
    values = np.asarray(d, dtype=float)
    n = len(values)
    if n < 2:
        return Interval(float("-inf"), float("inf"), level)
    half = scipy_stats().t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return Interval(float(values.mean() - half), float(values.mean() + half), level)


def johnson(d: Floats, level: float = 0.95) -> Interval:
    """Student's interval, moved by the skewness of the differences.

    Each end by m₃·(1 + 2t²)/(6·s²·n), m₃ the third central moment, t Student's quantile. Where a
    candidate loses a few tasks outright and wins none, Student's lower end is passed by the truth
    in up to 6.4% of experiments instead of 2.5%, this one in up to 3% (docs/statistics.md).

    Source: Johnson 1978, J. Am. Stat. Assoc. 73:536, with his squared term taken at the end itself.

    Args:
        d: One difference a task.
        level: Confidence, two-sided.

    Returns:
        The interval; Student's where all are equal.
    """
    np = numpy()
    plain, values = t_interval(d, level), np.asarray(d, dtype=float)
    n = len(values)
    if n < 2 or np.ptp(values) == 0:
        return plain
    t = scipy_stats().t.ppf((1 + level) / 2, n - 1)
    third = ((values - values.mean()) ** 3).mean()
    shift = float(third * (1 + 2 * t * t) / (6 * values.var(ddof=1) * n))
    return Interval(plain.low + shift, plain.high + shift, level)


def sign_flip(
    d: Floats, *, groups: Labels | None = None, seed: int = 0, resamples: int = RESAMPLES
) -> float:
    """The two-sided p of the sign-flip permutation test of a mean of 0.

    If neither variant is better, each difference is as likely as its opposite. All ways of flipping
    signs are tried where there are at most `resamples`, else so many random ones. Differences of
    0 count in no way of flipping and are left out of the count. With groups, a whole group flips
    together: its tasks are no independent witnesses.

    Source: Fisher 1935, The Design of Experiments, on Darwin's pairs; random flips with the added
    one of Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39. `scipy.stats.permutation_test`.

    Args:
        d: One difference a task.
        groups: The family of each task.
        seed: Of the random flips: the same differences always give the same p.
        resamples: How many random flips.

    Example:
        >>> sign_flip([1, 1, 1, 1, 1])
        0.0625
    """
    np = numpy()
    sums = np.asarray(d, dtype=float) if groups is None else grouped(d, groups)[0]
    sums = sums[np.abs(sums) > 1e-12]
    if len(sums) < 2:
        return 1.0
    found = scipy_stats().permutation_test(
        (sums,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _AT_ONCE // len(sums)),
        rng=seed,
    )
    return float(found.pvalue)
