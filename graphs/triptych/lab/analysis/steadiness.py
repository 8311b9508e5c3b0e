"""What the experiment shows of its own noise: the baseline against itself, and along the run."""

from __future__ import annotations

from functools import lru_cache

from triptych.lab.analysis.pairs import all_pairs
from triptych.lab.analysis.table import Block, Cell, Table
from triptych.lab.frozen import AGAIN
from triptych.lab.results import Drift, Noise
from triptych.lab.stats.noise import Course, drift, flips, spearman

SHUFFLED = 0.9
"""A shuffled order of ten tasks reaches this rank correlation with their set's in one of 2,500."""


@lru_cache(maxsize=1)  # every comparison asks
def noise(table: Table) -> Noise:
    """How often the baseline differs from itself: its second run, else pairs of its trials.

    Trials are paired 0 with 1, 2 with 3 and so on, so that no cell counts twice.
    """
    first = table.columns[table.frozen.baseline].cells
    second = table.columns.get(table.frozen.baseline + AGAIN)
    if second is not None and second.cells:
        pairs = [(first[k].passed, cell.passed) for k, cell in second.cells.items() if k in first]
        return flips(pairs, "again")
    pairs = [
        (cell.passed, first[task, trial + 1].passed)
        for (task, trial), cell in first.items()
        if trial % 2 == 0 and (task, trial + 1) in first
    ]
    return flips(pairs, "trials")


@lru_cache(maxsize=1)
def course(table: Table) -> Drift | None:
    """Whether outcomes change along the order of the run.

    None with fewer than 10 cells, and where the tasks ran in the order of their set: a trend may
    there be the tasks' own.
    """
    if _in_order_of_the_set(table):
        return None
    base = list(table.columns[table.frozen.baseline].cells.values())
    where = [cell.position for cell in base]
    differences = {}
    for name in table.candidates:
        pairs = [
            (max(c.position for c in pair.a), pair.d)
            for pair in all_pairs(table, table.frozen.baseline, name).pairs
        ]
        differences[name] = Course([p for p, _ in pairs], [d for _, d in pairs])
    return drift(
        Course(where, [float(cell.passed) for cell in base]),
        differences,
        Course(where, [cell.model_seconds for cell in base]),
        _first_and_second(table),
    )


def _in_order_of_the_set(table: Table) -> bool:
    """True of a record that was made without the lab's shuffled schedule, several at a time."""
    cells = table.columns[table.frozen.baseline].cells
    place = {task: number for number, task in enumerate(table.frozen.tasks)}
    ran = Course([cell.position for cell in cells.values()], [place[task] for task, _ in cells])
    return spearman(ran)[0] > SHUFFLED


def _first_and_second(table: Table) -> list[tuple[bool, bool]]:
    """Outcomes of the cells that ran first and second in each block."""
    blocks: dict[Block, dict[int, Cell]] = {}
    for column in table.columns.values():
        for block, cell in column.cells.items():
            blocks.setdefault(block, {})[cell.place] = cell
    return [(b[0].passed, b[1].passed) for b in blocks.values() if 0 in b and 1 in b]
