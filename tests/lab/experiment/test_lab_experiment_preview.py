"""What an experiment is said to cost, against what was counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from experiment_kit import NOWHERE, defined, live, variant
from lab_kit import make_tasks
from record_kit import fabricate, record

from triptych import chat_model
from triptych.lab.experiment import costs
from triptych.lab.experiment.preview import Preview, Range, preview
from triptych.lab.experiment.resolving import resolve
from triptych.lab.experiment.width import at_once
from triptych.lab.tasks.given import task_set
from triptych.models.catalogue.entry import Entry, Measured, Price
from triptych.state import Usage

SINGLE = {"plan": "never", "drafts": 1, "repairs": 0, "review": "never"}
FULL = {"plan": "always", "drafts": 3, "repairs": 2, "review": "decide"}


def seen(variants: dict[str, Any], count: int = 12, **more: Any) -> Preview:
    return preview(live(variants, count, **more))


def test_one_call_a_cell_is_certain() -> None:
    made = seen({"a": variant(strategy=SINGLE)})

    assert (made.cells, made.measured) == (12, 0)
    assert made.calls == Range(12, 12)
    assert made.output_tokens == Range(12 * 60, 12 * 1024)


def test_the_range_goes_from_the_first_draft_being_right_to_all_that_is_allowed() -> None:
    made = seen({"a": variant(strategy=FULL)})

    # plan + code + review; plan + 3 drafts + 2 repairs + 3 reviews
    assert made.calls == Range(12 * 3, 12 * 9)


def test_input_is_the_rendered_prompt_at_four_characters_a_token() -> None:
    resolved = live({"a": variant(strategy=SINGLE)}, 2)
    template = resolved.variants[0].templates["code"]
    by_hand = 0
    for task in resolved.tasks.tasks:
        for _, text in template.render(request=task.task.request, edit_format="whole"):
            by_hand += -(-len(text) // 4)

    assert preview(resolved).input_tokens.low == by_hand


def test_calls_that_two_variants_share_are_counted_once_at_best() -> None:
    both = {"a": variant(strategy=SINGLE), "b": variant(strategy={**SINGLE, "review": "decide"})}

    assert seen(both).calls == Range(12 + 12, 12 + 24)
    assert seen(both, share_calls=False).calls == Range(12 + 24, 12 + 24)


def test_the_baseline_run_again_shares_nothing() -> None:
    made = seen({"a": variant(strategy=SINGLE)}, 40, aa=0.5)

    assert (made.cells, made.calls.low) == (60, 60)
    assert seen({"a": variant(strategy=SINGLE)}, 4, aa=0.1).cells == 8


def test_a_budget_cuts_the_most() -> None:
    made = seen({"a": variant(strategy=FULL, budget={"calls": 4})})

    assert made.calls == Range(36, 48)


def test_measured_cells_are_not_counted_again_and_tell_the_rest() -> None:
    resolved = live({"a": variant(strategy=FULL)}, 40)
    past = [
        record(f"t/{n}", "a", "passed", usage=Usage(calls=2 + n % 3, input_tokens=100))
        for n in range(20)
    ]

    made = preview(resolved, past)

    assert (made.cells, made.measured) == (20, 20)
    assert made.calls == Range(40, 80, mid=round(20 * 59 / 20))
    assert made.input_tokens == Range(2000, 2000, mid=2000)
    assert made.seconds is not None
    few = preview(resolved, past[:9])
    assert few.calls.mid is None


def test_a_finished_experiment_costs_nothing() -> None:
    resolved = live({"a": variant(strategy=SINGLE)}, 12)
    past = [record(f"t/{n}", "a", "passed") for n in range(12)]

    made = preview(resolved, past)

    assert (made.cells, made.calls.high, made.input_tokens.high) == (0, 0, 0)
    assert made.money == Range(0.0, 0.0, 0.0)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_pace = Measured("2026-11-24", NOWHERE, tokens_per_second=100.0, first_token_seconds=0.5)
    entry = Entry("m", "scripted", "hosted", price=Price(1.0, 10.0), measured=seen_pace)
    for module in ("costs", "preview", "notes"):
        monkeypatch.setattr(f"triptych.lab.experiment.{module}.entry_of", lambda model: entry)


@pytest.mark.usefixtures("priced")
def test_money_is_by_the_catalogues_price() -> None:
    made = seen({"a": variant(strategy=SINGLE)})

    assert made.money is not None
    by_hand = (made.input_tokens.low * 1.0 + made.output_tokens.low * 10.0) / 1_000_000
    assert made.money.low == pytest.approx(by_hand)
    assert made.money.high > made.money.low


def test_an_unknown_price_is_no_price() -> None:
    made = seen({"a": variant(strategy=SINGLE)})

    assert made.money is None
    assert "No price is known of scripted." in made.notes


@pytest.mark.usefixtures("priced")
def test_time_is_by_the_measured_pace_and_the_concurrency() -> None:
    made = seen({"a": variant(strategy=SINGLE)}, concurrency=4)

    assert made.seconds is not None
    # 12 calls of 0.5 s and 60 tokens at 100 a second, four at once; at worst one by one.
    assert made.seconds.low == pytest.approx(12 * (0.5 + 0.6) / 4)
    assert made.seconds.high == pytest.approx(12 * (0.5 + 10.24))
    assert seen({"a": variant(strategy=SINGLE)}).seconds is not None


def test_time_is_unknown_without_a_measurement() -> None:
    assert seen({"a": variant(strategy=SINGLE)}).seconds is None


def test_the_detectable_effect_is_that_of_the_plan() -> None:
    assert 100 * seen({"a": variant()}, 100).mde == pytest.approx(14, abs=1)
    assert 100 * seen({"a": variant()}, 30, trials=5).mde == pytest.approx(14, abs=1)


def test_families_count_as_one_each() -> None:
    tasks = make_tasks(12).tasks
    grouped = task_set(replace(t, family=f"f{n % 4}") for n, t in enumerate(tasks))
    model = chat_model(base_url=NOWHERE, model="scripted")
    resolved = resolve(defined({"a": variant()}), tasks=grouped, models={"": model})

    assert resolved.tasks.units == 4
    assert "4 families of 12 tasks are too few" in preview(resolved).notes[0]


@pytest.mark.parametrize(
    ("variants", "more", "said"),
    [
        ({"a": variant()}, {"count": 9}, "no verdict: 9 tasks are too few"),
        ({"a": variant(), "b": variant()}, {}, "'b' is the same as 'a': with share_calls"),
        ({"a": variant(), "b": variant()}, {"share_calls": False}, "what differs is noise"),
        ({"a": variant(parameters={"temperature": 0})}, {"trials": 2}, "temperature 0"),
    ],
)
def test_what_a_reader_should_know_is_noted(
    variants: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    assert any(said in note for note in seen(variants, **more).notes)


def test_nothing_is_noted_of_a_sound_experiment() -> None:
    both = {"a": variant(), "b": variant(strategy={"drafts": 1})}

    assert seen(both, aa=0.25).notes == ("No price is known of scripted.",)


def test_a_cost_without_a_price_does_not_hide_in_a_sum() -> None:
    unknown = costs.Cost(1, 1, 1, None)

    assert (costs.Cost(1, 1, 1, 0.5) + unknown).money is None
    assert (unknown * 0).money == 0.0


def test_cells_of_other_tasks_are_not_taken_for_measured_ones() -> None:
    resolved = live({"a": variant(), "b": variant()}, 12)

    made = preview(resolved, fabricate(tasks=12, texts=False))

    assert (made.cells, made.measured) == (24, 0)


def test_where_the_schedule_is_known_its_cells_are_counted() -> None:
    resolved = live({"a": variant(strategy=SINGLE)}, 12, aa=0.5)
    planned = {(f"t/{n}", "a", 0) for n in range(12)} | {("t/3", "a:again", 0)}
    past = [record("t/0", "a", "passed"), record("t/0", "gone", "passed")]

    made = preview(resolved, past, planned=planned)

    assert (made.cells, made.measured) == (12, 1)


def test_variants_that_differ_in_budget_are_not_called_the_same() -> None:
    notes = seen({"a": variant(), "b": variant(budget={"calls": 2})}).notes

    assert not any("is the same" in note for note in notes)


@pytest.mark.parametrize(
    ("kind", "measured", "width"),
    [("local", None, 3), ("local", 3, 4), ("hosted", None, 8), ("hosted", 3, 3)],
)
def test_as_many_blocks_at_once_as_the_slowest_of_the_models_takes(
    monkeypatch: pytest.MonkeyPatch, kind: Any, measured: int | None, width: int
) -> None:
    pace = Measured("2026-11-24", NOWHERE, concurrency=measured)
    own, other = Entry("m", "scripted", "hosted"), Entry("l", "other", kind, measured=pace)
    by_name = {"scripted": own, "other": other}
    find = "triptych.lab.experiment.width.entry_of"
    monkeypatch.setattr(find, lambda model: by_name[model.model])
    model, second = (chat_model(base_url=NOWHERE, model=name) for name in by_name)
    given = defined({"a": variant(models={"code": "second"})})
    resolved = resolve(given, tasks=make_tasks(2), models={"": model, "second": second})

    assert at_once(resolved) == width
