"""How a caller waits for its turn: a thread on a lock, a task on its own loop's future."""

from __future__ import annotations

import asyncio
import threading
from typing import Protocol


class Waiter(Protocol):
    """A place in a queue. `epoch` is set under the limiter's lock when its turn has come."""

    owner: object
    epoch: int | None

    def __init__(self, owner: object) -> None: ...

    def wake(self) -> bool:
        """Let the waiting caller go on; False if it is gone."""
        ...

    def wait(self) -> None:
        """Block the thread until woken."""
        ...

    async def await_(self) -> None:
        """Suspend the task until woken."""
        ...


class SyncWaiter:
    """A thread's place in a queue."""

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.epoch: int | None = None
        self._woken = threading.Event()

    def wake(self) -> bool:
        """Let the thread go on."""
        self._woken.set()
        return True

    def wait(self) -> None:
        """Block until woken."""
        self._woken.wait()

    async def await_(self) -> None:
        """A thread does not await."""
        raise NotImplementedError


class AsyncWaiter:
    """A task's place in a queue; woken from any thread."""

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.epoch: int | None = None
        self._loop = asyncio.get_running_loop()
        self._woken = self._loop.create_future()

    def wake(self) -> bool:
        """Let the task go on; False if its loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._set)
        except RuntimeError:
            return False
        return True

    def wait(self) -> None:
        """A task does not block."""
        raise NotImplementedError

    async def await_(self) -> None:
        """Suspend until woken."""
        await self._woken

    def _set(self) -> None:
        if not self._woken.done():  # cancelled meanwhile
            self._woken.set_result(None)
