"""What repairing brought, round by round."""

from __future__ import annotations

from record_kit import record

from triptych.lab.records import Record
from triptych.lab.stages.repairs import repair_rows


def chain(*verdicts: str, delivered: int = 0, task: str = "t", variant: str = "a") -> Record:
    """A cell whose every further draft is a repair of the one before."""
    return record(task, variant, *verdicts, delivered=delivered)


def test_each_round_is_held_against_the_draft_that_it_started_from() -> None:
    first, second = repair_rows(
        [
            chain("failed", "passed", delivered=1),
            chain("failed", "failed", "passed", delivered=2),
            chain("passed", "failed"),
            chain("passed", "passed", "passed"),
            chain("passed"),
        ]
    )
    assert (first.round, first.repairs, second.round, second.repairs) == (1, 4, 2, 2)
    assert (first.to_right, first.to_wrong) == (1, 1)
    assert (first.stayed_right, first.stayed_wrong) == (1, 1)
    assert (second.to_right, second.stayed_right) == (1, 1)
    assert (first.delivered, second.delivered) == (1, 1)


def test_what_started_a_repair_is_told_apart() -> None:
    cell = chain("failed", "passed")
    quiet = cell.drafts[0].model_copy(update={"evidence_verdict": "none"})
    (row,) = repair_rows([cell, cell.model_copy(update={"drafts": [quiet, cell.drafts[1]]})])
    assert (row.after_checks, row.after_review) == (1, 1)


def test_an_answer_without_code_is_neither_right_nor_wrong() -> None:
    cell = chain("failed", "failed")
    empty = cell.drafts[1].model_copy(update={"error": "no code", "files": {}})
    (row,) = repair_rows([cell.model_copy(update={"drafts": [cell.drafts[0], empty]})])
    assert (row.no_code, row.stayed_wrong) == (1, 0)


def test_waves_and_what_no_hidden_check_graded_are_no_repairs() -> None:
    cell = chain("failed", "passed")
    wave = cell.drafts[1].model_copy(update={"origin": "wave", "parent": None})
    ungraded = cell.drafts[1].model_copy(update={"verdict": "unknown"})
    for draft in (wave, ungraded):
        assert repair_rows([cell.model_copy(update={"drafts": [cell.drafts[0], draft]})]) == ()


def test_variants_keep_their_order() -> None:
    cells = [chain("failed", "passed", variant=v) for v in ("b", "a", "b")]
    assert [(row.variant, row.repairs) for row in repair_rows(cells)] == [("b", 2), ("a", 1)]
