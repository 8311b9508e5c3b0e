"""How large an experiment must be, and what one of a given size can see."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from triptych.lab.stats.arrays import numpy

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats

OMEGA2 = 0.04
"""Variance between tasks of the true difference, where nothing is known of it."""

SIGMA2 = 0.21
"""Variance of one trial within a task, both variants together, where nothing is known of it."""


def mde(
    n: float,
    trials: float,
    omega2: float = OMEGA2,
    sigma2: float = SIGMA2,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """The smallest true difference that a paired experiment finds with this power.

    (z_{1-α/2} + z_power)·√((ω² + σ²/K)/n), K trials of n tasks.

    Source: Miller 2024, arXiv 2411.00640, on power analysis, solved for the effect.

    Args:
        n: Tasks.
        trials: Of each.
        omega2: Variance over tasks of their true differences.
        sigma2: Variance of a trial within a task, the two variants' added.
        alpha: Two-sided.
        power: The chance to find it.

    Returns:
        The difference, 0 to 1; 1 is the most there is.

    Example:
        >>> round(100 * mde(100, 1)), round(100 * mde(100, 5))
        (14, 8)
    """
    return min(1.0, _z(alpha, power) * sqrt((omega2 + sigma2 / trials) / n))


def needed(
    s2: float,
    effect: float,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    null_s2: float | None = None,
    exact: bool = False,
) -> int | None:
    """How many tasks a test of the mean difference needs to find an effect with this power.

    ⌈(z_{1-α/2}·s₀ + z_power·s)²/δ²⌉, plus z_{1-α/2}²/2 for Student's t, or plus 1/δ for an exact
    test on counts. With s₀ = s it is Miller's formula; with s₀² the share of tasks that differ and
    s² that less δ², it is Connor's for McNemar's test.

    Source: Miller 2024, arXiv 2411.00640; Connor 1987, Biometrics 43:207; the additions: Guenther
    1981, Am. Stat. 35:243 (t for z), and half a count on each side, as Yates's correction has it.

    Args:
        s2: Variance of a task's difference.
        effect: The difference to be found; its sign does not matter.
        alpha: Two-sided.
        power: The chance to find it.
        null_s2: The variance if there were no difference; None: `s2`.
        exact: The test counts wins and losses.

    Returns:
        Tasks in all; None where there is no effect to find or no variance to judge by.
    """
    size = abs(effect)
    if size < 1e-12 or s2 < 1e-12:
        return None
    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha / 2)
    spread = z * sqrt(s2 if null_s2 is None else null_s2) + normal.inv_cdf(power) * sqrt(s2)
    return ceil((spread / size) ** 2 + (1 / size if exact else z * z / 2))


def components(a: Sequence[Floats], b: Sequence[Floats]) -> tuple[float, float]:
    """What the variance of a task's difference is made of.

    σ² is the mean over tasks of the unbiased variance within each, a's and b's added;
    ω² = var(d) - mean(σ²/K), not below 0. With one trial σ² is 0, for it cannot be told apart.

    Source: Miller 2024, arXiv 2411.00640, on conditional variance; an analysis of variance.

    Args:
        a: The baseline's trials of each task, 0 or 1.
        b: The candidate's, of the same tasks.

    Returns:
        ω² and σ².
    """
    np = numpy()
    if len(a) < 2:
        return 0.0, 0.0
    d = [float(np.mean(y)) - float(np.mean(x)) for x, y in zip(a, b, strict=True)]
    within = [_variance(x) + _variance(y) for x, y in zip(a, b, strict=True)]
    of_means = [_variance(x) / len(x) + _variance(y) / len(y) for x, y in zip(a, b, strict=True)]
    omega2 = float(np.var(d, ddof=1)) - float(np.mean(of_means))
    return max(0.0, omega2), float(np.mean(within))


def _variance(x: Floats) -> float:
    return float(numpy().var(x, ddof=1)) if len(x) > 1 else 0.0


def _z(alpha: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
