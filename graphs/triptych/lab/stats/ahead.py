"""How much longer a confidence sequence would take to decide."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

from triptych.lab.stats.arrays import numpy

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats

_PATHS = 400
_MOST = 5000


def further(
    seen: Floats, mean: float, alpha: float = 0.05, power: float = 0.8, seed: int = 0
) -> int | None:
    """How many more differences rule a true mean of `mean` out, in a share `power` of futures.

    Futures are drawn from what was seen, with replacement, and the bets of `Betting` go on from
    where they stand: there is no formula for them.

    Source: the bootstrap principle (Efron 1979, Ann. Stat. 7:1), by simulation.

    Args:
        seen: The differences so far, in order.
        mean: What is to be ruled out, from the side on which the mean of those seen lies.
        alpha: Of the sequence.
        power: In how many of the futures.
        seed: Of the futures: the same differences give the same answer.

    Returns:
        Further differences; None where even 5,000 do not do, or fewer than two were seen.

    Example:
        >>> further([1.0, 0.0, 0.0, 1.0, 0.0, -1.0] * 3, 0.0) is not None
        True
    """
    np = numpy()
    values = (np.clip(np.asarray(seen, dtype=float), -1, 1) + 1) / 2
    m = (mean + 1) / 2
    if len(values) < 2 or not 0 < m < 1 or values.mean() == m:
        return None
    up = bool(values.mean() > m)
    bets = _Bets(np, m, alpha, up)
    for x in values:
        bets.add(np.full(_PATHS, x))
    draw = np.random.default_rng(seed)
    for step in range(1, _MOST + 1):
        bets.add(draw.choice(values, _PATHS))
        if bets.reached >= power:
            return step
    return None


class _Bets:
    """One side of the hedged capital against one mean, along many paths at once."""

    def __init__(self, np: Any, m: float, alpha: float, up: bool) -> None:
        self._np, self._m, self._alpha = np, m, alpha
        self._sign, self._most = (1.0, 0.5 / m) if up else (-1.0, 0.5 / (1 - m))
        self._capital = np.zeros(_PATHS)
        self._best = np.zeros(_PATHS)
        self._sum, self._squares = np.full(_PATHS, 0.5), np.full(_PATHS, 0.25)
        self._t = 0

    def add(self, x: Any) -> None:
        np = self._np
        self._t += 1
        t = self._t
        bet = np.sqrt(2 * log(2 / self._alpha) / (self._squares * log(1 + t)))  # variance · t
        self._capital += np.log1p(self._sign * np.minimum(bet, self._most) * (x - self._m))
        np.maximum(self._best, self._capital, out=self._best)
        self._sum += x
        self._squares += (x - self._sum / (t + 1)) ** 2

    @property
    def reached(self) -> float:
        """In what share of the paths the mean has been ruled out."""
        return float((self._best + log(0.5) >= log(1 / self._alpha)).mean())
