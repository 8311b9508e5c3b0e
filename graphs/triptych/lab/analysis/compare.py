"""A candidate against the baseline, in pairs by task; and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from triptych.errors import LabError
from triptych.lab.analysis.foresight import detectable, more, told
from triptych.lab.analysis.judging import Judged, judge
from triptych.lab.analysis.pairs import Cost, Pairs, all_pairs, finished_prefix
from triptych.lab.analysis.table import Table
from triptych.lab.analysis.verdict import verdict
from triptych.lab.analysis.warning import warnings
from triptych.lab.frozen import Fingerprint
from triptych.lab.results import Comparison, Ratio
from triptych.lab.stages.ablation import parts
from triptych.lab.stats.boot import bca
from triptych.lab.stats.costs import paired_ratio
from triptych.lab.stats.several import holm


@dataclass(frozen=True)
class _Found:
    baseline: str
    candidate: str
    pairs: Pairs
    judged: Judged
    alpha: float


def compare(
    table: Table,
    baseline: str,
    candidate: str,
    *,
    margin: float,
    alpha: float,
    sequential: bool,
) -> Comparison:
    """One candidate against the baseline.

    Args:
        table: The measured cells.
        baseline: A variant.
        candidate: Another.
        margin: The loss of pass rate that would not matter; 0: nothing is `not-worse`.
        alpha: Two-sided.
        sequential: Judge by the method that allows looks before the end, on the finished beginning
            of the schedule.

    Raises:
        LabError: There is no such variant.

    Example:
        >>> cells = table(run.records(), run.fingerprint)  # doctest: +SKIP
        >>> how = {"margin": 0.02, "alpha": 0.05, "sequential": False}
        >>> compare(cells, "old", "new", **how).verdict  # doctest: +SKIP
        'better'
    """
    for name in (baseline, candidate):
        if name not in table.columns:
            raise LabError(
                f"The experiment has no variant '{name}'.", f"It has: {', '.join(table.columns)}."
            )
    one = _found(table, baseline, candidate, alpha, 1, sequential)
    return _concluded(table, one, p_holm=one.judged.p, margin=margin, m=1)


def compare_all(table: Table, fingerprint: Fingerprint) -> tuple[Comparison, ...]:
    """All candidates against the baseline, their p adjusted by Holm's method.

    The baseline's second run is no candidate; the parts of an ablation are a family of their own:
    `compare_parts`.
    """
    names = [(fingerprint.baseline, name) for name in table.candidates]
    return _family(table, names, fingerprint)


def compare_parts(table: Table, fingerprint: Fingerprint) -> tuple[Comparison, ...]:
    """The variants of an ablation: with one stage only, against the baseline; and without one,
    against the candidate that was taken apart.
    """
    names = [(part.against, part.variant) for part in parts(fingerprint)]
    return _family(table, [both for both in names if set(both) <= set(table.columns)], fingerprint)


def _family(
    table: Table, names: Sequence[tuple[str, str]], frozen: Fingerprint
) -> tuple[Comparison, ...]:
    m, alpha = len(names), _alpha(table)
    found = [_found(table, a, b, alpha, m, table.looked) for a, b in names]
    return tuple(
        _concluded(table, one, p_holm=p, margin=frozen.margin, m=m)
        for one, p in zip(found, holm([one.judged.p for one in found]), strict=True)
    )


def _alpha(table: Table) -> float:
    """The chance to err that a verdict may take.

    Where a look may have come before the end, or the experiment has grown, there are two chances to
    be wrong: by the looks, and by the verdict on the whole. The looks take half. An experiment that
    is to end early has only the one.
    """
    frozen = table.frozen
    return frozen.alpha / 2 if table.looked and not frozen.stop_early else frozen.alpha


def _found(
    table: Table, baseline: str, candidate: str, alpha: float, m: int, sequential: bool
) -> _Found:
    gathered = (finished_prefix if sequential else all_pairs)(table, baseline, candidate)
    judged = judge(gathered, alpha=alpha, m=m, sequential=sequential)
    return _Found(baseline, candidate, gathered, judged, alpha)


def _concluded(table: Table, one: _Found, *, p_holm: float, margin: float, m: int) -> Comparison:
    pairs, judged, alpha = one.pairs, one.judged, one.alpha
    said, why = verdict(
        judged.units, judged.interval, judged.adjusted, p_holm, margin, alpha, unit=pairs.unit
    )
    mean = pairs.mean(by_unit=judged.method == "betting")
    further = more(pairs, judged, margin=margin, alpha=alpha, m=m)
    hint = told(said, further, judged, mean, pairs.units)
    d = pairs.d
    return Comparison(
        baseline=one.baseline,
        candidate=one.candidate,
        tasks=len(d),
        families=len(set(pairs.groups)),
        trials=pairs.trials,
        difference=mean,
        interval=judged.interval,
        p=judged.p,
        p_holm=p_holm,
        method=judged.method,
        verdict=said,
        why=f"{why} {hint}".strip(),
        wins=sum(x > 0 for x in d),
        losses=sum(x < 0 for x in d),
        ties=sum(x == 0 for x in d),
        more_tasks=further.least if said in ("inconclusive", "none") else 0,
        mde=detectable(judged, alpha),
        bootstrap=None if pairs.clustered else bca(d, level=1 - alpha),
        tokens=_ratio(pairs, "tokens", alpha),
        money=_ratio(pairs, "money", alpha),
        seconds=_ratio(pairs, "model_seconds", alpha),
        warnings=warnings(table, one.baseline, one.candidate, pairs, judged),
    )


def _ratio(pairs: Pairs, of: Cost, alpha: float) -> Ratio | None:
    costs = [pair.cost(of) for pair in pairs.pairs]
    groups = pairs.groups if pairs.clustered else None
    found = paired_ratio([a for a, _ in costs], [b for _, b in costs], 1 - alpha, groups)
    return found if found and isfinite(found.low) and isfinite(found.high) else None
