"""Looks before the end: a confidence sequence, valid at every one of them."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log, sqrt

from triptych.lab.results import Interval
from triptych.lab.stats.arrays import numpy

_HEDGE = 0.5
"""Half of the capital bets on a mean above, half on one below."""

_TRUNCATION = 0.5
"""At most this share of what could be lost is set on one bet."""


class Betting:
    """The hedged betting confidence sequence of the mean of differences within [-1, 1].

    A bet is laid against each possible mean m on a grid: K±_t(m) = Π (1 ± λ±_i(m)·(x_i - m)), with
    x = (d+1)/2. If m is the true mean, no way of betting makes money: the chance that
    max(K⁺, K⁻)/2 ever reaches 1/α is at most α (Ville 1939). All m against which it was
    reached, at any time, are out. The bets are the predictable plug-in ones,
    λ_t = √(2·log(2/α) / (σ̂²_{t-1}·t·log(1+t))), cut at c/m and c/(1-m) with c = 1/2.

    Source: Waudby-Smith & Ramdas 2024, J. R. Stat. Soc. B 86:1 (arXiv 2010.09686), the hedged
    capital process.

    What goes in must be in an order that does not hang on the values: the order of the schedule,
    not that in which cells happen to end.

    Args:
        alpha: The chance to be ever wrong.
        breaks: Means on the grid; the interval is widened by one step of it on each side.

    Example:
        >>> look = Betting()
        >>> for _ in range(30):
        ...     look.add(1.0)
        >>> look.interval.low > 0
        True
    """

    def __init__(self, alpha: float = 0.05, breaks: int = 1001) -> None:
        np = numpy()
        self.alpha = alpha
        self.n = 0
        self._grid = np.linspace(0.0, 1.0, breaks)
        with np.errstate(divide="ignore"):
            self._most_up = _TRUNCATION / self._grid
            self._most_down = _TRUNCATION / (1 - self._grid)
        self._up = np.zeros(breaks)  # logarithms of the capital
        self._down = np.zeros(breaks)
        self._best = np.full(breaks, log(_HEDGE))
        self._sum = 0.5
        self._squares = 0.25
        self._total = 0.0

    def add(self, d: float) -> None:
        """One difference more, of the next task in the schedule."""
        np = numpy()
        x = (min(1.0, max(-1.0, d)) + 1) / 2
        t = self.n + 1
        variance = self._squares / t  # of what came before: (1/4 + Σ) / ((t-1) + 1)
        bet = sqrt(2 * log(2 / self.alpha) / (variance * t * log(1 + t)))
        away = x - self._grid
        self._up += np.log1p(np.minimum(bet, self._most_up) * away)
        self._down += np.log1p(-np.minimum(bet, self._most_down) * away)
        np.maximum(self._best, np.maximum(self._up, self._down) + log(_HEDGE), out=self._best)
        self.n = t
        self._sum += x
        self._total += d
        self._squares += (x - self._sum / (t + 1)) ** 2

    def extend(self, values: Iterable[float]) -> Betting:
        """Many more, in order; returns itself."""
        for d in values:
            self.add(d)
        return self

    @property
    def mean(self) -> float:
        """Of the differences so far; 0 before the first."""
        return self._total / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        """All means that no bet has ruled out so far; everything if each was.

        That each is ruled out means that there is no one mean: the outcomes drift.
        """
        np = numpy()
        left = np.flatnonzero(self._best < log(1 / self.alpha))
        if len(left) == 0:
            return Interval(-1.0, 1.0, 1 - self.alpha)
        step = self._grid[1]
        low, high = self._grid[left[0]] - step, self._grid[left[-1]] + step
        return Interval(
            max(-1.0, float(2 * low - 1)), min(1.0, float(2 * high - 1)), 1 - self.alpha
        )

    def p_of(self, mean: float) -> float:
        """The always-valid p of a true mean difference of `mean`: 1 over the most capital so far.

        Source: Ville's inequality; of the next lower point of the grid.
        """
        index = int((mean + 1) / 2 * (len(self._grid) - 1) + 1e-9)
        return min(1.0, exp(-float(self._best[index])))

    @property
    def p(self) -> float:
        """The always-valid p of no difference."""
        return self.p_of(0.0)
