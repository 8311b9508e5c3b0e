"""What runs the blocks of an experiment: in this process, or on several machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from triptych.lab.measuring.schedule import Block
from triptych.lab.records import Failure, Record

Put = Callable[[Record | Failure], None]


class Engine(Protocol):
    """Measures blocks. It writes nothing: what it yields is written by whoever asked."""

    def run(self, blocks: Iterator[Block]) -> AsyncIterator[Record | Failure]:
        """Each cell of the blocks, as it ends; the blocks are begun in their order.

        Closing the iterator ends the cells in progress.

        Args:
            blocks: Taken one at a time, when one can begin.
        """
        ...


async def side_by_side(
    blocks: Iterator[Block],
    work: Callable[[Block, Put], Awaitable[None]],
    most: int,
    gate: AbstractAsyncContextManager[object],
) -> AsyncIterator[Record | Failure]:
    """Work through blocks, several at once, and give what comes of them as it comes.

    Args:
        blocks: Taken one at a time, inside the gate.
        work: Does one block and puts its cells.
        most: Blocks at once.
        gate: Entered for each block, by as many at once.
    """
    ended: asyncio.Queue[Record | Failure | None] = asyncio.Queue()

    async def worker() -> None:
        while True:
            async with gate:
                block = next(blocks, None)
                if block is None:
                    return
                await work(block, ended.put_nowait)

    workers = [asyncio.create_task(worker()) for _ in range(most)]
    everyone = asyncio.gather(*workers)
    everyone.add_done_callback(lambda _: ended.put_nowait(None))
    try:
        while (item := await ended.get()) is not None:
            yield item
        await everyone
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, everyone, return_exceptions=True)
