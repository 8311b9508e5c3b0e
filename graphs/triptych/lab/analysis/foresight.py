"""What this many tasks can see, and how many more it would take."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, log1p
from statistics import NormalDist

from triptych.lab.analysis.judging import Judged
from triptych.lab.analysis.pairs import Pairs
from triptych.lab.analysis.verdict import points
from triptych.lab.results import LEAST_UNITS, Verdict
from triptych.lab.stats.ahead import further
from triptych.lab.stats.binary import few_differ
from triptych.lab.stats.planning import mde, needed


@dataclass(frozen=True)
class More:
    """Further tasks for 80% power, for either verdict; None: cannot be said."""

    better: int | None
    not_worse: int | None

    @property
    def least(self) -> int | None:
        """For either."""
        known = [n for n in (self.better, self.not_worse) if n is not None]
        return min(known) if known else None


def detectable(judged: Judged, alpha: float) -> float | None:
    """The difference that this experiment finds with 80% power, from the variance seen.

    Where few units differ, the variance is the highest that they allow: no difference is larger
    than 1, so its variance is at most the share that differs.

    Returns:
        0 to 1; None after looks, and where there are fewer than two units.
    """
    if judged.method == "betting" or judged.units < 2:
        return None
    variance = judged.se**2 * judged.units
    if judged.few:
        variance = max(variance, few_differ(judged.units, judged.differing, 1 - alpha).high)
    return mde(judged.units, 1, variance, 0.0, alpha)


def more(pairs: Pairs, judged: Judged, *, margin: float, alpha: float, m: int) -> More:
    """How many tasks more it takes, if the effect is really as large as it was seen.

    By units (tasks, or families of the size seen), at alpha/m: what Holm asks of the first of m.
    Before the end it is not said: first the rest is to be measured. After the end of a grown or an
    early-ending experiment it is what its own method would take if it went on.

    Args:
        pairs: The tasks.
        judged: What was found.
        margin: Of non-inferiority; 0: not asked.
        alpha: Two-sided.
        m: Candidates.
    """
    n = judged.units
    strict = alpha / m
    if n < 2 or (judged.method == "betting" and n < pairs.units):
        return More(None, None)
    if judged.method == "betting":
        better, not_worse = _by_betting(pairs, margin, strict)
        return More(_further(better, pairs, n), _further(not_worse, pairs, n))
    mean = pairs.mean()
    s2 = judged.se**2 * n
    if judged.method == "newcombe+mcnemar":
        share = judged.differing / n
        s2 = share - mean * mean
        better = needed(s2, mean, strict, null_s2=share, exact=True)
    else:
        better = needed(s2, mean, strict)
    not_worse = None
    if margin > 0 and margin + mean > 0:
        not_worse = needed(s2, margin + mean, strict)
        if judged.differing == 0:
            not_worse = _if_none_differs(margin, strict)
    return More(_further(better, pairs, n), _further(not_worse, pairs, n))


def told(verdict: Verdict, found: More, judged: Judged, mean: float, of: int) -> str:
    """What would decide it, in a sentence; empty where it is decided. `of`: units in all."""
    if verdict not in ("inconclusive", "none"):
        return ""
    if judged.method == "betting" and judged.units < of:
        return "Measure the rest."
    parts = [
        f"about {count:,} more tasks to show it {word}"
        for count, word in (
            (found.not_worse, "not worse"),
            (found.better, "better" if mean > 0 else "worse"),
        )
        if count is not None
    ]
    if not parts:
        return "How many more tasks it would take cannot be said from these."
    how = "of this experiment" if judged.method == "betting" else "in a new experiment of that size"
    return (
        f"If the difference is really {points(mean)} points, it would take "
        f"{' or '.join(parts)} (80% power, {how})."
    )


def _by_betting(pairs: Pairs, margin: float, alpha: float) -> tuple[int | None, int | None]:
    """Units in all for better (or worse) and for not worse."""
    seen = pairs.by_unit
    decisive = further(seen, 0.0, alpha) if pairs.mean(by_unit=True) else None
    above = margin > 0 and pairs.mean(by_unit=True) > -margin
    harmless = further(seen, -margin, alpha) if above else None
    n = len(seen)
    return (
        None if decisive is None else n + decisive,
        None if harmless is None else n + harmless,
    )


def _if_none_differs(margin: float, alpha: float) -> int:
    """So many tasks, of which none differs, leave no loss as large as the margin.

    By `few_differ`, U = 1 - (α/2)^(1/n); by `tango`, z²/(n + z²).
    """
    z = NormalDist().inv_cdf(1 - alpha / 2)
    return ceil(max(log(alpha / 2) / log1p(-margin), z * z * (1 - margin) / margin)) + 1


def _further(units: int | None, pairs: Pairs, n: int) -> int | None:
    if units is None:
        return None
    tasks = len(pairs.pairs) / n
    return max(0, ceil((max(units, LEAST_UNITS) - n) * tasks))
