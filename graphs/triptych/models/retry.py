"""Asking again: which failures of a call are tried again, when, and who is told.

A loop of our own, not tenacity's: that one wraps functions, while here a stream must be judged by
whether anybody has seen a part of it. Waits are exponential with full jitter ("Exponential Backoff
And Jitter", AWS Architecture Blog, 2015): callers that failed together do not come back together.
"""

from __future__ import annotations

import logging
import random
import time
from asyncio import sleep as asleep
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from triptych.errors import ModelError

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
Random = Callable[[], float]
"""Gives numbers of [0, 1)."""

logger = logging.getLogger("triptych.models")
logger.addHandler(logging.NullHandler())  # without one, Python prints warnings to stderr


@dataclass(frozen=True)
class Policy:
    """How often and how long a call is tried.

    `attempts` counts the first one. The wait before attempt n+1 is drawn from 0 to `base` times
    2^(n-1) seconds, `cap` at most, and is longer if the endpoint asks for it (Retry-After). No wait
    begins that would end more than `total` seconds after the call began.
    """

    attempts: int = 5
    base: float = 0.5
    cap: float = 30.0
    total: float = 600.0

    def wait(self, failed: int, asked: float | None, draw: Random = random.random) -> float:
        """Seconds to wait after a number of failed attempts.

        Args:
            failed: Attempts so far, 1 or more.
            asked: What the endpoint asks for; waited in full, and a little more, since it tells
                everybody the same.
            draw: Source of chance.
        """
        most = min(self.cap, self.base * 2.0 ** min(failed - 1, 60))
        if asked is None:
            return most * draw()
        return asked + min(most, self.base) * draw()


@dataclass(frozen=True)
class Retry:
    """One retry about to happen: attempt `failed` ended in `error`; `wait` seconds to the next.

    `waited` and `elapsed` are the seconds of waiting and of all since the call began.
    """

    failed: int
    error: ModelError
    wait: float
    waited: float
    elapsed: float
    policy: Policy

    def state(self) -> RetryCallState:
        """The same as tenacity's state object, which LangChain's ``on_retry`` is given."""
        import tenacity

        retrying = tenacity.Retrying(stop=tenacity.stop_after_attempt(self.policy.attempts))
        made = tenacity.RetryCallState(retrying, None, (), {})
        made.start_time -= self.elapsed
        made.attempt_number = self.failed
        made.set_exception((type(self.error), self.error, self.error.__traceback__))
        made.idle_for = self.waited
        made.upcoming_sleep = self.wait
        made.next_action = tenacity.RetryAction(self.wait)
        return made


def retrying(
    open: Callable[[], Generator[T, None, None]],
    policy: Policy,
    *,
    whole: bool,
    notify: Callable[[Retry], object] = lambda retry: None,
    admit: Callable[[], object] | None = None,
    mend: Callable[[ModelError], object] | None = None,
    timing: Timing | None = None,
) -> Generator[T, None, None]:
    """The items of a stream that is opened again when it fails in a way that may pass.

    Args:
        open: Opens the stream: one attempt. It is closed whatever happens.
        policy: How often and how long.
        whole: True if nobody sees items before the end: then a stream that breaks late is tried
            again as well, and all items come at the end. Else only one that breaks before its
            first item is.
        notify: Called before each wait; `callbacks` makes one for LangChain.
        admit: Called before each attempt but the first, to wait for a rate limiter.
        mend: Given a failure that nobody saw a part of an answer before. It returns when it has
            set right what failed, and the stream is opened again at once; else it raises.
        timing: Clock, sleep and chance; only tests give one.

    Raises:
        ModelError: The last failure, with `attempts`; at once if it may not be tried again.
        BaseException: Anything else, at once.
    """
    timing = timing or _REAL
    course = _Course(policy, timing, timing.clock())
    while True:
        items: list[T] = []
        begun = False
        try:
            with closing(open()) as stream:
                for item in stream:
                    if whole:
                        items.append(item)
                    else:
                        begun = True
                        yield item
        except ModelError as error:
            failure = error
        else:
            break
        if mend and not begun:
            try:
                mend(failure)
                continue
            except ModelError as other:
                failure = other
        retry = course.after(failure, begun)
        if retry is None:
            raise failure
        notify(retry)
        timing.sleep(retry.wait)
        if admit:
            admit()
    yield from items


async def aretrying(
    open: Callable[[], AsyncGenerator[T, None]],
    policy: Policy,
    *,
    whole: bool,
    notify: Callable[[Retry], Awaitable[object]] | None = None,
    admit: Callable[[], Awaitable[object]] | None = None,
    mend: Callable[[ModelError], Awaitable[object]] | None = None,
    timing: Timing | None = None,
) -> AsyncGenerator[T, None]:
    """`retrying` for asyncio; `notify`, `admit` and `mend` are awaited."""
    timing = timing or _REAL
    course = _Course(policy, timing, timing.clock())
    while True:
        items: list[T] = []
        begun = False
        try:
            async with aclosing(open()) as stream:
                async for item in stream:
                    if whole:
                        items.append(item)
                    else:
                        begun = True
                        yield item
        except ModelError as error:
            failure = error
        else:
            break
        if mend and not begun:
            try:
                await mend(failure)
                continue
            except ModelError as other:
                failure = other
        retry = course.after(failure, begun)
        if retry is None:
            raise failure
        if notify:
            await notify(retry)
        await timing.asleep(retry.wait)
        if admit:
            await admit()
    for item in items:
        yield item


def callbacks(run_manager: Any) -> Callable[[Retry], None]:
    """A `notify` that tells LangChain's callback handlers; `run_manager` may be None."""

    def notify(retry: Retry) -> None:
        if run_manager is not None and run_manager.handlers:
            run_manager.on_retry(retry.state())

    return notify


def acallbacks(run_manager: Any) -> Callable[[Retry], Awaitable[None]]:
    """`callbacks` for an async run manager."""

    async def notify(retry: Retry) -> None:
        if run_manager is not None and run_manager.handlers:
            await run_manager.on_retry(retry.state())

    return notify


@dataclass(frozen=True)
class Timing:
    """Clock (seconds, monotonic), sleep and chance."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    asleep: Callable[[float], Awaitable[object]] = asleep
    draw: Random = random.random


_REAL = Timing()


@dataclass(slots=True)
class _Course:
    """What has become of one call so far; decides about each failure."""

    policy: Policy
    timing: Timing
    began: float
    failed: int = 0
    waited: float = 0.0

    def after(self, error: ModelError, begun: bool) -> Retry | None:
        """The retry that follows a failure, logged; None if the failure is the call's last."""
        self.failed += 1
        wait = self.policy.wait(self.failed, error.retry_after, self.timing.draw)
        elapsed = self.timing.clock() - self.began
        last = self.failed >= self.policy.attempts or elapsed + wait > self.policy.total
        if begun or last or not error.retryable:
            error.attempts = self.failed
            return None
        retry = Retry(self.failed, error, wait, self.waited, elapsed, self.policy)
        self.waited += wait
        said = "%s Trying again in %.1f s (attempt %d of %d)."
        logger.warning(said, error.message, wait, self.failed + 1, self.policy.attempts)
        return retry
