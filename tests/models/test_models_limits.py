"""Requests at once: fair, learned from 429s, safe across threads, loops, cancelling and fork."""

import asyncio
import gc
import os
import signal
import threading
from contextlib import suppress

import pytest

from triptych.errors import RateLimitedError, UnavailableError
from triptych.models import limits
from triptych.models.limits.waiting import SyncWaiter

OWN = "http://127.0.0.1:8000/v1/chat/completions"


def until(condition) -> None:
    """Let other threads run until something is so."""
    turn = threading.Event()
    for _ in range(20_000):
        if condition():
            return
        turn.wait(0.0005)
    raise AssertionError("it never came to be so")


async def auntil(condition) -> None:
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to be so")


class Threads:
    """Threads that take a slot, note it and hold it until told otherwise."""

    def __init__(self, limiter):
        self.limiter, self.order, self.free = limiter, [], {}

    def start(self, name):
        self.free[name] = threading.Event()
        waiting = self.limiter.waiting
        thread = threading.Thread(target=self._run, args=(name,), daemon=True)
        thread.start()
        until(lambda: self.limiter.waiting > waiting or name in self.order)
        return thread

    def _run(self, name):
        with limits.Slot(self.limiter):
            self.order.append(name)
            self.free[name].wait(20)


def fail(limiter, error):
    with suppress(type(error)), limits.Slot(limiter):
        raise error


def test_each_endpoint_has_one_limiter_in_the_process():
    assert limits.limiter(OWN) is limits.limiter("http://127.0.0.1:8000/v1/models")
    assert limits.limiter(OWN) is not limits.limiter("http://127.0.0.1:8001/v1")


def test_an_own_server_may_get_many_at_once_and_the_hosted_catalog_few():
    assert limits.limiter(OWN).limit == 256
    assert limits.limiter("https://integrate.api.nvidia.com/v1").limit == 16


def test_no_more_run_at_once_than_the_limit():
    limiter = limits.Limiter(2)
    threads = Threads(limiter)
    started = [threads.start(name) for name in "abc"]
    assert (limiter.running, limiter.waiting, threads.order) == (2, 1, ["a", "b"])
    threads.free["a"].set()
    until(lambda: threads.order == ["a", "b", "c"])
    for name in "bc":
        threads.free[name].set()
    for thread in started:
        thread.join(20)
    assert (limiter.running, limiter.waiting) == (0, 0)


def test_first_come_first_served_whether_thread_or_task_of_any_loop():
    limiter = limits.Limiter(1)
    threads = Threads(limiter)
    threads.start("holder")
    loops = []

    def in_a_loop(name):
        async def one():
            async with limits.Slot(limiter):
                threads.order.append(name)

        waiting = limiter.waiting
        loop = threading.Thread(target=asyncio.run, args=(one(),), daemon=True)
        loop.start()
        until(lambda: limiter.waiting > waiting)
        loops.append(loop)

    in_a_loop("1 task")
    second = threads.start("2 thread")
    in_a_loop("3 task")
    third = threads.start("4 thread")
    for name in ("2 thread", "4 thread", "holder"):
        threads.free[name].set()
    for thread in (*loops, second, third):
        thread.join(20)
    assert threads.order == ["holder", "1 task", "2 thread", "3 task", "4 thread"]
    until(lambda: limiter.running == 0)


async def test_a_waiting_task_does_not_hold_up_its_loop():
    limiter = limits.Limiter(1)
    threads = Threads(limiter)
    threads.start("holder")
    got = asyncio.Event()

    async def wait():
        async with limits.Slot(limiter):
            got.set()

    task = asyncio.create_task(wait())
    await auntil(lambda: limiter.waiting == 1)
    await asyncio.sleep(0)  # the loop turns
    assert not got.is_set()
    threads.free["holder"].set()
    await asyncio.wait_for(task, 20)
    assert got.is_set()


async def test_a_cancelled_waiter_leaves_the_queue():
    limiter = limits.Limiter(1)
    order = []
    go = asyncio.Event()

    async def one(name):
        async with limits.Slot(limiter):
            order.append(name)
            await go.wait()

    tasks = [asyncio.create_task(one(name)) for name in "abc"]
    await auntil(lambda: limiter.waiting == 2)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    assert limiter.waiting == 1
    go.set()
    await asyncio.gather(tasks[0], tasks[2])
    assert order == ["a", "c"]
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_one_cancelled_just_as_its_turn_comes_passes_it_on():
    limiter = limits.Limiter(1)
    order = []

    async def one(name):
        async with limits.Slot(limiter):
            order.append(name)

    holder = limits.Slot(limiter)
    await holder.__aenter__()
    tasks = [asyncio.create_task(one(name)) for name in "ab"]
    await auntil(lambda: limiter.waiting == 2)
    await holder.__aexit__(None, None, None)  # a is woken, and has not run yet
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["b"]
    assert (limiter.running, limiter.waiting) == (0, 0)


def test_ctrl_c_leaves_the_queue(monkeypatch):
    limiter = limits.Limiter(1)
    threads = Threads(limiter)
    holder = threads.start("holder")

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(SyncWaiter, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt), limits.Slot(limiter):
        pass
    assert limiter.waiting == 0
    threads.free["holder"].set()
    holder.join(20)
    assert limiter.running == 0


def test_a_waiter_whose_loop_is_gone_is_passed_over():
    limiter = limits.Limiter(1)
    threads = Threads(limiter)
    threads.start("holder")
    loop = asyncio.new_event_loop()

    async def one():
        async with limits.Slot(limiter):
            raise AssertionError("its loop is closed")

    task = loop.create_task(one())
    loop.run_until_complete(asyncio.sleep(0))
    task._log_destroy_pending = False  # asyncio would print that it was left behind
    assert limiter.waiting == 1
    loop.close()
    last = threads.start("last")
    for name in ("holder", "last"):
        threads.free[name].set()
    last.join(20)
    assert threads.order == ["holder", "last"]
    until(lambda: limiter.running == 0)
    del task
    gc.collect()  # closes the coroutine, which gives up a place that it has no more
    assert (limiter.running, limiter.waiting) == (0, 0)


def test_who_reads_a_stream_may_ask_the_same_endpoint_meanwhile():
    limiter = limits.Limiter(1)
    with limits.Slot(limiter), limits.Slot(limiter):
        assert limiter.running == 2

    async def nested():
        async with limits.Slot(limiter), limits.Slot(limiter):
            assert limiter.running == 2

    asyncio.run(nested())
    assert limiter.running == 0


def test_an_abandoned_stream_gives_its_slot_back_even_in_the_middle_of_another_call():
    limiter = limits.Limiter(1)

    def stream():
        with limits.Slot(limiter):
            yield

    class Asking(SyncWaiter):
        def __init__(self, owner):
            super().__init__(owner)
            abandoned.clear()  # the collector may come while the limiter's lock is held
            gc.collect()

    abandoned = [stream()]
    next(abandoned[0])
    waiter = limiter.enter("another", Asking)
    assert waiter.epoch is not None  # it got the slot: no wake-up is lost
    limiter.leave("another", waiter.epoch, None)
    assert limiter.running == 0


def test_a_429_halves_the_limit_of_what_was_under_way():
    limiter = limits.Limiter(256)
    held = [limits.Slot(limiter) for _ in range(15)]
    for slot in held:
        slot.__enter__()
    fail(limiter, RateLimitedError("x"))
    assert limiter.limit == 8  # of 16 under way
    for slot in held:
        slot.__exit__(None, None, None)
    assert limiter.limit == 8  # they began before: they tell nothing about the new limit


def test_many_429s_of_one_burst_halve_it_once():
    limiter = limits.Limiter(64)
    held = [limits.Slot(limiter) for _ in range(64)]
    for slot in held:
        slot.__enter__()
    for slot in held:
        slot.__exit__(RateLimitedError, RateLimitedError("x"), None)
    assert limiter.limit == 32


@pytest.mark.parametrize("error", [UnavailableError("x"), ValueError("x"), GeneratorExit()])
def test_other_ends_leave_the_limit_as_it_is(error):
    limiter = limits.Limiter(8)
    fail(limiter, error)
    assert limiter.limit == 8


def test_a_full_round_of_successes_raises_it_by_one():
    limiter = limits.Limiter(8)
    held = [limits.Slot(limiter) for _ in range(8)]
    for slot in held:
        slot.__enter__()
    for slot in held:
        slot.__exit__(RateLimitedError, None, None)
    grown = []
    for _ in range(5 + 6 + 7 + 8 + 20):
        with limits.Slot(limiter):
            grown.append(limiter.limit)
    assert grown[0] == 4
    assert limiter.limit == 8
    assert grown == sorted(grown)
    assert grown.count(4) >= 4
    assert grown.count(5) >= 5


def test_a_forked_child_begins_anew(tmp_path):
    url = "http://forked:1/v1"
    limiter = limits.limiter(url)

    def child():
        fresh = limits.limiter(url)
        with limits.slot(url):
            (tmp_path / "said").write_text(f"{fresh is limiter} {fresh.running}")
        held.__exit__(None, None, None)  # the parent's slot: no harm, no hang

    with limits.slot(url) as held:
        limiter._lock.acquire()  # as if another thread were just in it
        try:
            status = in_a_child(child)
        finally:
            limiter._lock.release()
    assert status == 0
    assert (tmp_path / "said").read_text() == "False 1"
    assert limiter.running == 0


def in_a_child(work) -> int:
    """Fork, do the work there, and give the exit status; a hang ends by an alarm."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(20)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]
