"""The engine of this process: blocks at once as asyncio tasks, their cells one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from triptych.lab.measuring.cell import Bench, run_cell
from triptych.lab.measuring.engine import Put, side_by_side
from triptych.lab.measuring.pace import Pace
from triptych.lab.measuring.schedule import Block
from triptych.lab.records import Failure, Record


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
