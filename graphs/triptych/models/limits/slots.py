"""How many requests one endpoint gets at once: fair to all callers, and learned from its refusals.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), as in TCP: a 429 halves the limit,
each full round of successes raises it by one. Requests that were under way when the limit was
halved say nothing about the new one: they neither halve nor raise it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from types import TracebackType
from typing import Any, Self

from triptych.errors import RateLimitedError
from triptych.models.faults.places import is_hosted, place
from triptych.models.limits.waiting import AsyncWaiter, SyncWaiter, Waiter

OWN_MOST = 256
"""Requests at once to somebody's own server, which queues by itself (vLLM runs as many)."""
HOSTED_MOST = 16
"""Requests at once to the hosted catalog: 40 a minute of half a minute each are 20 at once."""


class Limiter:
    """The requests at once of one endpoint: first come, first served, across threads and loops.

    A caller that holds a slot already gets another one at once, beyond the limit if need be: else
    a stream whose reader asks the same endpoint would wait for itself.

    Args:
        most: The limit at the start, and the highest that it can be.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        """Requests under way."""
        self._limit = float(most)
        self._epoch = 0
        self._queue: deque[Waiter] = deque()
        self._owners: dict[object, int] = {}
        self._ended: deque[tuple[object, int, type[BaseException] | None]] = deque()
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def limit(self) -> int:
        """Requests that may be under way now, 1 or more."""
        return int(self._limit)

    @property
    def waiting(self) -> int:
        """Callers in the queue."""
        return len(self._queue)

    def enter(self, owner: object, kind: type[Waiter]) -> Waiter | int:
        """Take a slot or a place in the queue.

        Args:
            owner: Who asks: a thread's number or a task.
            kind: How the caller can wait.

        Returns:
            The epoch of the slot; or a waiter that will be woken when it has one.
        """
        got: Waiter | int
        with self._lock:
            if self._ended:  # first: this caller's last request may be among them
                self._account()
            free = self.running < self.limit and not self._queue
            if free or owner in self._owners:
                self._take(owner)
                got = self._epoch
            else:
                got = kind(owner)
                self._queue.append(got)
        if self._ended:
            self._settle()
        return got

    def leave(self, owner: object, epoch: int, error: type[BaseException] | None) -> None:
        """Give a slot back.

        Args:
            owner: As given to `enter`.
            epoch: Of the slot.
            error: How the request ended; None if well.
        """
        self._ended.append((owner, epoch, error))
        self._settle()

    def give_up(self, waiter: Waiter) -> None:
        """A waiter stops waiting; a slot that it was given meanwhile goes to the next."""
        self._ended.append((waiter, 0, None))
        self._settle()

    def _settle(self) -> None:
        """Account for what has ended and let those go on whose turn has come.

        Never waits for the lock: an abandoned stream is closed by the garbage collector, which can
        come in the middle of `enter` on the same thread. Whoever holds the lock settles after it.
        """
        if self._pid != os.getpid():  # taken before a fork: nobody would ever free the lock
            return
        while self._ended and self._lock.acquire(blocking=False):
            try:
                self._account()
            finally:
                self._lock.release()

    def _account(self) -> None:
        while self._ended:
            self._end(*self._ended.popleft())
        self._hand_out()

    def _end(self, owner: Any, epoch: int, error: type[BaseException] | None) -> None:
        if not isinstance(owner, SyncWaiter | AsyncWaiter):
            if epoch == self._epoch:
                self._learn(error)
            self._release(owner)
        elif owner.epoch is not None:
            self._release(owner.owner)
        elif owner in self._queue:  # else it was passed over: its event loop is gone
            self._queue.remove(owner)

    def _learn(self, error: type[BaseException] | None) -> None:
        if error is None:
            self._limit = min(self._limit + 1 / self._limit, self.most)
        elif issubclass(error, RateLimitedError):
            # From what was really under way: halving 256 while 8 run would change nothing.
            self._limit = max(min(self._limit, self.running) // 2, 1.0)
            self._epoch += 1

    def _take(self, owner: object) -> None:
        self.running += 1
        self._owners[owner] = self._owners.get(owner, 0) + 1

    def _release(self, owner: object) -> None:
        self.running -= 1
        left = self._owners[owner] - 1
        if left:
            self._owners[owner] = left
        else:
            del self._owners[owner]

    def _hand_out(self) -> None:
        while self._queue and self.running < self.limit:
            waiter = self._queue.popleft()
            waiter.epoch = self._epoch
            self._take(waiter.owner)
            if not waiter.wake():  # its event loop is gone, and nobody waits any more
                waiter.epoch = None
                self._release(waiter.owner)


class Slot:
    """One request's place at an endpoint, for ``with`` and ``async with``; use it once.

    It learns from how the block ends: `RateLimitedError` halves the endpoint's limit.
    """

    __slots__ = ("_epoch", "_limiter", "_owner")

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._owner: object = None
        self._epoch = 0

    def __enter__(self) -> Self:
        self._owner = threading.get_ident()
        got = self._limiter.enter(self._owner, SyncWaiter)
        self._epoch = got if isinstance(got, int) else self._wait(got)
        return self

    async def __aenter__(self) -> Self:
        self._owner = asyncio.current_task()
        got = self._limiter.enter(self._owner, AsyncWaiter)
        self._epoch = got if isinstance(got, int) else await self._await(got)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._limiter.leave(self._owner, self._epoch, kind)

    async def __aexit__(self, *how: Any) -> None:
        self._limiter.leave(self._owner, self._epoch, how[0])

    def _wait(self, waiter: Waiter) -> int:
        try:
            waiter.wait()
        except BaseException:
            self._limiter.give_up(waiter)
            raise
        return waiter.epoch or 0

    async def _await(self, waiter: Waiter) -> int:
        try:
            await waiter.await_()
        except BaseException:
            self._limiter.give_up(waiter)
            raise
        return waiter.epoch or 0


_limiters: dict[str, Limiter] = {}


def limiter(url: str) -> Limiter:
    """The limiter of an address: one for each host and port in this process."""
    name = place(url)
    found = _limiters.get(name)
    if found is None:
        # setdefault: of two threads that come at once, both get the same one.
        found = _limiters.setdefault(name, Limiter(HOSTED_MOST if is_hosted(url) else OWN_MOST))
    return found


def slot(url: str) -> Slot:
    """A place for one request to an address, once it is this caller's turn.

    Example:
        >>> with slot("http://127.0.0.1:8000/v1"):
        ...     limiter("http://127.0.0.1:8000/v1").running
        1
    """
    return Slot(limiter(url))


# A forked child has none of the requests under way, and its copies of the locks may be held.
os.register_at_fork(after_in_child=_limiters.clear)
