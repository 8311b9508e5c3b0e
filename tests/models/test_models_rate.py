"""Requests a minute: never more, first come first served. No test waits: time is virtual."""

import asyncio
import copy
import os
import pickle
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.rate_limiters import BaseRateLimiter, InMemoryRateLimiter

from triptych.models.limits import RateLimiter, hosted_rate_limiter


class Times:
    def __init__(self):
        self.now, self.slept = 1000.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds):
        self.sleep(seconds)


def limiter(requests=3, seconds=60.0):
    times = Times()
    made = RateLimiter(
        requests=requests,
        seconds=seconds,
        clock=lambda: times.now,
        sleep=times.sleep,
        asleep=times.asleep,
    )
    return made, times


@pytest.fixture(params=["sync", "async"])
def acquire(request):
    def take(limiter, **how):
        if request.param == "sync":
            return limiter.acquire(**how)
        return asyncio.run(limiter.aacquire(**how))

    return take


def test_it_is_langchains_rate_limiter():
    assert isinstance(hosted_rate_limiter(), BaseRateLimiter)


def test_the_hosted_catalog_gets_forty_a_minute_from_the_whole_process():
    assert hosted_rate_limiter() is hosted_rate_limiter()
    assert hosted_rate_limiter().requests == 40
    assert 60 <= hosted_rate_limiter().seconds <= 62


def test_the_first_ones_go_at_once_and_the_next_when_the_window_has_passed(acquire):
    made, times = limiter()
    for _ in range(3):
        assert acquire(made)
    assert times.slept == []
    times.now += 20
    assert acquire(made)
    assert times.slept == [40.0]


def test_langchains_own_makes_the_very_first_one_wait_and_this_one_does_not(acquire):
    assert not acquire(InMemoryRateLimiter(requests_per_second=40 / 60), blocking=False)
    assert acquire(RateLimiter(requests=40, seconds=60), blocking=False)


def test_one_that_does_not_want_to_wait_is_told_no_and_takes_nothing(acquire):
    made, times = limiter(requests=1)
    assert acquire(made)
    assert not acquire(made, blocking=False)
    times.now += 60
    assert acquire(made, blocking=False)
    assert times.slept == []


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_and_nobody_overtakes(requests, arrivals):
    made, times = limiter(requests)
    starts, given_back = [], []
    for after, cancelled in arrivals:  # they all come before any of them has waited
        times.now += after
        start, wait = made._book(blocking=True)
        assert start == pytest.approx(times.now + wait)
        assert not starts or start >= starts[-1]
        if cancelled and wait > 0:
            made._cancel(start)
            given_back.append(start)
        else:
            starts.append(start)
    for first, last in zip(starts, starts[requests:], strict=False):
        assert last - first >= 60 - 1e-6


def test_a_waiter_that_is_cancelled_gives_its_start_back():
    made, times = limiter(requests=1)
    made.acquire()

    async def scenario():
        waiting = asyncio.Event()

        async def forever(seconds):
            waiting.set()
            await asyncio.Event().wait()

        made._asleep = forever
        task = asyncio.create_task(made.aacquire())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    made.acquire()
    assert times.slept == [60.0]  # not 120: the cancelled one took nothing


def test_ctrl_c_gives_the_start_back():
    made, times = limiter(requests=1)
    made.acquire()

    def interrupted(seconds):
        raise KeyboardInterrupt

    made._sleep = interrupted
    with pytest.raises(KeyboardInterrupt):
        made.acquire()
    made._sleep = times.sleep
    made.acquire()
    assert times.slept == [60.0]


def test_threads_and_tasks_share_the_same_starts():
    made, times = limiter(requests=100)
    slept = []
    made._sleep = slept.append  # the clock stands still: the order of threads does not matter

    async def asleep(seconds):
        slept.append(seconds)

    made._asleep = asleep
    threads = [threading.Thread(target=made.acquire) for _ in range(60)]
    for thread in threads:
        thread.start()

    async def many():
        await asyncio.gather(*[made.aacquire() for _ in range(60)])

    asyncio.run(many())
    for thread in threads:
        thread.join()
    assert slept == [60.0] * 20  # 120 asked, 100 went at once
    assert times.slept == []


def test_it_forgets_what_is_long_past():
    made, times = limiter(requests=3)
    for _ in range(1000):
        made.acquire()
        times.now += 100
    assert len(made._starts) <= 4


@pytest.mark.parametrize(
    "sent", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy, copy.copy]
)
def test_a_copy_of_a_model_shares_the_hosted_limiter(sent):
    assert sent(hosted_rate_limiter()) is hosted_rate_limiter()
    other = sent(RateLimiter(requests=7, seconds=9))
    assert (other.requests, other.seconds) == (7, 9)


def test_a_forked_child_begins_anew():
    made, _ = limiter(requests=1)
    made.acquire()
    made._lock.acquire()  # as if another thread were just in it
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(20)
            os._exit(0 if made.acquire(blocking=False) else 1)
        finally:
            os._exit(1)
    made._lock.release()
    assert os.waitpid(child, 0)[1] == 0
