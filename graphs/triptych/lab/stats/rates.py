"""Rates of passing: one variant alone."""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist

from triptych.errors import LabError
from triptych.lab.results import Interval


def wilson(passed: int, total: int, level: float = 0.95) -> Interval:
    """The score interval of a proportion, without continuity correction.

    (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), where p = passed/total, n = total.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22:209.

    Args:
        passed: How many did.
        total: Of how many.
        level: Confidence, two-sided.

    Returns:
        Bounds from 0 to 1; all of it where nothing was tried.

    Example:
        >>> bounds = wilson(8, 10)
        >>> round(bounds.low, 3), round(bounds.high, 3)
        (0.49, 0.943)
    """
    if total == 0:
        return Interval(0.0, 1.0, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = passed / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low = 0.0 if passed == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if passed == total else min(1.0, (middle + spread) / scale)
    return Interval(low, high, level)


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that one of k trials passes, without bias: 1 - C(n-c, k)/C(n, k).

    Source: Chen et al. 2021, arXiv 2107.03374.

    Args:
        n: Trials of the task.
        c: Of these passed.
        k: At most n.

    Raises:
        LabError: k is more than n, so no unbiased estimate exists.

    Example:
        >>> pass_at_k(5, 2, 1)
        0.4
    """
    _checked(n, c, k)
    return 1 - comb(n - c, k) / comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """The chance that all of k trials pass, without bias: C(c, k)/C(n, k).

    Source: Yao et al. 2024 (τ-bench), arXiv 2406.12045.

    Args:
        n: Trials of the task.
        c: Of these passed.
        k: At most n.

    Raises:
        LabError: k is more than n, so no unbiased estimate exists.

    Example:
        >>> pass_hat_k(5, 2, 2)
        0.1
    """
    _checked(n, c, k)
    return comb(c, k) / comb(n, k)


def _checked(n: int, c: int, k: int) -> None:
    if not (0 <= c <= n and 1 <= k <= n):
        raise LabError(
            f"pass@{k} cannot be told from {c} passes in {n} trials.",
            "Measure at least k trials of each task.",
        )
