"""Cells of a search: each wording on each task once, kept on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from triptych.blocking import blocking
from triptych.errors import LabError
from triptych.lab.experiment.live import LiveVariant, Resolved
from triptych.lab.folder import RecordWriter, records_in
from triptych.lab.grading.grade import Grader
from triptych.lab.measuring.local import local_engine
from triptych.lab.measuring.run import MOST_ATTEMPTS
from triptych.lab.measuring.schedule import Block
from triptych.lab.records import Failure, Record
from triptych.lab.tasks.task import LabTask
from triptych.prompts import Template
from triptych.state import Stage

OnCell = Callable[[Record | Failure], None]


class Cells:
    """Runs wordings of one stage's prompt on tasks; what was run before is not run again.

    Args:
        resolved: The variant to change, and the tasks that may be used; no others are run.
        stage: Whose prompt is exchanged.
        out: A folder for the cells and the memory of calls.
        grader: Holds drafts against hidden checks; None: in the sandbox.
        on_cell: Called with each cell that is run.
    """

    def __init__(
        self,
        resolved: Resolved,
        stage: Stage,
        out: Path,
        *,
        grader: Grader | None = None,
        on_cell: OnCell = lambda item: None,
    ) -> None:
        self._resolved, self._stage, self._out = resolved, stage, out
        self._grader, self._on_cell = grader, on_cell
        self._allowed = {task.id: task for task in resolved.tasks.tasks}
        with RecordWriter(out):  # drops a torn last line
            self._records = {record.key: record for record in records_in(out)}

    def __len__(self) -> int:
        return len(self._records)

    def run(self, template: Template, tasks: Sequence[LabTask]) -> list[Record]:
        """The records of one wording on the tasks, in their order.

        Raises:
            LabError: A task is none that may be searched on, or a cell cannot be measured.
        """
        for task in tasks:
            if self._allowed.get(task.id) != task:
                raise LabError(
                    f"The task '{task.id}' is none that this search may use.",
                    "Report it: held-out tasks must not be searched on.",
                )
        name = name_of(template)
        for _ in range(MOST_ATTEMPTS):
            # By id: GEPA fills up its last batch with tasks that are in it already.
            left = {task.id: task for task in tasks if (task.id, name, 0) not in self._records}
            failures = blocking(self._measure(template, name, [*left.values()])) if left else []
        if failures:
            raise LabError(
                f"A cell of the search could not be measured: {failures[-1].error}",
                "Once that is mended, the same command goes on.",
            )
        return [self._records[task.id, name, 0] for task in tasks]

    async def _measure(
        self, template: Template, name: str, tasks: Sequence[LabTask]
    ) -> list[Failure]:
        failures = []
        (base,) = self._resolved.variants
        variant = replace(base, name=name, templates={**base.templates, self._stage: template})
        # The memory of calls belongs to the thread that opens it.
        with RecordWriter(self._out) as writer:
            async with local_engine(self._resolved, self._out, self._grader) as engine:
                async for item in engine.run(_blocks(tasks, variant)):
                    if isinstance(item, Failure):
                        writer.append_failure(item)
                        failures.append(item)
                    else:
                        writer.append(item)
                        self._records[item.key] = item
                    self._on_cell(item)
        return failures


def name_of(template: Template) -> str:
    """What the record calls a wording: by its text, so that it is run once however often it is
    proposed.
    """
    return f"wording-{hashlib.sha256(template.text.encode()).hexdigest()[:12]}"


def _blocks(tasks: Sequence[LabTask], variant: LiveVariant) -> Iterator[Block]:
    for position, task in enumerate(tasks):
        yield Block(position, task, 0, (variant,), (0,))
