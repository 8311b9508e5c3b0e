"""Tasks that share an origin: errors of a mean by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triptych.lab.results import Interval
from triptych.lab.stats.arrays import grouped, numpy, scipy_stats

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats, Labels


def cluster_se(d: Floats, groups: Labels) -> tuple[float, int]:
    """The standard error of a mean whose values hang together within clusters.

    SE² = C/(C-1) · Σ_c (Σ_{i in c} (d_i - d̄))² / n², with C clusters and n values. Where each
    value is its own cluster this is s/√n.

    Source: Liang & Zeger 1986, Biometrika 73:13; Miller 2024, arXiv 2411.00640, on clustered
    standard errors, here with the factor C/(C-1) for few clusters. Equals statsmodels'
    `OLS(d, 1).fit(cov_type="cluster")`.

    Returns:
        The standard error and its degrees of freedom, C - 1; infinite with one cluster.
    """
    np = numpy()
    values = np.asarray(d, dtype=float)
    n = len(values)
    clusters = len(set(groups))
    if clusters < 2:
        return float("inf"), 0
    sums, _ = grouped(values - values.mean(), groups)
    return float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / n), clusters - 1


def by_cluster(d: Floats, groups: Labels) -> Any:
    """One number a cluster, with the mean of all values and, as s/√C, its clustered error.

    d̄ + (C/n)·Σ_{i in c} (d_i - d̄): what is known of a mean of independent values is known of these.

    Source: the clusters' scores of `cluster_se`.
    """
    np = numpy()
    values = np.asarray(d, dtype=float)
    sums, _ = grouped(values - values.mean(), groups)
    return values.mean() + sums * len(sums) / len(values)


def cluster_t(d: Floats, groups: Labels, level: float = 0.95) -> Interval:
    """The interval of a mean by clusters: d̄ ± t(C-1)·SE.

    Source: as `cluster_se`; degrees of freedom C-1: Cameron & Miller 2015, J. Human Resources
    50:317. With fewer than about ten clusters it is too narrow: the lab gives no verdict there.

    Args:
        d: One value a task.
        groups: The family of each task.
        level: Confidence, two-sided.
    """
    se, freedom = cluster_se(d, groups)
    if freedom == 0:
        return Interval(float("-inf"), float("inf"), level)
    mean = float(numpy().mean(d))
    half = float(scipy_stats().t.ppf((1 + level) / 2, freedom)) * se
    return Interval(mean - half, mean + half, level)
