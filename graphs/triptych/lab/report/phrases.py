"""Numbers and verdicts as people read them: one wording for terminal, page and JUnit."""

from __future__ import annotations

from triptych.lab.analysis.verdict import between, level, points
from triptych.lab.results import Comparison, Interval, Noise, Ratio, Result

UNKNOWN = "–"
"""Stands where there is no number."""

VERDICTS = {
    "better": "{candidate} is better than {baseline}",
    "not-worse": "{candidate} is not worse than {baseline}",
    "worse": "{candidate} is worse than {baseline}",
    "inconclusive": "Undecided between {candidate} and {baseline}",
    "none": "No verdict on {candidate} against {baseline}",
}

SHORT = {
    "better": "better",
    "not-worse": "not worse",
    "worse": "worse",
    "inconclusive": "undecided",
    "none": "no verdict",
}


def headline(one: Comparison) -> str:
    """The verdict as a heading."""
    return VERDICTS[one.verdict].format(candidate=one.candidate, baseline=one.baseline)


def progress(result: Result) -> str:
    """How much of the experiment is measured."""
    if result.finished >= result.planned:
        return f"all {result.planned:,} cells"
    text = f"{result.finished:,} of {result.planned:,} cells"
    return text if result.complete or not _looked(result) else f"{text}; {LOOKED}"


LOOKED = "verdict by the always-valid method"


def _looked(result: Result) -> bool:
    return any(one.method == "betting" for one in result.comparisons)


def effect(one: Comparison) -> str:
    """The difference with its interval, in points."""
    return (
        f"{points(one.difference)} points ({level(one.interval)} interval {between(one.interval)})"
    )


def chance(p: float) -> str:
    """A p value."""
    return f"p = {p:.2g}" if p >= 0.0001 else "p < 0.0001"


def counts(one: Comparison) -> str:
    """On how many tasks it was better, worse and alike."""
    return f"{one.wins:,} won, {one.losses:,} lost, {one.ties:,} alike"


def size(one: Comparison) -> str:
    """What was compared."""
    trials = f" × {one.trials} trials" if one.trials > 1 else ""
    families = f" of {one.families:,} families" if one.families != one.tasks else ""
    return f"{one.tasks:,} tasks{families}{trials}"


def costs(one: Comparison) -> str:
    """What the candidate spends against the baseline."""
    return ", ".join(f"{name} {text}" for name, text in ratios(one))


def ratios(one: Comparison) -> list[tuple[str, str]]:
    """The same in pairs of name and value, without what is not known."""
    of = (("tokens", one.tokens), ("model time", one.seconds), ("money", one.money))
    return [(name, times(ratio)) for name, ratio in of if ratio is not None]


def times(ratio: Ratio | None) -> str:
    """A ratio with its interval."""
    if ratio is None:
        return UNKNOWN
    return f"×{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def share(value: float | None, interval: Interval | None = None) -> str:
    """A rate in per cent."""
    if value is None:
        return UNKNOWN
    text = f"{100 * value:.1f}%"
    if interval is None:
        return text
    return f"{text} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def number(value: float | None, form: str = ",.0f") -> str:
    """A plain number."""
    return UNKNOWN if value is None else format(value, form)


def dollars(value: float | None) -> str:
    """Money in US dollars: as many places as it takes."""
    if value is None:
        return UNKNOWN
    return f"${value:,.2f}" if value >= 0.1 or value == 0 else f"${value:.3g}"


def steady(result: Result) -> list[str]:
    """What the experiment says of itself: its noise, its drift, what is missing."""
    lines = [_noise(result.noise)]
    drift = result.drift
    if drift is not None:
        seen = "Outcomes drift" if drift.found else "No drift of outcomes"
        lines.append(
            f"{seen} along the order of the run (rank correlation {drift.outcome_rho:+.2f}, "
            f"{chance(drift.outcome_p)}; place within a block {chance(drift.place_p)})."
        )
    if gone := result.planned - result.finished:
        lines.append(f"{gone:,} cells are missing; they count neither as passed nor as failed.")
    if result.errors:
        lines.append(f"{result.errors:,} infrastructure errors: no answers, so no failures.")
    if replayed := sum(one.replayed for one in result.variants):
        lines.append(
            f"{replayed:,} calls were the very same as another of the trial and were made once; "
            "their tokens and times count in full."
        )
    return lines


def _noise(noise: Noise) -> str:
    if noise.source == "none" or not noise.pairs:
        return "The baseline was not measured twice: its noise is not known."
    what = "run again" if noise.source == "again" else "between two of its trials"
    return (
        f"The baseline, {what}, differs from itself in {noise.flips:,} of {noise.pairs:,} pairs: "
        f"{share(noise.rate, noise.interval)}."
    )
