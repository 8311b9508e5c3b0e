"""An experiment: every task by every arm, side by side, into one record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from langchain_core.caches import InMemoryCache
from langchain_core.language_models import BaseChatModel

from triptych.errors import LabError
from triptych.lab.arms import ARMS, Arm
from triptych.lab.cell import Bench, run_cell
from triptych.lab.grade import bare_interpreter
from triptych.lab.records import Record, RecordFile, differences, finished
from triptych.lab.settings import settings, versions
from triptych.lab.tasks import LabTask, TaskSet
from triptych.sandbox import open_sandbox

OnRecord = Callable[[Record], None]

GIVE_UP = 5
"""So many cells in a row without a measurement mean that the endpoint or the machine is broken."""


class Experiment:
    """A task set, a model and the arms to compare.

    Args:
        tasks: The problems.
        model: One model object for all arms.
        arms: What is compared.
    """

    def __init__(self, tasks: TaskSet, model: BaseChatModel, arms: Sequence[Arm] = ARMS) -> None:
        self.tasks, self.arms = tasks, tuple(arms)
        self._model = model
        self.settings = settings(tasks, model, arms)

    def left(self, records: Sequence[Record]) -> list[list[tuple[LabTask, Arm]]]:
        """The cells that are not measured yet, one list a task.

        The arms of a task run one after the other, so that they meet the same machine; which goes
        first alternates, because the second finds the prompt in the server's cache.
        """
        done = finished(list(records))
        out = []
        for index, task in enumerate(self.tasks.tasks):
            arms = self.arms if index % 2 == 0 else self.arms[::-1]
            cells = [(task, arm) for arm in arms if (task.id, arm.name) not in done]
            if cells:
                out.append(cells)
        return out

    async def run(
        self, file: RecordFile, *, at_once: int = 2, on_record: OnRecord = lambda record: None
    ) -> None:
        """Measure what the record does not hold yet. Cancelling loses only the cells in progress.

        Args:
            file: Where the cells are kept; one with other settings is refused.
            at_once: Tasks in progress at the same time.
            on_record: Called with each new record once it is on the disk.

        Raises:
            LabError: the record was made with other settings, it says which; or `GIVE_UP` cells
                in a row failed.
            SandboxError: there is no sandbox on this machine.
        """
        self._refuse_others(file.records)
        sandbox = open_sandbox("bwrap")
        python = await asyncio.to_thread(bare_interpreter)
        bench = Bench(self._model, sandbox, python, self.settings, versions(self.tasks))
        places = asyncio.Semaphore(at_once)

        failures = 0

        async def try_task(cells: list[tuple[LabTask, Arm]]) -> None:
            nonlocal failures
            async with places:
                alone = replace(bench, model=sharing(bench.model))
                for task, arm in cells:
                    record = compared(await run_cell(alone, task, arm), file.records)
                    file.append(record)
                    on_record(record)
                    failures = failures + 1 if record.error else 0
                    if failures == GIVE_UP:
                        raise LabError(
                            f"{GIVE_UP} cells in a row could not be measured: {record.error}",
                            "Once that is mended, the same command goes on.",
                        )

        try:
            async with asyncio.TaskGroup() as group:
                for cells in self.left(file.records):
                    group.create_task(try_task(cells))
        except ExceptionGroup as several:
            # A single cause is raised as itself: who calls asks for a LabError.
            raise several.exceptions[0] from None

    def _refuse_others(self, records: Sequence[Record]) -> None:
        for record in records:
            if changed := differences(record.settings, self.settings):
                raise LabError(
                    "This record was made with other settings: " + "; ".join(changed) + ".",
                    "Put them back, or name another --out.",
                )


def sharing(model: BaseChatModel) -> BaseChatModel:
    """The model with a memory of its own for one task: a call that both arms make is made once.

    The first draft is the same call in both. Made twice, it would sometimes differ (a server that
    answers others at the same time rounds differently), and that noise would be taken for an
    effect of the strategy. Its tokens count in each arm.
    """
    return model.model_copy(update={"cache": InMemoryCache()})


def compared(record: Record, before: Sequence[Record]) -> Record:
    """The record, saying whether its first draft equals that of the other arm's earlier run.

    It does, by `sharing`, unless the experiment was interrupted between the two.
    """
    other = next((r for r in reversed(before) if r.task == record.task and not r.error), None)
    if other is None or record.error:
        return record
    same = record.first_words is not None and record.first_words == other.first_words
    return record.model_copy(update={"same_first_draft": same})
