"""Which tasks a wording may be searched on, and which it is judged on: parted before the search."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from triptych.errors import LabError
from triptych.lab.results import LEAST_UNITS
from triptych.lab.tasks.task import LabTask, TaskSet

TRAIN, SELECTION = 0.25, 0.25
"""Shares of the families; the rest is held out: the verdict needs most of them."""


class HeldOut:
    """Tasks that the search never sees. No adapter takes this type; only the referee opens it.

    Args:
        tasks: The tasks.
    """

    def __init__(self, tasks: TaskSet) -> None:
        self.__tasks = tasks

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids, which may be told."""
        return tuple(task.id for task in self.__tasks.tasks)

    @property
    def units(self) -> int:
        """How many families they are of: what counts in the statistics."""
        return self.__tasks.units

    def opened(self) -> TaskSet:
        """The tasks themselves, for the comparison after the search."""
        return self.__tasks

    def __repr__(self) -> str:
        return f"HeldOut({len(self.ids)} tasks)"


@dataclass(frozen=True)
class Split:
    """A task set in three parts that share no family.

    Attributes:
        train: What a proposer is told the failures of.
        selection: What proposals are ranked by.
        held_out: What the winner is judged on.
    """

    train: tuple[LabTask, ...]
    selection: tuple[LabTask, ...]
    held_out: HeldOut

    @property
    def seen(self) -> tuple[LabTask, ...]:
        """All that the search may use."""
        return (*self.train, *self.selection)


def split(tasks: TaskSet, seed: int = 0) -> Split:
    """Part a task set by the hash of each task's family.

    By hash, so that a task stays in its part when others join the set; by family, because a
    sibling of a task that was trained on is no test.

    Args:
        tasks: The whole set.
        seed: Another one parts differently.

    Raises:
        LabError: There are too few families for a search and a verdict.
    """
    parts: dict[str, list[LabTask]] = {"train": [], "selection": [], "held out": []}
    for task in tasks.tasks:
        parts[_part(task, seed)].append(task)
    held_out = HeldOut(TaskSet(tasks.name, tasks.version, tuple(parts["held out"])))
    if not parts["train"] or not parts["selection"] or held_out.units < LEAST_UNITS:
        sizes = ", ".join(f"{len(of)} {name}" for name, of in parts.items())
        raise LabError(
            f"The {len(tasks.tasks)} tasks of '{tasks.name}' are too few to search on some and to "
            f"judge on others: {sizes}.",
            f"Give more; {LEAST_UNITS} families held out are the least for a verdict.",
        )
    return Split(tuple(parts["train"]), tuple(parts["selection"]), held_out)


def refuse_overlap(ids: Sequence[str], held_out: HeldOut) -> None:
    """Hold a part against the tasks that were put away.

    Raises:
        LabError: They share a task.
    """
    both = sorted(set(ids) & set(held_out.ids))
    if both:
        raise LabError(
            f"{len(both)} of the held-out tasks would be searched on: {', '.join(both[:3])}.",
            "Part the set anew, in another --out.",
        )


def _part(task: LabTask, seed: int) -> str:
    hashed = hashlib.sha256(f"{seed}\0{task.unit}\0split".encode()).digest()
    place = int.from_bytes(hashed[:4]) / 2**32
    return "train" if place < TRAIN else "selection" if place < TRAIN + SELECTION else "held out"
