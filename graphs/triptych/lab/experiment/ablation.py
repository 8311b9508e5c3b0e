"""One stage exchanged at a time: which part of a candidate moved the score."""

from __future__ import annotations

from dataclasses import replace

from triptych.errors import LabError
from triptych.lab.experiment.live import LiveVariant
from triptych.lab.experiment.seen import seen_model
from triptych.state import STAGES, Stage

SWITCHES: dict[Stage, tuple[str, ...]] = {
    "plan": ("plan",),
    "code": ("drafts", "wave", "edit_format", "temperature"),
    "repair": ("repairs",),
    "review": ("review",),
}
"""The fields of a strategy that belong to a stage."""


def ablation_variants(
    baseline: LiveVariant, candidate: LiveVariant
) -> dict[str, tuple[LiveVariant, str]]:
    """The variants between two: for each stage in which they differ, a pair.

    Args:
        baseline: One end.
        candidate: The other.

    Returns:
        Name to variant and stage: ``NAME:only-STAGE`` is the baseline with that stage of the
        candidate, ``NAME:without-STAGE`` the candidate with that stage of the baseline. A stage is
        its prompt, its model and its switches in the strategy together.

    Raises:
        LabError: They differ in one stage only, or in none.
    """
    stages = differing(baseline, candidate)
    if len(stages) < 2:
        what = f"only in {stages[0]}" if stages else "in no stage"
        raise LabError(
            f"There is nothing to take apart: '{candidate.name}' differs from '{baseline.name}' "
            f"{what}.",
            "Leave 'ablate' out: the comparison itself says what that stage does.",
        )
    made: dict[str, tuple[LiveVariant, str]] = {}
    for stage in stages:
        for kind, base, other in (
            ("only", baseline, candidate),
            ("without", candidate, baseline),
        ):
            name = f"{candidate.name}:{kind}-{stage}"
            made[name] = (replace(_exchanged(stage, base, other), name=name), stage)
    return made


def differing(one: LiveVariant, other: LiveVariant) -> list[Stage]:
    """The stages in which two variants differ, of those that one of them may ask."""
    return [stage for stage in STAGES if _differs(stage, one, other)]


def rewritten(one: LiveVariant, other: LiveVariant) -> list[Stage]:
    """The stages whose prompt is another text, whether they are asked or not."""
    texts = ((stage, one.templates[stage], other.templates[stage]) for stage in STAGES)
    return [stage for stage, first, second in texts if first.sha256 != second.sha256]


def _differs(stage: Stage, one: LiveVariant, other: LiveVariant) -> bool:
    if stage not in one.asks | other.asks:
        return False
    switches = [
        getattr(one.strategy, field) != getattr(other.strategy, field) for field in SWITCHES[stage]
    ]
    return (
        any(switches)
        or stage in rewritten(one, other)
        or seen_model(one.model_of(stage)) != seen_model(other.model_of(stage))
    )


def _exchanged(stage: Stage, base: LiveVariant, other: LiveVariant) -> LiveVariant:
    switches = {field: getattr(other.strategy, field) for field in SWITCHES[stage]}
    return replace(
        base,
        templates={**base.templates, stage: other.templates[stage]},
        models={**base.models, stage: other.model_of(stage)},
        strategy=base.strategy.model_copy(update=switches),
        budget=base.budget,
    )
