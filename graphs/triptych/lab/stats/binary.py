"""Pairs of passed and failed, one trial a task."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from triptych.lab.results import Interval
from triptych.lab.stats.arrays import scipy_stats
from triptych.lab.stats.rates import wilson


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p of McNemar's test: a sign test on the tasks that differ.

    Twice the smaller binomial tail of `wins` in `wins + losses` at 1/2, at most 1.

    Source: McNemar 1947, Psychometrika 12:153.

    Example:
        >>> mcnemar(5, 1)  # 2 · (1 + 6) / 64
        0.21875
    """
    if wins + losses == 0:
        return 1.0
    return float(scipy_stats().binomtest(wins, wins + losses, 0.5).pvalue)


def newcombe(both: int, only_b: int, only_a: int, neither: int, level: float = 0.95) -> Interval:
    """The interval of the difference of two paired rates, b's minus a's.

    θ - √(l_b² - 2φ·l_b·u_a + u_a²) to θ + √(u_b² - 2φ·u_b·l_a + l_a²), where θ is the difference,
    l and u are the distances from each rate to its Wilson bounds, and φ is the correlation of the
    fourfold table, with its numerator eh - fg lessened by n/2 (but not below 0) where positive.

    Source: Newcombe 1998, Stat. Med. 17:2635, method 10.

    Args:
        both: Tasks that both variants pass.
        only_b: That only the candidate passes.
        only_a: That only the baseline passes.
        neither: That none passes.
        level: Confidence, two-sided.

    Example:
        >>> bounds = newcombe(20, 12, 2, 16)
        >>> round(bounds.low, 4), round(bounds.high, 4)
        (0.0562, 0.3292)
    """
    n = both + only_b + only_a + neither
    if n == 0:
        return Interval(-1.0, 1.0, level)
    b, a = both + only_b, both + only_a
    bounds_b, bounds_a = wilson(b, n, level), wilson(a, n, level)
    lower_b, upper_b = b / n - bounds_b.low, bounds_b.high - b / n
    lower_a, upper_a = a / n - bounds_a.low, bounds_a.high - a / n
    over = float(both * neither - only_b * only_a)
    if over > 0:
        over = max(over - n / 2, 0)
    under = sqrt(float(b * (n - b) * a * (n - a)))
    phi = over / under if under else 0.0
    down = lower_b**2 - 2 * phi * lower_b * upper_a + upper_a**2
    up = upper_b**2 - 2 * phi * upper_b * lower_a + lower_a**2
    theta = (only_b - only_a) / n
    low, high = theta - sqrt(max(down, 0.0)), theta + sqrt(max(up, 0.0))
    return Interval(max(-1.0, low), min(1.0, high), level)


def tango(wins: int, losses: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of the same difference: all δ that the score test does not reject.

    z(δ) = (b - c - nδ)/√(n·(2q + δ(1-δ))), where b and c are wins and losses and q is the chance of
    a loss most likely at that δ: (√(B² - 4AC) - B)/2A with A = 2n, B = -b - c + (2n - b + c)δ,
    C = -cδ(1-δ).

    It is this that holds non-inferiority to its promise: where the candidate only loses, Newcombe's
    lower bound is passed by the truth in up to 5.5% of experiments instead of 2.5%, this one in no
    more than 2.5% (docs/statistics.md).

    Source: Tango 1998, Stat. Med. 17:891.

    Args:
        wins: Tasks that only the candidate passes.
        losses: That only the baseline passes.
        n: All tasks.
        level: Confidence, two-sided.

    Example:
        >>> bounds = tango(9, 3, 32)
        >>> round(bounds.low, 3), round(bounds.high, 3)
        (-0.027, 0.39)
    """
    if n == 0:
        return Interval(-1.0, 1.0, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    return Interval(_lowest(wins, losses, n, z), -_lowest(losses, wins, n, z), level)


def _lowest(b: int, c: int, n: int, z: float) -> float:
    """The lower end: z(δ) falls from infinity at δ = -1 to 0 at the difference seen."""
    low, high = -1.0, (b - c) / n
    for _ in range(60):
        middle = (low + high) / 2
        if _score(b, c, n, middle) > z:
            low = middle
        else:
            high = middle
    return low


def _score(b: int, c: int, n: int, delta: float) -> float:
    half = -b - c + (2 * n - b + c) * delta
    root = sqrt(max(half * half + 8 * n * c * delta * (1 - delta), 0.0))
    q = (root - half) / (4 * n)
    variance = n * (2 * q + delta * (1 - delta))
    away = b - c - n * delta
    return away / sqrt(variance) if variance > 0 else float("inf") if away > 0 else 0.0


def few_differ(n: int, differing: int, level: float = 0.95) -> Interval:
    """What the mean difference can be at most where only few tasks differ: -U to U.

    U is the upper Clopper-Pearson bound, at (1 + level)/2, of the share of tasks that differ. No
    difference is larger than 1, so |E d| ≤ P(d ≠ 0) ≤ U. Intervals by variance are no good here:
    with no task that differs Student's would be [0, 0], and claim to know.

    Source: Clopper & Pearson 1934, Biometrika 26:404; the bound is elementary.

    Args:
        n: Tasks (or families, where they hang together).
        differing: Of these differ.
        level: Confidence, two-sided.
    """
    if differing >= n:
        return Interval(-1.0, 1.0, level)
    upper = float(scipy_stats().beta.ppf((1 + level) / 2, differing + 1, n - differing))
    return Interval(-upper, upper, level)
