"""Experiments made up by the thousand, and the lab's own methods on all of them at once.

The vectorised forms here are held equal to `triptych.lab` on samples (test_lab_stats_simulation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from triptych.lab.stats.binary import few_differ

Array = Any
SPREAD = 1.5


@dataclass(frozen=True)
class World:
    """What an experiment is drawn from: tasks of latent difficulty, as in `record_kit`.

    With families, tasks share their difficulty; `alike` share what the change does to them, too.
    """

    tasks: int
    trials: int = 1
    rate: float = 0.5
    effect: float = 0.0
    correlation: float = 0.8
    families: int = 0
    alike: bool = False

    def draw(self, runs: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Passes of a and of b: runs × tasks × trials."""
        shape = (runs, self.tasks)
        families = self.families or self.tasks
        shared = rng.normal(size=(runs, families))[:, self.groups]
        wide = np.sqrt(1 + SPREAD**2)
        out = []
        for rate in (self.rate, self.rate + self.effect):
            apart = rng.normal(size=(runs, families))[:, self.groups] if self.alike else None
            own = np.sqrt(self.correlation) * shared + np.sqrt(1 - self.correlation) * (
                rng.normal(size=shape) if apart is None else apart
            )
            chance = stats.norm.cdf(stats.norm.ppf(rate) * wide + SPREAD * own)
            out.append(rng.random((*shape, self.trials)) < chance[..., None])
        return out[0], out[1]

    @property
    def groups(self) -> Array:
        """The family of each task."""
        return np.arange(self.tasks) % (self.families or self.tasks)


@dataclass(frozen=True)
class Findings:
    """Of each run: the interval's ends, and p."""

    low: Array
    high: Array
    p: Array
    strict: Array  # the lower end that non-inferiority is read from

    def better(self, alpha: float = 0.05) -> Array:
        return (self.low > 0) & (self.p <= alpha)

    def worse(self, alpha: float = 0.05) -> Array:
        return (self.high < 0) & (self.p <= alpha)

    def said(self, alpha: float = 0.05) -> Array:
        return self.better(alpha) | self.worse(alpha)

    def covers(self, truth: float) -> Array:
        return (self.low <= truth) & (truth <= self.high)


def judged(world: World, a: Array, b: Array, level: float = 0.95, flips: int = 1999) -> Findings:
    """What `analysis.judging.judge` says of each run, looks aside."""
    if world.trials == 1 and not world.families:
        return _binary(a[..., 0], b[..., 0], level)
    d = b.mean(axis=2) - a.mean(axis=2)
    units, low, high, strict = _student(d, world.groups, level)
    few = (np.abs(units) > 1e-12).sum(axis=1)
    for row in np.flatnonzero(few < 5):
        most = few_differ(units.shape[1], int(few[row]), level)
        low[row], high[row] = min(low[row], most.low), max(high[row], most.high)
        strict[row] = min(strict[row], most.low)
    low, high = np.maximum(low, -1), np.minimum(high, 1)
    return Findings(low, high, flipped(units, flips), np.maximum(strict, -1))


def _student(d: Array, groups: Array, level: float) -> tuple[Array, Array, Array, Array]:
    """Sums by family, the interval of the mean by families, and its lower end for not worse."""
    n, families = d.shape[1], int(groups.max()) + 1
    member = np.eye(families)[groups]
    sums = d @ member
    mean = d.mean(axis=1)
    off = (d - mean[:, None]) @ member
    se = np.sqrt(families / (families - 1) * (off**2).sum(axis=1)) / n
    t = stats.t.ppf((1 + level) / 2, families - 1)
    low, high = mean - t * se, mean + t * se
    third = ((off * families / n) ** 3).mean(axis=1)
    variance = se**2 * families
    shift = np.divide(
        third * (1 + 2 * t * t),
        6 * variance * families,
        out=np.zeros(len(d)),
        where=variance > 0,
    )
    return sums, low, high, np.minimum(low, low + shift)


def flipped(sums: Array, flips: int, seed: int = 1) -> Array:
    """The sign-flip p of each row, by the same random flips for all."""
    rng = np.random.default_rng(seed)
    signs = rng.choice([-1.0, 1.0], size=(flips, sums.shape[1]))
    seen = np.abs(sums.sum(axis=1)) - 1e-9
    extreme = np.zeros(len(sums))
    for start in range(0, flips, 500):
        extreme += (np.abs(signs[start : start + 500] @ sums.T) >= seen).sum(axis=0)
    return (extreme + 1) / (flips + 1)


def _binary(a: Array, b: Array, level: float) -> Findings:
    both, won, lost = ((x).sum(axis=1) for x in (a & b, ~a & b, a & ~b))
    n, z = a.shape[1], stats.norm.ppf((1 + level) / 2)
    low, high = _newcombe(both, won, lost, n, z)
    p = np.minimum(1, 2 * stats.binom.cdf(np.minimum(won, lost), won + lost, 0.5))
    differing = won + lost
    with np.errstate(invalid="ignore"):
        most = np.where(
            differing < 5, stats.beta.ppf((1 + level) / 2, differing + 1, n - differing), -1
        )
    low, high = np.minimum(low, np.where(most < 0, 1, -most)), np.maximum(high, most)
    return Findings(low, high, p, np.minimum(low, _tango_low(won, lost, n, z)))


def _wilson(passed: Array, n: int, z: float) -> tuple[Array, Array]:
    share, scale = passed / n, 1 + z * z / n
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    middle = share + z * z / (2 * n)
    return (middle - half) / scale, (middle + half) / scale


def _newcombe(both: Array, won: Array, lost: Array, n: int, z: float) -> tuple[Array, Array]:
    of_b, of_a = both + won, both + lost
    (low_b, high_b), (low_a, high_a) = _wilson(of_b, n, z), _wilson(of_a, n, z)
    over = both * (n - both - won - lost) - won * lost
    over = np.where(over > 0, np.maximum(over - n / 2, 0), over)
    under = np.sqrt((of_b * (n - of_b) * of_a * (n - of_a)).astype(float))
    phi = np.divide(over, under, out=np.zeros(len(over)), where=under > 0)
    low_b, high_b, low_a, high_a = (
        of_b / n - low_b,
        high_b - of_b / n,
        of_a / n - low_a,
        high_a - of_a / n,
    )
    down = low_b**2 - 2 * phi * low_b * high_a + high_a**2
    up = high_b**2 - 2 * phi * high_b * low_a + low_a**2
    theta = (won - lost) / n
    return theta - np.sqrt(np.maximum(down, 0)), theta + np.sqrt(np.maximum(up, 0))


def _tango_low(won: Array, lost: Array, n: int, z: float) -> Array:
    low, high = np.full(len(won), -1.0), (won - lost) / n
    for _ in range(40):
        d = (low + high) / 2
        half = -won - lost + (2 * n - won + lost) * d
        q = (np.sqrt(np.maximum(half**2 + 8 * n * lost * d * (1 - d), 0)) - half) / (4 * n)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (won - lost - n * d) / np.sqrt(n * (2 * q + d * (1 - d)))
        below = ~(score <= z)
        low, high = np.where(below, d, low), np.where(below, high, d)
    return low


def capital(d: Array, mean: float, alpha: float = 0.05) -> Array:
    """The running maximum of the hedged capital against `mean`: runs × steps."""
    x, m = (np.asarray(d) + 1) / 2, (mean + 1) / 2
    runs, steps = x.shape
    t = np.arange(1, steps + 1)
    center = (0.5 + np.cumsum(x, axis=1)) / (t + 1)
    variance = (0.25 + np.cumsum((x - center) ** 2, axis=1)) / (t + 1)
    before = np.hstack([np.full((runs, 1), 0.25), variance[:, :-1]])
    bet = np.sqrt(2 * np.log(2 / alpha) / (before * t * np.log(1 + t)))
    with np.errstate(divide="ignore"):
        up = np.cumsum(np.log1p(np.minimum(bet, np.divide(0.5, m)) * (x - m)), axis=1)
        down = np.cumsum(np.log1p(-np.minimum(bet, np.divide(0.5, 1 - m)) * (x - m)), axis=1)
    best = np.maximum.accumulate(np.maximum(up, down), axis=1)
    return 0.5 * np.exp(np.minimum(best, 600))
