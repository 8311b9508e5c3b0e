"""The few statistics of the table, in the standard library."""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist


def wilson(passed: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927, JASA 22:209), without continuity correction.

    Returns:
        Lower and upper bound, 0 to 1; (0, 1) where nothing was tried.
    """
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = passed / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p of McNemar's test (1947): a sign test on the tasks that differ."""
    n = wins + losses
    tail: int = sum(comb(n, i) for i in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / float(2**n))
