"""Which cells are held against each other: by task, in like trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from triptych.lab.analysis.table import Block, Cell, Table

Cost = Literal["tokens", "money", "model_seconds"]


@dataclass(frozen=True)
class Pair:
    """One task: the trials that both variants have finished, in like order."""

    task: str
    family: str
    a: tuple[Cell, ...]
    b: tuple[Cell, ...]

    @property
    def trials(self) -> int:
        """How many of each."""
        return len(self.a)

    @property
    def d(self) -> float:
        """The candidate's share of passes minus the baseline's."""
        wins = sum(cell.passed for cell in self.b) - sum(cell.passed for cell in self.a)
        return wins / len(self.a)

    def cost(self, of: Cost) -> tuple[float, float]:
        """What baseline and candidate have spent; nan where it is unknown."""
        first, second = ([getattr(cell, of) for cell in cells] for cells in (self.a, self.b))
        return _sum(first), _sum(second)


@dataclass(frozen=True)
class Pairs:
    """The tasks of a comparison.

    Attributes:
        pairs: One a task.
        left_out: Tasks of the experiment without a finished pair of trials.
        units: So many independent units the order of the schedule holds in all.
        clustered: Some tasks share a family, which then is the unit.
    """

    pairs: tuple[Pair, ...]
    left_out: int
    units: int
    clustered: bool

    @property
    def d(self) -> list[float]:
        """The difference of each task."""
        return [pair.d for pair in self.pairs]

    @property
    def groups(self) -> list[str]:
        """The family of each task."""
        return [pair.family for pair in self.pairs]

    @property
    def unit(self) -> str:
        """What is independent, in a word."""
        return "families" if self.clustered else "tasks"

    @property
    def by_unit(self) -> list[float]:
        """The mean difference of each family, in order; of each task, where none is shared."""
        sums: dict[str, list[float]] = {}
        for pair in self.pairs:
            sums.setdefault(pair.family, []).append(pair.d)
        return [sum(values) / len(values) for values in sums.values()]

    def mean(self, *, by_unit: bool = False) -> float:
        """The mean difference over tasks, or over families; 0 where there is none."""
        values = self.by_unit if by_unit else self.d
        return sum(values) / len(values) if values else 0.0

    @property
    def trials(self) -> int:
        """The fewest that a task has."""
        return min((pair.trials for pair in self.pairs), default=0)

    @property
    def single(self) -> bool:
        """Each task has one pair, and is its own family: passed or failed, nothing between."""
        return not self.clustered and all(pair.trials == 1 for pair in self.pairs)


@lru_cache(maxsize=4)
def all_pairs(table: Table, baseline: str, candidate: str) -> Pairs:
    """All finished pairs, in the order of the tasks."""
    a, b = (table.columns[name].by_task() for name in (baseline, candidate))
    found = []
    for task in table.frozen.tasks:
        common = sorted(set(a.get(task, ())) & set(b.get(task, ())))
        if common:
            first, second = ([cells[task][k] for k in common] for cells in (a, b))
            found.append(_pair(table, task, first, second))
    return _pairs(table, found)


def finished_prefix(table: Table, baseline: str, candidate: str) -> Pairs:
    """The pairs of the longest finished beginning of the schedule, by each unit's last block.

    Cells that are slow end late, and slow ones are hard ones: what has ended at some moment is no
    fair sample, what stands first in the shuffled schedule is. A unit (a family, or a task of its
    own) counts when all its blocks are in; where tasks share families and that of some is not known
    yet, none does. A block that only infrastructure errors are known of is passed over.
    """
    if table.clustered and not table.families.keys() >= table.frozen.tasks.keys():
        return _pairs(table, [])
    a, b = table.columns[baseline].cells, table.columns[candidate].cells
    last: dict[str, int] = {}
    for index, (task, _) in enumerate(table.order):
        last[table.family(task)] = index
    blocks: dict[str, list[Block]] = {}
    found: list[Pair] = []
    for index, block in enumerate(table.order):
        task, trial = block
        family = table.family(task)
        if block in a and block in b:
            blocks.setdefault(family, []).append(block)
        elif not {(task, baseline, trial), (task, candidate, trial)} & table.failed:
            break
        if last[family] == index:
            done = sorted(blocks.get(family, ()))
            for name in dict.fromkeys(task for task, _ in done):
                keys = [key for key in done if key[0] == name]
                found.append(_pair(table, name, [a[k] for k in keys], [b[k] for k in keys]))
    return _pairs(table, found)


def _pair(table: Table, task: str, a: Sequence[Cell], b: Sequence[Cell]) -> Pair:
    return Pair(task, table.families[task], tuple(a), tuple(b))


def _pairs(table: Table, found: Sequence[Pair]) -> Pairs:
    units = {table.family(task) for task in table.frozen.tasks}
    return Pairs(tuple(found), len(table.frozen.tasks) - len(found), len(units), table.clustered)


def _sum(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else float("nan")
