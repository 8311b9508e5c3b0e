"""Waiting, inside the server's loop, for events that tests set from other threads."""

from __future__ import annotations

import asyncio
import threading

_POLL = 0.005  # seconds between two looks


class Holds:
    """One look-out for each event, however many answers wait for it.

    A thread for each waiting answer would not scale, and neither would a timer for each.
    """

    def __init__(self) -> None:
        self._looking: dict[threading.Event, asyncio.Task[None]] = {}
        self._waiting: dict[threading.Event, int] = {}

    async def wait(self, event: threading.Event) -> None:
        """Return when the event is set."""
        if event.is_set():
            return
        if event not in self._looking:
            self._looking[event] = asyncio.create_task(_look(event))
        self._waiting[event] = self._waiting.get(event, 0) + 1
        try:
            await asyncio.shield(self._looking[event])
        finally:
            self._waiting[event] -= 1
            if not self._waiting[event]:
                del self._waiting[event]
                self._looking.pop(event).cancel()


async def _look(event: threading.Event) -> None:
    # A threading.Event, so that tests without a loop can set it.
    while not event.is_set():  # noqa: ASYNC110
        await asyncio.sleep(_POLL)
