"""How variants stand before the end: in the order of the schedule, and by family."""

from __future__ import annotations

import random

from record_kit import fabricate, fingerprint_of

from triptych.lab.measuring.estimate import Estimate
from triptych.lab.measuring.schedule import schedule
from triptych.lab.records import Failure, Record


def made(rates: dict[str, float], tasks: int = 60, **more: object) -> list[Record]:
    return list(fabricate(tasks=tasks, rates=rates, texts=False, **more))  # type: ignore[arg-type]


def followed(records: list[Record], tasks: int = 60, **more: object) -> Estimate:
    variants = list(dict.fromkeys(r.variant for r in records))
    frozen = fingerprint_of(tasks=tasks, variants=sorted(variants), **more)  # type: ignore[arg-type]
    estimate = Estimate(frozen, {r.task: r.family for r in records})
    for record in records:
        estimate.add(record)
    return estimate


def test_the_difference_is_the_mean_over_tasks() -> None:
    records = made({"a": 0.3, "b": 0.6})
    passed = {(r.task, r.variant): r.passed for r in records}
    mean = sum(passed[f"task-{n}", "b"] - passed[f"task-{n}", "a"] for n in range(60)) / 60

    now = followed(records).of("b")

    assert now.units == 60
    assert abs(now.difference - mean) < 1e-9
    assert now.interval.low < now.difference < now.interval.high


def test_only_the_finished_beginning_of_the_schedule_counts_whatever_the_order_of_ending() -> None:
    records = made({"a": 0.3, "b": 0.6})
    first = schedule(fingerprint_of(tasks=60))[10].task
    late = [r for r in records if r.task == first and r.variant == "b"]
    others = [r for r in records if r not in late]
    random.Random(1).shuffle(others)

    held = followed(others)
    assert held.of("b").units == 10
    held.add(late[0])

    assert held.of("b") == followed(records).of("b")


def test_a_family_counts_once_when_all_of_it_is_there() -> None:
    records = made({"a": 0.3, "b": 0.6}, families=20, trials=2)

    assert followed(records, trials=2).of("b").units == 20
    assert followed(records[:-4], trials=2).of("b").units < 20


def test_a_clear_difference_is_decided_before_the_end_and_none_is_before_ten_tasks() -> None:
    records = made({"a": 0.0001, "b": 0.9999})
    order = {slot.task: slot.position for slot in schedule(fingerprint_of(tasks=60))}
    records.sort(key=lambda r: order[r.task])
    estimate = Estimate(fingerprint_of(tasks=60), {})
    at = next(n for n, r in enumerate(records, 1) if estimate.add(r) or estimate.decided)

    assert 20 <= at < 60


def test_two_like_variants_stay_undecided() -> None:
    assert not followed(made({"a": 0.5, "b": 0.5}, correlation=1.0)).decided


def test_the_second_self_of_the_baseline_and_single_stages_are_no_candidates() -> None:
    frozen = fingerprint_of(
        tasks=3, variants=("a", "b", "a:again", "b:only-code"), ablation={"b:only-code": "code"}
    )

    assert Estimate(frozen, {}).candidates == ["b"]


def failure_of(cell: Record) -> Failure:
    return Failure(
        task=cell.task, variant=cell.variant, trial=cell.trial, error="gone", kind="X", started=""
    )


def test_a_block_that_could_not_be_measured_is_passed_over_by_the_candidate_it_failed() -> None:
    records = made({"a": 0.3, "b": 0.6, "c": 0.6})
    at = schedule(fingerprint_of(tasks=60))[10].task
    lost = next(r for r in records if (r.task, r.variant) == (at, "b"))

    estimate = followed([r for r in records if r is not lost])
    assert estimate.of("b").units == 10
    estimate.add(failure_of(lost))

    assert (estimate.of("b").units, estimate.of("c").units) == (59, 60)
    assert estimate.of("c") == followed(records).of("c")


def test_a_cell_that_is_measured_at_last_counts_if_its_turn_has_not_come() -> None:
    records = made({"a": 0.3, "b": 0.6})
    estimate = Estimate(fingerprint_of(tasks=60), {})
    for item in (failure_of(records[-1]), records[-1], *records[:-1]):
        estimate.add(item)

    assert estimate.of("b") == followed(records).of("b")


def test_a_family_counts_by_what_could_be_measured_of_it_and_not_at_all_without() -> None:
    records = made({"a": 0.3, "b": 0.6}, families=20)
    whole = followed(records)
    one = [r for r in records if r.family == records[0].family]
    estimate = Estimate(fingerprint_of(tasks=60), {r.task: r.family for r in records})
    for record in records:
        estimate.add(failure_of(record) if record in one else record)

    assert (whole.of("b").units, estimate.of("b").units) == (20, 19)
