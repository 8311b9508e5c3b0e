"""What one variant costs against another."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from triptych.lab.results import Ratio
from triptych.lab.stats.arrays import numpy
from triptych.lab.stats.clusters import cluster_t
from triptych.lab.stats.paired import t_interval

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats, Labels


def paired_ratio(
    a: Floats, b: Floats, level: float = 0.95, groups: Labels | None = None
) -> Ratio | None:
    """How many times as much b costs as a: the geometric mean of the tasks' ratios.

    exp of the mean of log(b/a), with Student's interval on the log scale, by clusters where there
    are groups. On the log scale twice and half weigh the same, and one long task does not decide.

    Source: Bland & Altman 1996, BMJ 312:1153, on comparing two means by their logarithms.

    Args:
        a: The baseline's cost of each task; `nan` where it is unknown.
        b: The candidate's.
        level: Confidence, two-sided.
        groups: The family of each task.

    Returns:
        The ratio; None where fewer than two tasks have both costs above 0.
    """
    np = numpy()
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    known = (first > 0) & (second > 0) & np.isfinite(first) & np.isfinite(second)
    n = int(known.sum())
    if n < 2:
        return None
    logs = np.log(second[known]) - np.log(first[known])
    if groups is None:
        bounds = t_interval(logs, level)
    else:
        bounds = cluster_t(logs, [g for g, k in zip(groups, known, strict=True) if k], level)
    return Ratio(
        value=exp(float(logs.mean())),
        low=exp(bounds.low),
        high=exp(min(bounds.high, 700.0)),
        n=n,
        left_out=len(first) - n,
    )
