"""What each stage has spent, from records: by hand, and against the runs' own totals."""

from __future__ import annotations

from typing import Any

import pytest
from record_kit import fabricate, record

from triptych.lab.stages.costs import stage_rows
from triptych.state import Spent

COUNTS = ("calls", "failed_calls", "input_tokens", "output_tokens", "cached_tokens")


def cell(task: str, variant: str, verdict: str, **stages: Spent) -> Any:
    return record(task, variant, verdict, stages=stages)


def test_what_a_stage_spent_is_summed_and_held_against_the_solved_tasks() -> None:
    code = Spent(calls=1, input_tokens=100, output_tokens=50, model_seconds=4, seconds=9, money=0.1)
    plan = Spent(calls=1, replayed=1, input_tokens=10, output_tokens=5, model_seconds=2, money=0.2)
    rows = stage_rows(
        [
            cell("t1", "a", "passed", verify=Spent(seconds=3), code=code),
            cell("t2", "a", "failed", verify=Spent(seconds=1), code=code, plan=plan),
            cell("t3", "a", "passed", code=code),
        ]
    )
    assert [(row.variant, row.stage, row.cells) for row in rows] == [
        ("a", "plan", 1), ("a", "code", 3), ("a", "verify", 2),
    ]  # fmt: skip
    planned, coded, verified = rows
    assert (coded.calls, coded.input_tokens, coded.output_tokens) == (3, 300, 150)
    assert coded.tokens_per_solved == 450 / 2
    assert coded.money_per_solved == pytest.approx(0.3 / 2)
    assert coded.seconds_per_solved == 12 / 2  # the calls' own, not the 27 s of its nodes
    assert (planned.replayed, planned.tokens_per_solved) == (1, 7.5)
    assert (verified.seconds_per_solved, verified.money) == (2.0, None)


def test_nothing_solved_has_no_cost_of_a_solved_task() -> None:
    (row,) = stage_rows([cell("t1", "a", "failed", code=Spent(calls=1, input_tokens=7, money=1.0))])
    assert row.money == 1.0
    assert (row.tokens_per_solved, row.money_per_solved, row.seconds_per_solved) == (None,) * 3


def test_money_is_unknown_where_the_price_of_one_call_is() -> None:
    known, unknown = Spent(calls=1, money=0.5), Spent(calls=1)
    (row,) = stage_rows(
        [cell("t1", "a", "passed", code=known), cell("t2", "a", "passed", code=unknown)]
    )
    assert (row.money, row.money_per_solved) == (None, None)
    (row,) = stage_rows(
        [cell("t1", "a", "passed", code=known), cell("t2", "a", "passed", code=Spent(seconds=1))]
    )
    assert row.money == 0.5


def test_variants_are_apart_in_the_order_in_which_they_come() -> None:
    cells = [
        cell("t1", v, "passed", code=Spent(calls=1, input_tokens=n))
        for v, n in (("b", 1), ("a", 2))
    ]
    assert [(r.variant, r.input_tokens) for r in stage_rows(cells)] == [("b", 1), ("a", 2)]
    assert stage_rows([]) == ()


def test_the_rows_of_a_variant_add_up_to_its_runs() -> None:
    cells = list(fabricate(tasks=30, trials=2))
    rows = stage_rows(iter(cells))
    for variant in ("a", "b"):
        for name in COUNTS:
            total = sum(getattr(c.usage, name) for c in cells if c.variant == variant)
            assert sum(getattr(r, name) for r in rows if r.variant == variant) == total, name
