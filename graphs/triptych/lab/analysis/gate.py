"""Whether a change may go through: for CI, and for the promotion of a prompt."""

from __future__ import annotations

from typing import Literal

from triptych.errors import LabError
from triptych.lab.results import Comparison, GateResult, Ratio, Result

PASSED, FAILED, UNDECIDED = 0, 1, 3
"""Exit codes; 2 is that of all errors of the shell."""

_Held = tuple[int, str]


def gate(
    result: Result,
    *,
    variant: str | None = None,
    require: Literal["better", "not-worse"] = "not-worse",
    max_tokens: float | None = None,
    max_seconds: float | None = None,
    max_money: float | None = None,
) -> GateResult:
    """Hold a result against a requirement.

    It passes (0) if the verdict is what is required and no cost is above its limit. It fails (1) if
    that is known not to hold: the variant is worse, or the whole interval of a cost is above the
    limit. Else it is undecided (3): an inconclusive verdict, a cost above its limit by its point
    only, a cost that is not known, or cells that are missing.

    Args:
        result: Of a run.
        variant: Which candidate; None: the only one.
        require: The least verdict.
        max_tokens: The most that candidate over baseline may be, e.g. 1.2; also of the others.
        max_seconds: Of the time of the model's calls.
        max_money: Of the price.

    Raises:
        LabError: There is no such candidate, or there are several and none is named.

    Example:
        >>> gate(found, require="better").exit_code  # doctest: +SKIP
        0
    """
    one = _chosen(result, variant)
    limits = (
        ("tokens", max_tokens, one.tokens),
        ("seconds", max_seconds, one.seconds),
        ("money", max_money, one.money),
    )
    asked = [(name, most, ratio) for name, most, ratio in limits if most is not None]
    requirement = " and ".join(
        [f"{one.candidate} is {require}", *(f"{name} at most ×{most:g}" for name, most, _ in asked)]
    )
    if not result.complete:
        why = f"{result.finished} of {result.planned} cells are measured: measure the rest first."
        return GateResult(False, UNDECIDED, requirement, one, f"{why} So far: {one.why}")
    held = [_verdict(one, require), *(_limit(name, most, ratio) for name, most, ratio in asked)]
    code = next((code for code in (FAILED, UNDECIDED) if any(code == c for c, _ in held)), PASSED)
    why = " ".join(why for c, why in held if c == code)
    return GateResult(code == PASSED, code, requirement, one, why)


def _chosen(result: Result, variant: str | None) -> Comparison:
    # The parts of an ablation can be asked for by name; by itself it is the candidates' gate.
    all_of = {row.comparison.candidate: row.comparison for row in result.ablation}
    candidates = {one.candidate: one for one in result.comparisons}
    names = ", ".join(candidates) or "none"
    if variant is not None:
        found = candidates.get(variant) or all_of.get(variant)
        if found is None:
            raise LabError(
                f"'{variant}' is no candidate of this run.", f"Its candidates are: {names}."
            )
        return found
    if len(candidates) != 1:
        raise LabError(
            f"This run has {len(candidates)} candidates ({names}).",
            "Say which: --variant NAME."
            if candidates
            else "Measure a second variant beside the baseline.",
        )
    return next(iter(candidates.values()))


def _verdict(one: Comparison, require: str) -> _Held:
    if one.verdict == "better" or (one.verdict == "not-worse" and require == "not-worse"):
        return PASSED, one.why
    return (FAILED if one.verdict == "worse" else UNDECIDED), one.why


def _limit(name: str, most: float, ratio: Ratio | None) -> _Held:
    if ratio is None:
        return UNDECIDED, f"How the {name} compare is not known."
    found = f"{name} ×{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
    if ratio.low > most:
        return FAILED, f"Above the limit of ×{most:g}: {found}."
    if ratio.value > most:
        return UNDECIDED, f"Perhaps above the limit of ×{most:g}: {found}."
    return PASSED, f"Within the limit of ×{most:g}: {found}."
