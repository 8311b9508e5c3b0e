"""What the methods promise, held against thousands of experiments whose truth is known.

Seeded; larger numbers stand in docs/statistics.md, made by simulate.py. Bounds are the promise and
three standard errors of the simulation.
"""

from __future__ import annotations

import numpy as np
import pytest
from record_kit import fingerprint_of, record
from scipy import stats
from simulation_kit import World, capital, flipped, judged

from triptych.lab.analysis.compare import compare
from triptych.lab.analysis.judging import judge
from triptych.lab.analysis.pairs import all_pairs
from triptych.lab.analysis.table import table
from triptych.lab.stats.paired import sign_flip
from triptych.lab.stats.planning import needed
from triptych.lab.stats.several import holm

RUNS = 2000
SIZES = [(12, 5), (30, 5), (100, 5), (40, 1), (164, 1)]


def most(promise: float, runs: int = RUNS) -> float:
    return promise + 3 * float(np.sqrt(promise * (1 - promise) / runs))


@pytest.mark.parametrize(("tasks", "trials"), [(20, 1), (40, 1), (12, 3), (40, 2)])
def test_the_simulation_judges_as_the_lab_does(tasks: int, trials: int) -> None:
    world = World(tasks, trials, effect=0.15, families=10 if tasks == 20 else 0)
    a, b = world.draw(6, np.random.default_rng(0))
    found = judged(world, a, b, flips=9999)
    frozen = fingerprint_of(tasks=tasks, trials=trials)
    for run in range(6):
        records = [
            record(
                f"task-{i}",
                name,
                "passed" if outcome[run, i, k] else "failed",
                trial=k,
                family=f"f{world.groups[i]}" if world.families else "",
                texts=False,
            )
            for name, outcome in (("a", a), ("b", b))
            for i in range(tasks)
            for k in range(trials)
        ]
        cells = table(records, frozen)
        real = compare(cells, "a", "b", margin=0.02, alpha=0.05, sequential=False)
        strict = judge(all_pairs(cells, "a", "b"), alpha=0.05, m=1, sequential=False).adjusted

        assert (real.interval.low, real.interval.high) == pytest.approx(
            (found.low[run], found.high[run])
        )
        assert strict.low == pytest.approx(found.strict[run], abs=1e-9)
        # the two draw their own flips
        flips = trials > 1 or world.families
        assert real.p == pytest.approx(found.p[run], abs=0.02 if flips else 1e-9)


def test_random_flips_for_all_runs_at_once_are_those_of_each() -> None:
    d = np.random.default_rng(1).normal(0.2, 1, size=(5, 12))

    assert flipped(d, 9999) == pytest.approx([sign_flip(row) for row in d], abs=0.02)


@pytest.mark.parametrize(("tasks", "trials"), SIZES)
def test_equal_variants_are_seldom_called_better_or_worse(tasks: int, trials: int) -> None:
    world = World(tasks, trials)
    found = judged(world, *world.draw(RUNS, np.random.default_rng(2)), flips=999)

    assert found.said().mean() <= most(0.05)
    assert found.covers(0.0).mean() >= 0.93


@pytest.mark.parametrize(("tasks", "trials"), SIZES)
def test_the_interval_holds_the_true_difference(tasks: int, trials: int) -> None:
    world = World(tasks, trials, rate=0.75, effect=0.1)
    found = judged(world, *world.draw(RUNS, np.random.default_rng(3)), flips=19)

    assert found.covers(0.1).mean() >= 0.93


@pytest.mark.parametrize(
    ("tasks", "trials", "paired_t", "ours"),
    # shared/PROMPTS.md: paired t .38, .89, .43 and McNemar .35 at 100 tasks and one trial; its
    # sign-flip test errs less often than t, so finds a little less
    [(30, 5, 0.38, 0.33), (100, 5, 0.89, 0.85), (100, 1, 0.43, 0.35)],
)
def test_the_power_is_that_of_the_houses_table(
    tasks: int, trials: int, paired_t: float, ours: float
) -> None:
    world = World(tasks, trials, effect=0.1)
    a, b = world.draw(RUNS, np.random.default_rng(4))
    t = stats.ttest_1samp(b.mean(axis=2) - a.mean(axis=2), 0, axis=1).pvalue <= 0.05

    assert t.mean() == pytest.approx(paired_t, abs=0.05)
    assert judged(world, a, b, flips=999).better().mean() == pytest.approx(ours, abs=0.05)


@pytest.mark.parametrize(("trials", "effect"), [(1, 0.15), (1, 0.25), (5, 0.1), (5, 0.15)])
def test_the_tasks_that_are_said_to_be_needed_give_the_power(trials: int, effect: float) -> None:
    rng = np.random.default_rng(5)
    a, b = World(100_000, trials, effect=effect).draw(1, rng)
    d = (b.mean(axis=2) - a.mean(axis=2))[0]
    if trials == 1:
        tasks = needed(d.var(), d.mean(), null_s2=float((d**2).mean()), exact=True)
    else:
        tasks = needed(d.var(), d.mean())
    assert tasks is not None
    world = World(tasks, trials, effect=effect)

    found = judged(world, *world.draw(RUNS, rng), flips=999)

    assert found.better().mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("trials", "margin"), [(1, 0.1), (5, 0.05)])
def test_so_they_do_for_what_is_not_worse(trials: int, margin: float) -> None:
    rng = np.random.default_rng(6)
    a, b = World(100_000, trials).draw(1, rng)
    tasks = needed(float((b.mean(axis=2) - a.mean(axis=2)).var()), margin)
    assert tasks is not None
    world = World(tasks, trials)

    found = judged(world, *world.draw(RUNS, rng), flips=19)

    assert (found.strict > -margin).mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("wins", [0.0, 0.01, 0.05])
@pytest.mark.parametrize(("tasks", "margin"), [(164, 0.02), (164, 0.1), (400, 0.05)])
def test_a_loss_as_large_as_the_margin_is_seldom_called_not_worse(
    tasks: int, margin: float, wins: float
) -> None:
    draw = np.random.default_rng(7).random((RUNS, tasks))
    won, lost = draw < wins, (draw >= wins) & (draw < 2 * wins + margin)
    both = ~won & ~lost & (draw < 0.6)
    found = judged(World(tasks), (both | lost)[..., None], (both | won)[..., None])

    assert (found.strict > -margin).mean() <= most(0.025)


@pytest.mark.parametrize(("tasks", "margin"), [(100, 0.1), (164, 0.05), (400, 0.05)])
def test_so_is_one_of_several_trials_though_students_bound_would_be(
    tasks: int, margin: float
) -> None:
    # twice as many tasks as the margin has, each of which then passes in half of its trials
    rng = np.random.default_rng(12)
    a = np.ones((RUNS, tasks, 5), dtype=bool)
    hurt = rng.random((RUNS, tasks, 1)) < 2 * margin
    b = ~(hurt & (rng.random((RUNS, tasks, 5)) < 0.5))
    found = judged(World(tasks, 5), a, b, flips=9)

    assert (found.low > -margin).mean() > 0.035
    # Johnson's is first order only: a little above 2.5% where it is worst
    assert (found.strict > -margin).mean() <= most(0.03)


def test_students_interval_alone_would_know_too_much_where_few_differ() -> None:
    # one task in a hundred is lost: at 40 tasks, none is seen in two experiments of three
    lost = np.random.default_rng(8).random((RUNS, 40)) < 0.01
    a, b = np.ones((RUNS, 40, 1), dtype=bool), ~lost[..., None]
    alone = (lost.sum(axis=1) > 0).mean()

    assert alone < 0.4  # Student's interval is [0, 0] in the others, and misses
    assert judged(World(40), a, b).covers(-0.01).mean() >= 0.95


def test_tasks_that_hang_together_break_the_plain_interval_and_not_the_labs() -> None:
    world = World(120, 3, families=20, alike=True)
    a, b = world.draw(RUNS, np.random.default_rng(9))
    d = b.mean(axis=2) - a.mean(axis=2)
    plain = stats.ttest_1samp(d, 0, axis=1).pvalue <= 0.05
    found = judged(world, a, b, flips=999)

    assert plain.mean() > 0.15
    assert found.said().mean() <= most(0.05)
    assert found.covers(0.0).mean() >= 0.93


def test_several_candidates_err_no_more_often_than_one() -> None:
    rng = np.random.default_rng(10)
    world = World(40, 3)
    a, _ = world.draw(RUNS, rng)
    others = [judged(world, a, world.draw(RUNS, rng)[1], flips=999) for _ in range(4)]
    adjusted = np.array([holm(list(p)) for p in np.array([one.p for one in others]).T])

    assert (adjusted.min(axis=1) <= 0.05).mean() <= most(0.05)


@pytest.mark.parametrize(("tasks", "trials"), [(40, 1), (164, 1), (100, 5)])
def test_looks_growth_and_the_end_together_keep_the_promise(tasks: int, trials: int) -> None:
    """The whole procedure: a look after every task, the verdict at the end, and if it is open, as
    many tasks again: whoever takes the first verdict that comes errs in 5%.
    """
    world = World(2 * tasks, trials)
    a, b = world.draw(RUNS, np.random.default_rng(11))
    at_end = judged(World(tasks, trials), a[:, :tasks], b[:, :tasks], flips=999).said()
    looks = capital(b.mean(axis=2) - a.mean(axis=2), 0.0, alpha=0.025)[:, -1] >= 1 / 0.025

    assert (at_end | looks).mean() <= most(0.05)
