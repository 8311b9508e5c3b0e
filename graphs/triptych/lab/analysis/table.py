"""The records as columns: one pass over them, and none is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from triptych.errors import LabError
from triptych.lab.frozen import AGAIN, Fingerprint
from triptych.lab.measuring.schedule import planned, schedule
from triptych.lab.records import CellKey, Failure, Record

Block = tuple[str, int]
"""A task and a trial."""


class Cell(NamedTuple):
    """What the comparison needs of one record. Money in US dollars, None if no price is known."""

    passed: bool
    position: int
    place: int
    tokens: int
    money: float | None
    model_seconds: float


@dataclass
class Column:
    """One variant: its cells, and sums over them by the names of `VariantSummary`."""

    cells: dict[Block, Cell] = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    model_seconds: float = 0.0
    money: float | None = 0.0

    def by_task(self) -> dict[str, dict[int, Cell]]:
        """Task to its trials."""
        out: dict[str, dict[int, Cell]] = {}
        for (task, trial), cell in self.cells.items():
            out.setdefault(task, {})[trial] = cell
        return out


@dataclass(eq=False)
class Table:
    """The measured cells of an experiment; not changed once it is made.

    Attributes:
        frozen: What was to be measured.
        columns: Variant to its cells; each variant has one, if empty.
        families: Task to its family; a task of its own is its own family. Of tasks that have no
            record it is not known where the experiment does not say.
        failed: Cells that only infrastructure errors are known of.
        errors: Variant to its infrastructure errors, tries again included.
        order: The blocks as the schedule has them.
        planned: How many cells of each variant the experiment has.
        missing: How many of these are not measured.
        untried: How many of these have no infrastructure error either.
    """

    frozen: Fingerprint
    columns: dict[str, Column]
    families: dict[str, str]
    failed: set[CellKey]
    errors: Counter[str]
    order: tuple[Block, ...]
    planned: Counter[str]
    missing: Counter[str]
    untried: int

    def family(self, task: str) -> str:
        """Its family; its own where none is known."""
        return self.families.get(task) or _own(task)

    @property
    def finished(self) -> int:
        """Planned cells that are measured."""
        return self.planned.total() - self.missing.total()

    @property
    def whole(self) -> bool:
        """No cell is missing."""
        return not self.missing.total()

    @property
    def looked(self) -> bool:
        """Someone may have looked before the end, so that only an always-valid method will do.

        If each cell was measured or tried, nobody chose, on results, to stop where it stands.
        """
        return self.untried > 0 or bool(self.frozen.grown) or self.frozen.stop_early

    @property
    def clustered(self) -> bool:
        """Some tasks share a family."""
        return len(set(self.families.values())) < len(self.families)

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the baseline is compared with; neither its second run nor parts of an ablation."""
        out = self.frozen.baseline, *self.frozen.ablation
        return tuple(v for v in self.columns if v not in out and not v.endswith(AGAIN))


def table(
    records: Iterable[Record], fingerprint: Fingerprint, failures: Iterable[Failure] = ()
) -> Table:
    """The records in columns.

    Args:
        records: In any order; read once.
        fingerprint: Of the experiment.
        failures: Its infrastructure errors.

    Raises:
        LabError: A record is of a variant or task that the experiment does not have.
    """
    columns = {name: Column() for name in fingerprint.variants}
    told = fingerprint.families
    families = {task: told.get(task) or _own(task) for task in (fingerprint.tasks if told else ())}
    for record in records:
        if record.variant not in columns or record.task not in fingerprint.tasks:
            raise LabError(
                f"The record has a cell ({record.task}, {record.variant}) that the experiment "
                f"'{fingerprint.name}' does not have.",
                "cells.jsonl and experiment.json of two runs are mixed: name a folder of one run.",
            )
        families[record.task] = record.family or _own(record.task)
        _take(columns[record.variant], record)
    errors: Counter[str] = Counter()
    failed: set[CellKey] = set()
    for failure in failures:
        errors[failure.variant] += 1
        if failure.variant in columns:
            failed.add(failure.key)
    measured = {(task, name, k) for name, c in columns.items() for task, k in c.cells}
    cells = planned(fingerprint)
    missing = cells - measured
    return Table(
        frozen=fingerprint,
        columns=columns,
        families=families,
        failed=failed & missing,
        errors=errors,
        order=tuple((slot.task, slot.trial) for slot in schedule(fingerprint)),
        planned=Counter(variant for _, variant, _ in cells),
        missing=Counter(variant for _, variant, _ in missing),
        untried=len(missing - failed),
    )


def _own(task: str) -> str:
    """The family of a task of its own: no name of a family begins so."""
    return f"\0{task}"


def _take(column: Column, record: Record) -> None:
    usage, draft = record.usage, record.draft
    column.cells[record.task, record.trial] = Cell(
        record.passed,
        record.position,
        record.place,
        usage.tokens,
        usage.money,
        record.model_seconds,
    )
    column.sums.update(
        passed=int(record.passed),
        calls=usage.calls,
        drafts=len(record.drafts),
        repairs=sum(d.origin == "repair" for d in record.drafts),
        replaced=int(draft is not None and draft is not record.drafts[0]),
        replayed=record.replayed,
        timeouts=int(draft is not None and draft.verdict == "timeout"),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
    )
    column.seconds += record.seconds
    column.model_seconds += record.model_seconds
    if usage.money is None or column.money is None:
        column.money = None
    else:
        column.money += usage.money
