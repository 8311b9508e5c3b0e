"""The engine of this process: blocks at once as asyncio tasks, their cells one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.width import at_once
from triptych.lab.grading.grade import Grader, bare_interpreter
from triptych.lab.grading.sandboxed import SandboxGrader
from triptych.lab.measuring.calls import CallMemory, sharing
from triptych.lab.measuring.cell import Bench, run_cell
from triptych.lab.measuring.engine import Put, side_by_side
from triptych.lab.measuring.pace import Pace
from triptych.lab.measuring.schedule import Block
from triptych.lab.records import Failure, Record
from triptych.sandbox import open_sandbox


@asynccontextmanager
async def local_engine(
    resolved: Resolved, out: Path, grader: Grader | None = None
) -> AsyncIterator[LocalEngine]:
    """An engine with the memory of calls of a folder.

    Args:
        resolved: The experiment.
        out: The folder.
        grader: Holds drafts against hidden checks; None: in the sandbox.

    Raises:
        SandboxError: There is no sandbox on this machine.
    """
    python = await asyncio.to_thread(bare_interpreter)
    if grader is None:
        grader = SandboxGrader(await asyncio.to_thread(open_sandbox, "bwrap"), python)
    urls = {str(url) for model in resolved.models if (url := getattr(model, "base_url", None))}
    with CallMemory(out / "cache" / "calls.sqlite") as memory:
        recall_for = sharing(memory, resolved.experiment.share_calls)
        bench = Bench(grader, python, recall_for, resolved.experiment.seed)
        yield LocalEngine(bench, Pace(at_once(resolved), urls))


class LocalEngine:
    """Runs blocks in this process.

    Args:
        bench: What all cells share.
        pace: How many blocks at once.
    """

    def __init__(self, bench: Bench, pace: Pace) -> None:
        self._bench, self._pace = bench, pace

    def run(self, blocks: Iterator[Block]) -> AsyncIterator[Record | Failure]:
        """See `Engine`."""
        return side_by_side(blocks, self._work, self._pace.most, self._pace)

    async def _work(self, block: Block, put: Put) -> None:
        # The variants of a block meet the same machine: one after the other.
        for variant, place in zip(block.cells, block.places, strict=True):
            put(await run_cell(self._bench, block, variant, place))
