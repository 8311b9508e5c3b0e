"""How many blocks are in progress at once: fewer where the endpoint says that it is too much."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from typing import Self

from triptych.models import limits


class Pace:
    """A gate whose width follows what the model layer has learned from an endpoint's 429s.

    Retries, and halving after a refusal, are the model layer's (`triptych.models.limits`). What is
    done here is only to begin no more blocks than calls can be answered: others would wait, and the
    time they wait would count as theirs.

    Args:
        most: Blocks at once where nothing is refused.
        urls: The endpoints that are asked; the narrowest decides.
    """

    def __init__(self, most: int, urls: Collection[str] = ()) -> None:
        self.most = most
        self.running = 0
        self._urls = tuple(urls)
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def width(self) -> int:
        """Blocks that may be in progress now."""
        return min([self.most, *(max(1, limits.limiter(url).limit) for url in self._urls)])

    async def __aenter__(self) -> Self:
        while self.running >= self.width:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # it was this one's turn: the next one's, then
                raise
        self.running += 1
        return self

    async def __aexit__(self, *error: object) -> None:
        self.running -= 1
        self._wake()

    def _wake(self) -> None:
        free = self.width - self.running
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
