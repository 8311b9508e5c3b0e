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
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

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


def answered(
    attempt: Callable[[], T],
    policy: Policy,
    *,
    notify: Callable[[Retry], object] = lambda retry: None,
    admit: Callable[[], object] | None = None,
    mend: Callable[[ModelError], object] | None = None,
    timing: Timing | None = None,
) -> T:
    """What an attempt returns in the end, however late it failed before: nobody saw a part of it.

    Args:
        attempt: Makes one attempt.
        policy: How often and how long.
        notify: Called before each wait; `callbacks` makes one for LangChain.
        admit: Called before each attempt but the first, to wait for a rate limiter.
        mend: Given a failure first. It returns when it has set right what failed, and the next
            attempt follows at once; else it raises.
        timing: Clock, sleep and chance; only tests give one.

    Raises:
        ModelError: The last failure, with `attempts`; at once if it may not be tried again.
        BaseException: Anything else, at once.
    """
    course = _course(policy, timing)
    while True:
        try:
            return attempt()
        except ModelError as error:
            failure = error
        _make_way(course, failure, notify, admit, mend)


async def aanswered(
    attempt: Callable[[], Awaitable[T]],
    policy: Policy,
    *,
    notify: Callable[[Retry], Awaitable[object]] | None = None,
    admit: Callable[[], Awaitable[object]] | None = None,
    mend: Callable[[ModelError], Awaitable[object]] | None = None,
    timing: Timing | None = None,
) -> T:
    """`answered` for asyncio; all that is given is awaited."""
    course = _course(policy, timing)
    while True:
        try:
            return await attempt()
        except ModelError as error:
            failure = error
        await _amake_way(course, failure, notify, admit, mend)


def retrying(
    open: Callable[[], Generator[T, None, None]],
    policy: Policy,
    *,
    notify: Callable[[Retry], object] = lambda retry: None,
    admit: Callable[[], object] | None = None,
    mend: Callable[[ModelError], object] | None = None,
    timing: Timing | None = None,
) -> Generator[T, None, None]:
    """The items of a stream that is opened again when it fails before its first item.

    Args:
        open: Opens the stream: one attempt. It is closed whatever happens.
        policy: As `answered` takes it, like all that follows.
        notify: As there.
        admit: As there.
        mend: As there.
        timing: As there.

    Raises:
        ModelError: The last failure, with `attempts`; at once if an item has been seen, or if it
            may not be tried again.
        BaseException: Anything else, at once.
    """
    course = _course(policy, timing)
    while True:
        begun = False
        try:
            with closing(open()) as stream:
                for item in stream:
                    begun = True
                    yield item
            return
        except ModelError as error:
            failure = error
        if begun:
            course.over(failure)
        _make_way(course, failure, notify, admit, mend)


async def aretrying(
    open: Callable[[], AsyncGenerator[T, None]],
    policy: Policy,
    *,
    notify: Callable[[Retry], Awaitable[object]] | None = None,
    admit: Callable[[], Awaitable[object]] | None = None,
    mend: Callable[[ModelError], Awaitable[object]] | None = None,
    timing: Timing | None = None,
) -> AsyncGenerator[T, None]:
    """`retrying` for asyncio; all that is given is awaited."""
    course = _course(policy, timing)
    while True:
        begun = False
        try:
            async with aclosing(open()) as stream:
                async for item in stream:
                    begun = True
                    yield item
            return
        except ModelError as error:
            failure = error
        if begun:
            course.over(failure)
        await _amake_way(course, failure, notify, admit, mend)


def _make_way(
    course: _Course,
    failure: ModelError,
    notify: Callable[[Retry], object],
    admit: Callable[[], object] | None,
    mend: Callable[[ModelError], object] | None,
) -> None:
    """Come back when the next attempt may be made; raise the failure if none may."""
    if mend:
        try:
            mend(failure)
        except ModelError as error:
            failure = error
        else:
            return
    retry = course.after(failure)
    notify(retry)
    course.timing.sleep(retry.wait)
    if admit:
        admit()


async def _amake_way(
    course: _Course,
    failure: ModelError,
    notify: Callable[[Retry], Awaitable[object]] | None,
    admit: Callable[[], Awaitable[object]] | None,
    mend: Callable[[ModelError], Awaitable[object]] | None,
) -> None:
    """`_make_way` for asyncio."""
    if mend:
        try:
            await mend(failure)
        except ModelError as error:
            failure = error
        else:
            return
    retry = course.after(failure)
    if notify:
        await notify(retry)
    await course.timing.asleep(retry.wait)
    if admit:
        await admit()


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

    def over(self, error: ModelError) -> NoReturn:
        """End the call with this failure."""
        self.failed += 1
        self._raise(error)

    def _raise(self, error: ModelError) -> NoReturn:
        error.attempts = self.failed
        raise error

    def after(self, error: ModelError) -> Retry:
        """The retry that follows a failure; logs it.

        Raises:
            ModelError: The failure itself, if no retry follows.
        """
        self.failed += 1
        if not error.retryable or self.failed >= self.policy.attempts:
            self._raise(error)
        wait = self.policy.wait(self.failed, error.retry_after, self.timing.draw)
        elapsed = self.timing.clock() - self.began
        if elapsed + wait > self.policy.total:
            self._raise(error)
        retry = Retry(self.failed, error, wait, self.waited, elapsed, self.policy)
        self.waited += wait
        said = "%s Trying again in %.1f s (attempt %d of %d)."
        logger.warning(said, error.message, wait, self.failed + 1, self.policy.attempts)
        return retry


def _course(policy: Policy, timing: Timing | None) -> _Course:
    timing = timing or _REAL
    return _Course(policy, timing, timing.clock())
