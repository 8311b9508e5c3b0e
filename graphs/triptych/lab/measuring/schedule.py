"""In which order the cells are measured: blocks shuffled, and the variants within each.

Imports neither LangChain nor live experiments: a report asks for the schedule, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triptych.lab.frozen import AGAIN, LEAST_AGAIN, Fingerprint
from triptych.lab.measuring.seeds import shuffled
from triptych.lab.records import CellKey

if TYPE_CHECKING:
    from triptych.lab.experiment.live import LiveVariant, Resolved
    from triptych.lab.tasks.task import LabTask


@dataclass(frozen=True)
class Slot:
    """One block by name: a task and a trial, and its variants in the order of their running."""

    position: int
    task: str
    trial: int
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """One task and trial to measure, by the variants that are still missing, in their order.

    Attributes:
        position: In the schedule, from 0.
        task: The task.
        trial: From 0.
        cells: The variants, the first to run first.
        places: Each one's place in the whole block.
    """

    position: int
    task: LabTask
    trial: int
    cells: tuple[LiveVariant, ...]
    places: tuple[int, ...]

    @property
    def keys(self) -> list[CellKey]:
        """Its cells."""
        return [(self.task.id, variant.name, self.trial) for variant in self.cells]


def schedule(frozen: Fingerprint) -> list[Slot]:
    """All blocks of an experiment in their order.

    Shuffled, so that a machine that slows down in the course of hours slows all variants alike, and
    task order carries nothing. What a growth has added comes after what stood before it: positions
    in the record stay true.

    Example:
        >>> [slot.task for slot in schedule(fingerprint)]  # doctest: +SKIP
        ['HumanEval/7', 'HumanEval/120', 'HumanEval/3']
    """
    found = []
    for index, task in enumerate(frozen.tasks):
        for trial in range(frozen.trials):
            key = shuffled(frozen.seed, task, trial, "order")
            found.append((_generation(frozen, index, trial), key, task, trial))
    found.sort()
    again = _again(frozen)
    return [
        Slot(position, task, trial, _ordered(frozen, task, trial, (task, trial) in again))
        for position, (_, _, task, trial) in enumerate(found)
    ]


def planned(frozen: Fingerprint) -> set[CellKey]:
    """The cells of the whole experiment."""
    return {
        (slot.task, variant, slot.trial) for slot in schedule(frozen) for variant in slot.variants
    }


def blocks(resolved: Resolved, frozen: Fingerprint, done: Set[CellKey]) -> Iterator[Block]:
    """What is still to be measured, block by block in the order of the schedule.

    Args:
        resolved: The live tasks and variants.
        frozen: The same as it is written down, with its growths.
        done: Cells that are measured; looked at as each block's turn comes.
    """
    tasks = {task.id: task for task in resolved.tasks.tasks}
    variants = {variant.name: variant for variant in resolved.variants}
    for slot in schedule(frozen):
        left = [
            (place, variants[name])
            for place, name in enumerate(slot.variants)
            if (slot.task, name, slot.trial) not in done
        ]
        if left:
            places, cells = zip(*left, strict=True)
            yield Block(slot.position, tasks[slot.task], slot.trial, cells, places)


def _generation(frozen: Fingerprint, index: int, trial: int) -> int:
    """How many growths came before this block was part of the experiment."""
    for number, size in enumerate(frozen.grown):
        if index < size["tasks"] and trial < size["trials"]:
            return number
    return len(frozen.grown)


def _ordered(frozen: Fingerprint, task: str, trial: int, again: bool) -> tuple[str, ...]:
    names = [name for name in frozen.variants if again or not name.endswith(AGAIN)]
    return tuple(sorted(names, key=lambda name: shuffled(frozen.seed, task, trial, name)))


def _again(frozen: Fingerprint) -> set[tuple[str, int]]:
    """The blocks on which the baseline runs twice: those whose hash falls under the share.

    By hash, and up to the least number from what was there first, so that a growth to more tasks
    takes none away that was chosen before it.
    """
    # A record that has grown to more trials keeps the second self, and trials take its place.
    if frozen.trials > 1 or not any(name.endswith(AGAIN) for name in frozen.variants):
        return set()
    share = math.floor(frozen.aa * 2**32)
    keys = sorted(
        (_generation(frozen, index, 0), shuffled(frozen.seed, task, 0, "again"), task)
        for index, task in enumerate(frozen.tasks)
    )
    chosen: set[tuple[str, int]] = set()
    for _, key, task in keys:
        if int.from_bytes(key[:4]) < share or len(chosen) < LEAST_AGAIN:
            chosen.add((task, 0))
    return chosen
