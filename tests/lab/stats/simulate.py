"""The tables of docs/statistics.md, made anew: python tests/lab/stats/simulate.py [RUNS]."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats
from simulation_kit import World, capital, judged

from triptych.lab.stats.binary import few_differ
from triptych.lab.stats.planning import needed
from triptych.lab.stats.several import holm

SIZES = [(12, 5), (30, 5), (100, 5), (40, 1), (100, 1), (164, 1), (400, 1)]
FLIPS = 999

Rows = list[tuple[Any, ...]]


def errors_and_power(runs: int) -> Rows:
    """Equal variants, and one 10 points better."""
    out: Rows = []
    for number, (tasks, trials) in enumerate(SIZES):
        rng = np.random.default_rng(number)
        a, b = World(tasks, trials).draw(runs, rng)
        same = judged(World(tasks, trials), a, b, flips=FLIPS)
        world = World(tasks, trials, effect=0.1)
        c, d = world.draw(runs, rng)
        up = judged(world, c, d, flips=FLIPS)
        out.append(
            (
                f"{tasks} × {trials}",
                _unpaired(a, b),
                _student(a, b),
                _share(same.said()),
                _share(same.covers(0.0)),
                _share(up.covers(0.1)),
                _student(c, d),
                _share(up.better()),
            )
        )
    return out


def few(runs: int) -> Rows:
    """Nearly the same answers in both, as at temperature 0: how often the truth is missed."""
    out: Rows = []
    for tasks, lost in [(40, 0.01), (164, 0.005), (164, 0.01), (164, 0.02)]:
        draw = np.random.default_rng(1).random((runs, tasks))
        a = (draw < lost) | (draw > 0.45)
        b = draw > 0.45
        d = b.astype(float) - a
        half = stats.t.ppf(0.975, tasks - 1) * d.std(axis=1, ddof=1) / np.sqrt(tasks)
        plain = np.abs(d.mean(axis=1) + lost) <= half
        found = judged(World(tasks), a[..., None], b[..., None])
        out.append((f"{tasks}, {100 * lost:g}% lost", _share(~plain), _share(~found.covers(-lost))))
    return out


def not_worse(runs: int) -> Rows:
    """A true loss as large as the margin, called not worse: nominally 2.5%."""
    out: Rows = []
    for tasks, margin in [(164, 0.02), (164, 0.05), (164, 0.1), (400, 0.05), (1000, 0.02)]:
        row = []
        for wins in (0.0, 0.01, 0.05):
            draw = np.random.default_rng(2).random((runs, tasks))
            won, lost = draw < wins, (draw >= wins) & (draw < 2 * wins + margin)
            both = ~won & ~lost & (np.random.default_rng(3).random((runs, tasks)) < 0.6)
            found = judged(World(tasks), (both | lost)[..., None], (both | won)[..., None])
            row += [_share(found.low > -margin), _share(found.strict > -margin)]
        out.append((f"{tasks}, {100 * margin:g} points", *row))
    return out


def not_worse_of_trials(runs: int) -> Rows:
    """The same with five trials: some tasks lost outright, or in half of their trials."""
    out: Rows = []
    for tasks, margin in [(100, 0.1), (164, 0.02), (164, 0.05), (400, 0.02), (400, 0.05)]:
        row = []
        for share in (1.0, 0.5, 0.2):
            rng = np.random.default_rng(9)
            a = np.ones((runs, tasks, 5), dtype=bool)
            hurt = rng.random((runs, tasks, 1)) < margin / share
            b = ~(hurt & (rng.random((runs, tasks, 5)) < share))
            found = judged(World(tasks, 5), a, b, flips=9)
            row += [_share(found.low > -margin), _share(found.strict > -margin)]
        out.append((f"{tasks}, {100 * margin:g} points", *row))
    return out


def clusters(runs: int) -> Rows:
    """Equal variants whose tasks hang together in families."""
    out: Rows = []
    for families, each, trials in [(10, 16, 1), (20, 6, 3), (40, 5, 3)]:
        world = World(families * each, trials, families=families, alike=True)
        a, b = world.draw(runs, np.random.default_rng(4))
        found = judged(world, a, b, flips=FLIPS)
        plain = _student(a, b)
        size = f"{families} × {each} × {trials}"
        out.append((size, plain, _share(found.said()), _share(found.covers(0.0))))
    return out


def planned(runs: int) -> Rows:
    """The power at the size that is said to be needed for 80%."""
    out: Rows = []
    rng = np.random.default_rng(5)
    for trials, effect in [(1, 0.1), (1, 0.15), (1, 0.25), (5, 0.1), (5, 0.15), (5, 0.25)]:
        a, b = World(200_000, trials, effect=effect).draw(1, rng)
        d = (b.mean(axis=2) - a.mean(axis=2))[0]
        once = {"null_s2": float((d**2).mean()), "exact": True} if trials == 1 else {}
        tasks = needed(float(d.var()), float(d.mean()), **once) or 0
        world = World(tasks, trials, effect=effect)
        found = judged(world, *world.draw(runs, rng), flips=FLIPS)
        out.append((f"better, {100 * effect:g} points × {trials}", tasks, _share(found.better())))
    for trials, margin in [(1, 0.1), (1, 0.05), (5, 0.1), (5, 0.05)]:
        a, b = World(200_000, trials).draw(1, rng)
        tasks = needed(float((b.mean(axis=2) - a.mean(axis=2)).var()), margin) or 0
        world = World(tasks, trials)
        found = judged(world, *world.draw(min(runs, 4000), rng), flips=9)
        told = f"not worse, margin {100 * margin:g} points × {trials}"
        out.append((told, tasks, _share(found.strict > -margin)))
    return out


def looks(runs: int) -> Rows:
    """Equal variants, looked at before the end and grown to twice the size afterwards."""
    out: Rows = []
    for tasks, trials in [(40, 1), (100, 1), (164, 1), (30, 5), (100, 5)]:
        a, b = World(2 * tasks, trials).draw(runs, np.random.default_rng(6))
        world = World(tasks, trials)
        fixed = np.zeros(runs, dtype=bool)
        for n in range(10, tasks + 1, 10):
            fixed |= judged(World(n, trials), a[:, :n], b[:, :n], flips=299).said()
        end = judged(world, a[:, :tasks], b[:, :tasks], flips=FLIPS).said()
        d = b.mean(axis=2) - a.mean(axis=2)
        whole = capital(d, 0.0)[:, -1] >= 1 / 0.05
        half = capital(d, 0.0, alpha=0.025)[:, -1] >= 1 / 0.025
        out.append(
            (
                f"{tasks} × {trials}",
                _share(fixed),
                _share(end),
                _share(whole),
                _share(end | whole),
                _share(end | half),
            )
        )
    return out


def bets(runs: int) -> Rows:
    """What a look costs: the chance to have found 10 points after so many tasks."""
    out: Rows = []
    for trials in (1, 5):
        world = World(1000, trials, effect=0.1)
        a, b = world.draw(min(runs, 4000), np.random.default_rng(7))
        d = b.mean(axis=2) - a.mean(axis=2)
        reached = capital(d, 0.0) >= 1 / 0.05
        ever = capital(d, 0.1)[:, -1] >= 1 / 0.05
        shares = [_share(reached[:, n - 1]) for n in (100, 164, 300, 500, 1000)]
        out.append((f"{trials}", *shares, _share(ever)))
    return out


def several(runs: int) -> Rows:
    """Equal variants, four candidates of one baseline: at least one is called better or worse."""
    rng = np.random.default_rng(8)
    out: Rows = []
    for tasks, trials in [(40, 3), (164, 1)]:
        world = World(tasks, trials)
        a, _ = world.draw(runs, rng)
        all_of = [judged(world, a, world.draw(runs, rng)[1], flips=FLIPS) for _ in range(4)]
        p = np.array([one.p for one in all_of]).T
        adjusted = np.array([holm(list(row)) for row in p])
        size = f"{tasks} × {trials}"
        out.append((size, _share((p <= 0.05).any(axis=1)), _share((adjusted <= 0.05).any(axis=1))))
    return out


def _student(a: Any, b: Any) -> str:
    with np.errstate(invalid="ignore", divide="ignore"):
        found = stats.ttest_1samp(b.mean(axis=2) - a.mean(axis=2), 0, axis=1)
    return _share(found.pvalue <= 0.05)


def _unpaired(a: Any, b: Any) -> str:
    return _share(stats.ttest_ind(b.mean(axis=2), a.mean(axis=2), axis=1).pvalue <= 0.05)


def _share(hits: Any) -> str:
    return f"{100 * float(np.mean(hits)):.1f}"


TABLES: list[tuple[str, Sequence[str], Callable[[int], Rows]]] = [
    (
        "Errors and power",
        (
            "tasks × trials",
            "equal: unpaired t",
            "equal: paired t",
            "equal: the lab",
            "holds 0",
            "holds +10",
            "+10: paired t",
            "+10: the lab",
        ),
        errors_and_power,
    ),
    ("Few tasks differ", ("tasks", "Student misses", "the lab misses"), few),
    (
        "Not worse",
        (
            "tasks, margin",
            "no wins: Newcombe",
            "the lab",
            "1% wins: Newcombe",
            "the lab",
            "5% wins: Newcombe",
            "the lab",
        ),
        not_worse,
    ),
    (
        "Not worse, five trials",
        (
            "tasks, margin",
            "all lost: Student",
            "the lab",
            "half: Student",
            "the lab",
            "a fifth: Student",
            "the lab",
        ),
        not_worse_of_trials,
    ),
    ("Families", ("families × tasks × trials", "plain t", "the lab", "holds 0"), clusters),
    ("Size for 80%", ("for", "tasks", "power"), planned),
    (
        "Looks",
        (
            "tasks × trials",
            "fixed, every 10 tasks",
            "fixed, at the end",
            "bets at 5%",
            "either",
            "either, bets at 2.5%: the lab",
        ),
        looks,
    ),
    ("Bets", ("trials", "100", "164", "300", "500", "1000", "true difference ever out"), bets),
    ("Several", ("tasks × trials", "p alone", "Holm: the lab"), several),
]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{runs:,} experiments a row; all but sizes in per cent.", flush=True)
    only = sys.argv[2:]
    for title, head, make in TABLES:
        if only and title not in only:
            continue
        lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, *make(runs))]
        lines.insert(1, "|---" * len(head) + "|")
        print(f"\n### {title}\n\n" + "\n".join(lines), flush=True)
    print(f"\nNo task of 164 differs: U = {100 * few_differ(164, 0).high:.2f} points.")


if __name__ == "__main__":
    main()
