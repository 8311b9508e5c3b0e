"""Which stage moved the score: one of them exchanged at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from triptych.errors import LabError
from triptych.lab.frozen import Fingerprint
from triptych.lab.results import AblationRow, Comparison
from triptych.state import STAGES

ORDER: tuple[str, ...] = STAGES


class Part(NamedTuple):
    """A generated variant: what was exchanged in it, and what it is held against."""

    stage: str
    kind: Literal["only", "without"]
    variant: str
    against: str


def parts(fingerprint: Fingerprint) -> Iterator[Part]:
    """The generated variants, in the order of the experiment.

    Raises:
        LabError: One of them is not named as one.
    """
    for variant, stage in fingerprint.ablation.items():
        whole, kind = _told(variant, stage)
        yield Part(stage, kind, variant, whole if kind == "without" else fingerprint.baseline)


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
    rows = [
        AblationRow(part.stage, part.kind, part.variant, comparison)
        for part in parts(fingerprint)
        if (comparison := found.get((part.against, part.variant))) is not None
    ]
    return tuple(sorted(rows, key=lambda row: (ORDER.index(row.stage), row.kind)))


def _told(variant: str, stage: str) -> tuple[str, Literal["only", "without"]]:
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
