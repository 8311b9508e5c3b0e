"""A share of cases that come in bunches: several drafts and trials of one task are alike."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from triptych.lab.results import Interval
from triptych.lab.stats.rates import wilson

LEVEL = 0.95


class Share:
    """How many of the cases are so, and how well that is known."""

    def __init__(self) -> None:
        self._bunches: dict[str, list[int]] = {}

    def add(self, bunch: str, so: bool) -> None:
        """Count a case.

        Args:
            bunch: Its task or family: cases of one are alike, those of two are not.
            so: Whether it counts.
        """
        counts = self._bunches.setdefault(bunch, [0, 0])
        counts[0] += so
        counts[1] += 1

    @property
    def rate(self) -> float | None:
        """The share; None of nothing."""
        some, of = self._sums
        return some / of if of else None

    @property
    def interval(self) -> Interval | None:
        """The 95% interval by Wilson, for the number of cases that would tell as much if no two
        were alike: n / d, where the design effect d is the share's variance between bunches over
        that of n cases on their own, at least 1. Where all cases or none are so, no variance is
        seen, and each bunch counts once. With fewer than some 20 bunches it is still too narrow.

        Source: the variance is that of a ratio between clusters (Cochran 1977, Sampling
        Techniques); Wilson at the effective size is what Franco, Little, Louis and Slud 2019
        (PMC6690503) recommend among seven intervals.
        """
        some, of = self._sums
        if not of:
            return None
        # Wilson knows n and z only as z²/n: a smaller n is a larger z.
        z = NormalDist().inv_cdf((1 + LEVEL) / 2) * sqrt(self._design_effect())
        z = min(z, 8.0)  # the level of a larger one is 1 to a float
        found = wilson(some, of, 2 * NormalDist().cdf(z) - 1)
        return Interval(found.low, found.high, LEVEL)

    def _design_effect(self) -> float:
        some, of = self._sums
        bunches, rate = len(self._bunches), some / of
        if bunches == of:
            return 1.0
        if bunches == 1 or some in (0, of):
            return of / bunches
        apart = sum((hits - rate * cases) ** 2 for hits, cases in self._bunches.values())
        variance = bunches / (bunches - 1) * apart / of**2
        return max(variance * of / (rate * (1 - rate)), 1.0)

    @property
    def _sums(self) -> tuple[int, int]:
        return (
            sum(hits for hits, _ in self._bunches.values()),
            sum(cases for _, cases in self._bunches.values()),
        )
