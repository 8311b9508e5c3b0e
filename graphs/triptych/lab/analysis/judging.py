"""The numbers of one comparison, before it is concluded: which method, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from triptych.lab.analysis.pairs import Pairs
from triptych.lab.results import Interval
from triptych.lab.stats.arrays import numpy
from triptych.lab.stats.binary import few_differ, mcnemar, newcombe, tango
from triptych.lab.stats.clusters import by_cluster, cluster_se, cluster_t
from triptych.lab.stats.paired import johnson, sign_flip, t_interval
from triptych.lab.stats.sequential import Betting

FEW = 5
"""With fewer differing units no exact test reaches 5%, and no variance can be trusted."""


@dataclass(frozen=True)
class Judged:
    """One comparison in numbers.

    Attributes:
        method: What interval and p are of; a word of `Comparison.method`.
        interval: Of the mean difference, at 1 - alpha.
        adjusted: At 1 - alpha/m, m candidates; for non-inferiority.
        p: Two-sided, unadjusted.
        units: Independent tasks or families.
        differing: Of these with a difference.
        se: Standard error of the mean difference.
    """

    method: str
    interval: Interval
    adjusted: Interval
    p: float
    units: int
    differing: int
    se: float

    @property
    def few(self) -> bool:
        """Too few differ for a variance."""
        return self.differing < FEW


def judge(pairs: Pairs, *, alpha: float, m: int, sequential: bool) -> Judged:
    """Interval and p by the method that fits what was measured.

    One trial of tasks that are each their own: Newcombe's interval and McNemar's exact test;
    for non-inferiority, Tango's interval too.
    Several trials: Student's interval (Johnson's, too) and a sign-flip test. Tasks in families: all
    of them by family.
    Where fewer than five units differ, whatever the case: the wider of the interval and of what so
    few can make. Looks before the end: a betting confidence sequence over the units.

    Args:
        pairs: The tasks.
        alpha: Two-sided.
        m: Candidates, for the adjusted interval.
        sequential: The numbers may have been looked at before the end.
    """
    by_unit = pairs.by_unit
    differing = sum(abs(d) > 1e-12 for d in by_unit)
    if not by_unit:
        nothing = Interval(-1.0, 1.0, 1 - alpha)
        return Judged(_method(pairs, sequential), nothing, nothing, 1.0, 0, 0, float("inf"))
    if sequential:
        look, strict = Betting(alpha).extend(by_unit), Betting(alpha / m).extend(by_unit)
        interval, adjusted, p = look.interval, strict.interval, look.p
    else:
        found, strictly = _interval(pairs, 1 - alpha), _strict_interval(pairs, 1 - alpha / m)
        interval, adjusted = (_bounded(one, len(by_unit), differing) for one in (found, strictly))
        p = _p(pairs)
    return Judged(
        _method(pairs, sequential),
        interval,
        adjusted,
        p,
        len(by_unit),
        differing,
        _se(pairs, sequential),
    )


def _method(pairs: Pairs, sequential: bool) -> str:
    if sequential:
        return "betting"
    if pairs.clustered:
        return "cluster-t+sign-flip"
    return "newcombe+mcnemar" if pairs.single else "t+sign-flip"


def _interval(pairs: Pairs, level: float) -> Interval:
    if pairs.clustered:
        return cluster_t(pairs.d, pairs.groups, level)
    if not pairs.single:
        return t_interval(pairs.d, level)
    outcomes = [(pair.a[0].passed, pair.b[0].passed) for pair in pairs.pairs]
    return newcombe(
        both=outcomes.count((True, True)),
        only_b=outcomes.count((False, True)),
        only_a=outcomes.count((True, False)),
        neither=outcomes.count((False, False)),
        level=level,
    )


def _strict_interval(pairs: Pairs, level: float) -> Interval:
    """What non-inferiority is read from: the wider, at each end, of two methods.

    A few outright losses and no wins make a skewed mean, whose lower end is what is asked for.
    """
    found = _interval(pairs, level)
    if pairs.single:
        other = tango(*_won_and_lost(pairs), len(pairs.pairs), level)
    else:
        other = johnson(by_cluster(pairs.d, pairs.groups), level)
    return Interval(min(found.low, other.low), max(found.high, other.high), level)


def _won_and_lost(pairs: Pairs) -> tuple[int, int]:
    return sum(d > 0 for d in pairs.d), sum(d < 0 for d in pairs.d)


def _p(pairs: Pairs) -> float:
    if pairs.single:
        return mcnemar(*_won_and_lost(pairs))
    return sign_flip(pairs.d, groups=pairs.groups if pairs.clustered else None)


def _bounded(interval: Interval, units: int, differing: int) -> Interval:
    """Within what is possible; and where few units differ, no narrower than those allow."""
    low, high = interval.low, interval.high
    if differing < FEW:
        most = few_differ(units, differing, interval.level)
        low, high = min(low, most.low), max(high, most.high)
    return Interval(max(-1.0, low), min(1.0, high), interval.level)


def _se(pairs: Pairs, sequential: bool) -> float:
    np = numpy()
    if pairs.clustered and not sequential:
        return cluster_se(pairs.d, pairs.groups)[0]
    values = np.asarray(pairs.by_unit)
    return float(values.std(ddof=1)) / sqrt(len(values)) if len(values) > 1 else float("inf")
