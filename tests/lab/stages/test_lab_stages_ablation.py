"""The rows of an ablation, from the comparisons of its generated variants."""

from __future__ import annotations

import pytest
from record_kit import fingerprint_of

from triptych.errors import LabError
from triptych.lab.results import Comparison, Interval
from triptych.lab.stages.ablation import ablation_rows

PARTS = {
    "new:without-review": "review",
    "new:only-review": "review",
    "new:only-plan": "plan",
    "new:without-plan": "plan",
}


def comparison(baseline: str, candidate: str, difference: float = 0.1) -> Comparison:
    return Comparison(
        baseline=baseline, candidate=candidate, tasks=40, families=40, trials=1,
        difference=difference, interval=Interval(0.0, 0.2), p=0.04, p_holm=0.04,
        method="newcombe+mcnemar", verdict="inconclusive", why="", wins=6, losses=2, ties=32,
        more_tasks=None, mde=0.2,
    )  # fmt: skip


def rows(*comparisons: Comparison, **parts: str) -> list[tuple[str, str, str, str]]:
    frozen = fingerprint_of(variants=("old", "new"), ablation=parts or PARTS)
    return [
        (row.stage, row.kind, row.variant, row.comparison.baseline)
        for row in ablation_rows(frozen, comparisons)
    ]


def test_a_stage_alone_is_held_against_the_baseline_and_the_rest_against_the_candidate() -> None:
    every = [comparison(b, c) for c in PARTS for b in ("old", "new")]
    assert rows(*every, comparison("old", "new")) == [
        ("plan", "only", "new:only-plan", "old"),
        ("plan", "without", "new:without-plan", "new"),
        ("review", "only", "new:only-review", "old"),
        ("review", "without", "new:without-review", "new"),
    ]


def test_a_part_that_was_not_measured_yet_has_no_row() -> None:
    assert rows(comparison("old", "new:only-plan")) == [("plan", "only", "new:only-plan", "old")]
    assert rows() == []


@pytest.mark.parametrize(
    "name", ["new", "only-plan", ":only-plan", "new:only-code", "new:sans-plan"]
)
def test_a_name_that_is_none_of_a_part_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="changed by hand"):
        rows(**{name: "plan"})
