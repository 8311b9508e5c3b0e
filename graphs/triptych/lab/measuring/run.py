"""Measuring an experiment: what its folder does not hold yet, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, cast

from triptych.blocking import blocking
from triptych.errors import LabError
from triptych.lab.experiment.fingerprint import versions
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.width import at_once
from triptych.lab.folder import RecordWriter, RunFolder, records_in
from triptych.lab.frozen import Fingerprint
from triptych.lab.grading.grade import Grader
from triptych.lab.measuring.engine import Engine
from triptych.lab.measuring.estimate import Estimate
from triptych.lab.measuring.local import local_engine
from triptych.lab.measuring.prepare import prepare
from triptych.lab.measuring.schedule import Block, blocks
from triptych.lab.records import Failure, Record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

OnRecord = Callable[[Record | Failure], None]

GIVE_UP = 5
"""So many blocks in a row without a measurement mean that the endpoint or the machine is broken.

Not cells: the variants of one block run one after another, and one bad task may fail them all."""

MOST_ATTEMPTS = 3
"""Of one cell, in one session of measuring."""


def measure(
    resolved: Resolved,
    out: Path,
    *,
    cluster: str | None = None,
    on_record: OnRecord = lambda item: None,
    grader: Grader | None = None,
) -> RunFolder:
    """`ameasure`, for scripts and notebooks. Ctrl-C loses only the cells in progress."""
    return blocking(ameasure(resolved, out, cluster=cluster, on_record=on_record, grader=grader))


async def ameasure(
    resolved: Resolved,
    out: Path,
    *,
    cluster: str | None = None,
    on_record: OnRecord = lambda item: None,
    grader: Grader | None = None,
) -> RunFolder:
    """Measure the cells of an experiment that its folder does not hold yet.

    Ended at any point, by a signal or a power cut, it is gone on with by the same call: a cell is
    in the folder once, whole, or it is not there. A cell that the infrastructure failed is tried
    again, at most `MOST_ATTEMPTS` times a session; one that stays unmeasured is missing.

    Args:
        resolved: The experiment.
        out: The folder of its run.
        cluster: A Dask scheduler's address, or ``local:N`` for N processes of this machine; None:
            in this process.
        on_record: Called with each cell once it is on the disk, and with each failed attempt.
        grader: Holds drafts against hidden checks; None: in the sandbox.

    Returns:
        The folder, to be read.

    Raises:
        LabError: The folder was made with something else, and it says what differs; another process
            writes there; or cells of `GIVE_UP` tasks in a row failed.
        SandboxError: There is no sandbox on this machine.

    Example:
        >>> run = await ameasure(resolve(experiment), Path("out"))  # doctest: +SKIP
    """
    with await asyncio.to_thread(RecordWriter, out) as writer:
        frozen = await asyncio.to_thread(prepare, out, resolved)
        session = await asyncio.to_thread(_Session, resolved, frozen, writer, on_record)
        async with _engine(resolved, out, cluster, grader) as engine:
            await session.measure(engine)
    return RunFolder.open(out)


class _Session:
    """One session of measuring: from a start to an end of the process."""

    def __init__(
        self, resolved: Resolved, frozen: Fingerprint, writer: RecordWriter, on_record: OnRecord
    ) -> None:
        self._resolved, self._frozen, self._writer = resolved, frozen, writer
        self._on_record = on_record
        self._versions: dict[str, str] | None = versions()
        self._in_a_row: set[tuple[str, int]] = set()
        self._estimate = None
        if frozen.stop_early:
            families = {task.id: task.family for task in resolved.tasks.tasks}
            self._estimate = Estimate(frozen, families)
            for record in records_in(writer.path):
                self._estimate.add(record)

    async def measure(self, engine: Engine) -> None:
        """Go through the schedule, and again through what failed, as often as that may be."""
        for attempt in range(MOST_ATTEMPTS):
            self._in_a_row.clear()
            failures = 0
            left = self._until_decided(blocks(self._resolved, self._frozen, self._writer.done))
            items = cast("AsyncGenerator[Record | Failure]", engine.run(left))
            async with aclosing(items):
                async for item in items:
                    self._take(item)
                    failures += isinstance(item, Failure)
                    if len(self._in_a_row) >= GIVE_UP and isinstance(item, Failure):
                        if attempt:
                            return  # the others are measured: these stay missing
                        raise LabError(
                            f"{GIVE_UP} tasks in a row could not be measured: {item.error}",
                            "Once that is mended, the same command goes on.",
                        )
            if not failures:
                return

    def _until_decided(self, left: Iterator[Block]) -> Iterator[Block]:
        for block in left:
            if self._estimate is not None and self._estimate.decided:
                return
            yield block

    def _take(self, item: Record | Failure) -> None:
        attempt = 1 + self._writer.attempts[item.key]
        if isinstance(item, Record):
            self._in_a_row.clear()
            record = item.model_copy(update={"attempt": attempt, "versions": self._versions or {}})
            if not self._writer.append(record):
                return  # computed twice, as a cluster may; it is in the record once
            self._versions = None
            if self._estimate is not None:
                self._estimate.add(record)
            self._on_record(record)
            return
        failure = item.model_copy(update={"attempt": attempt})
        self._writer.append_failure(failure)
        if self._estimate is not None:
            self._estimate.add(failure)
        self._on_record(failure)
        self._in_a_row.add((item.task, item.trial))


def _engine(
    resolved: Resolved, out: Path, cluster: str | None, grader: Grader | None
) -> AbstractAsyncContextManager[Engine]:
    if cluster is None:
        return local_engine(resolved, out, grader)
    from triptych.lab.measuring.cluster import cluster_engine

    return cluster_engine(resolved, cluster, at_once(resolved), grader)
