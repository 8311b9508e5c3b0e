"""The order of measuring: shuffled, the same each time, and undisturbed by growth."""

from __future__ import annotations

from collections import Counter

from lab_kit import experiment
from record_kit import fingerprint_of

from triptych.lab.experiment.fingerprint import fingerprint
from triptych.lab.frozen import Fingerprint
from triptych.lab.measuring.schedule import blocks, planned, schedule
from triptych.lab.measuring.seeds import seed_of


def names(frozen: Fingerprint) -> list[tuple[str, int]]:
    return [(slot.task, slot.trial) for slot in schedule(frozen)]


def test_every_cell_is_planned_once() -> None:
    frozen = fingerprint_of(tasks=7, trials=3, variants=("a", "b", "c"))
    cells = [
        (slot.task, variant, slot.trial) for slot in schedule(frozen) for variant in slot.variants
    ]

    assert len(cells) == len(set(cells)) == 7 * 3 * 3
    assert planned(frozen) == set(cells)


def test_the_order_is_a_shuffle_that_hangs_on_the_seed_alone() -> None:
    frozen = fingerprint_of(tasks=40)

    assert names(frozen) == names(fingerprint_of(tasks=40))
    assert names(frozen) != names(frozen.model_copy(update={"seed": 1}))
    assert names(frozen) != [(task, 0) for task in frozen.tasks]


def test_each_variant_is_first_about_equally_often() -> None:
    frozen = fingerprint_of(tasks=600, variants=("a", "b", "c"))
    first = Counter(slot.variants[0] for slot in schedule(frozen))

    assert all(150 < count < 250 for count in first.values())


def test_a_growth_comes_after_what_was_there_and_moves_nothing() -> None:
    small = fingerprint_of(tasks=20)
    big = fingerprint_of(tasks=30, trials=2, grown=[{"tasks": 20, "trials": 1}])

    before, after = schedule(small), schedule(big)

    assert after[:20] == before
    assert [slot.position for slot in after] == list(range(60))


def test_a_second_growth_comes_after_the_first() -> None:
    first = [{"tasks": 20, "trials": 1}]
    middle = fingerprint_of(tasks=30, grown=first)
    last = fingerprint_of(tasks=30, trials=2, grown=[*first, {"tasks": 30, "trials": 1}])

    assert schedule(last)[:30] == schedule(middle)


def test_the_baseline_runs_twice_on_a_share_of_the_blocks_and_on_ten_at_least() -> None:
    def again(tasks: int, share: float) -> int:
        variants = ("a", "b", "a:again")
        frozen = fingerprint_of(tasks=tasks, variants=variants, aa=share)
        return sum("a:again" in slot.variants for slot in schedule(frozen))

    assert again(6, 0.25) == 6
    assert again(20, 0.25) >= 10
    assert 60 < again(400, 0.25) < 140
    assert again(50, 1.0) == 50


def test_with_more_trials_the_baseline_needs_no_second_self() -> None:
    frozen = fingerprint_of(tasks=20, trials=2, variants=("a", "b", "a:again"), aa=1.0)

    assert {variant for _, variant, _ in planned(frozen)} == {"a", "b"}


def test_blocks_are_what_is_left_with_each_cells_place() -> None:
    resolved = experiment("http://127.0.0.1:9", 3)
    frozen = fingerprint(resolved)
    first, second, _third = schedule(frozen)
    done = {(first.task, name, 0) for name in first.variants}
    done.add((second.task, second.variants[0], 0))

    left = list(blocks(resolved, frozen, done))

    assert [block.position for block in left] == [1, 2]
    assert [block.places for block in left] == [(1,), (0, 1)]
    assert left[0].keys == [(second.task, second.variants[1], 0)]


def test_seeds_differ_between_tasks_and_trials_and_fit_every_server() -> None:
    seeds = {seed_of(0, f"t/{n}", trial) for n in range(100) for trial in range(5)}

    assert len(seeds) == 500
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of(1, "t/0", 0) != seed_of(0, "t/0", 0) == seed_of(0, "t/0", 0)


def test_a_growth_to_more_tasks_keeps_the_blocks_that_have_the_baseline_twice() -> None:
    def again(tasks: int, grown: list[dict[str, int]]) -> set[str]:
        variants = ("a", "b", "a:again")
        frozen = fingerprint_of(tasks=tasks, variants=variants, aa=0.25, grown=grown)
        return {slot.task for slot in schedule(frozen) if "a:again" in slot.variants}

    sizes = [{"tasks": n, "trials": 1} for n in (6, 12, 30)]
    chosen = [again(n, sizes[:at]) for at, n in enumerate((6, 12, 30, 400))]

    assert chosen[0] <= chosen[1] <= chosen[2] <= chosen[3]
    assert [len(tasks) for tasks in chosen[:2]] == [6, 10]
    assert 60 < len(chosen[3]) < 140
