"""Which stage moved the score: one of them exchanged at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from triptych.errors import LabError
from triptych.lab.frozen import Fingerprint
from triptych.lab.results import AblationRow, Comparison
from triptych.state import STAGES

ORDER: tuple[str, ...] = STAGES


def ablation_rows(
    fingerprint: Fingerprint, comparisons: Sequence[Comparison]
) -> tuple[AblationRow, ...]:
    """The comparisons of generated variants, by stage in the order of a run.

    ``only``: the baseline with that stage of the candidate, against the baseline: what the stage
    brings alone. ``without``: the candidate with that stage of the baseline, against the candidate:
    what is lost when it goes. Where the two do not mirror each other, stages work together.

    Args:
        fingerprint: Says which variants were generated, and for which stage.
        comparisons: Any; those of other variants, or against another baseline, are left out. A
            variant without a comparison yet has no row.

    Raises:
        LabError: if a generated variant is not named as one.
    """
    found = {(c.baseline, c.candidate): c for c in comparisons}
    rows = []
    for variant, stage in fingerprint.ablation.items():
        whole, kind = _part(variant, stage)
        against = whole if kind == "without" else fingerprint.baseline
        comparison = found.get((against, variant))
        if comparison is not None:
            rows.append(AblationRow(stage, kind, variant, comparison))
    return tuple(sorted(rows, key=lambda row: (ORDER.index(row.stage), row.kind)))


def _part(variant: str, stage: str) -> tuple[str, Literal["only", "without"]]:
    """The candidate that a generated variant was made of, and how."""
    whole, _, part = variant.rpartition(":")
    if whole and stage in ORDER and part == f"only-{stage}":
        return whole, "only"
    if whole and stage in ORDER and part == f"without-{stage}":
        return whole, "without"
    raise LabError(
        f"'{variant}' stands among the generated variants of stage '{stage}' and is named "
        "otherwise.",
        "experiment.json was changed by hand: put the old one back.",
    )
