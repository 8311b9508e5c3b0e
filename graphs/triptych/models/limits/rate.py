"""Requests a minute, shared by all callers of the process and fair to them.

LangChain's `InMemoryRateLimiter` polls ten times a second, serves whoever polls first, and makes
the very first request wait; it cannot be pickled with the model, either. This one gives each caller
its time when it asks: nobody polls and nobody overtakes.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.rate_limiters import BaseRateLimiter

HOSTED_REQUESTS = 40
"""The hosted catalog's free tier allows so many a minute."""
HOSTED_SECONDS = 61.0
"""A second more than a minute: requests do not all take the same time to get there."""


class RateLimiter(BaseRateLimiter):
    """At most `requests` starts within any `seconds`, in the order in which callers asked.

    The first `requests` go at once; a smooth rate would slow the few calls of a short run for
    nothing. A caller that is cancelled while it waits gives its start back.

    Args:
        requests: Starts.
        seconds: The window's length.
        clock: Seconds, monotonic. This and the sleeps are for tests.
        sleep: Blocks for so many seconds.
        asleep: Suspends for so many seconds.

    Example:
        >>> RateLimiter(requests=40, seconds=60).acquire(blocking=False)
        True
    """

    def __init__(
        self,
        *,
        requests: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        asleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.requests = requests
        self.seconds = seconds
        self._clock, self._sleep, self._asleep = clock, sleep, asleep
        self._forget()

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait for this caller's start.

        Args:
            blocking: False to take a start only if there is one now.

        Returns:
            True if the request may start.
        """
        start, wait = self._book(blocking)
        if start is None:
            return False
        if wait > 0:
            try:
                self._sleep(wait)
            except BaseException:
                self._cancel(start)
                raise
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """`acquire` for asyncio."""
        start, wait = self._book(blocking)
        if start is None:
            return False
        if wait > 0:
            try:
                await self._asleep(wait)
            except BaseException:
                self._cancel(start)
                raise
        return True

    def _book(self, blocking: bool) -> tuple[float | None, float]:
        """A start, and the seconds until then; None if there is none now and none is wanted."""
        if self._pid != os.getpid():
            self._forget()
        with self._lock:
            while self._returned:
                start = self._returned.popleft()
                if start in self._starts:
                    self._starts.remove(start)
            now = self._clock()
            start = now
            if self._starts:
                start = max(now, self._starts[-1])  # never before those who asked earlier
            if len(self._starts) >= self.requests:
                start = max(start, self._starts[-self.requests] + self.seconds)
            if start > now and not blocking:
                return None, 0.0
            self._starts.append(start)
            del self._starts[: max(0, self._settled(now) - self.requests)]
            return start, start - now

    def _settled(self, now: float) -> int:
        """How many starts lie in the past; of those only the last `requests` matter."""
        return bisect_right(self._starts, now)

    def _cancel(self, start: float) -> None:
        """Take a start back. Those behind keep theirs; whoever asks next gains the time.

        Without the lock: the garbage collector may close a waiting coroutine anywhere.
        """
        self._returned.append(start)

    def _forget(self) -> None:
        """Begin anew: at first, and in a forked child, whose copy of the lock may be held."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._starts: list[float] = []
        self._returned: deque[float] = deque()

    def __reduce__(self) -> tuple[Any, ...]:
        # A model with a limiter goes to other processes; there it begins with a clean record.
        if self is _hosted:
            return hosted_rate_limiter, ()
        return _made, (type(self), self.requests, self.seconds)


def hosted_rate_limiter() -> RateLimiter:
    """The one limiter of this process for the hosted catalog."""
    return _hosted


def _made(kind: type[RateLimiter], requests: int, seconds: float) -> RateLimiter:
    return kind(requests=requests, seconds=seconds)


_hosted = RateLimiter(requests=HOSTED_REQUESTS, seconds=HOSTED_SECONDS)
