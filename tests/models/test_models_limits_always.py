"""Whatever comes, goes, fails and gives up: the limiter's books stay right."""

import asyncio
import sys
import threading
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from triptych.errors import RateLimitedError, UnavailableError
from triptych.models import limits
from triptych.models.limits.waiting import SyncWaiter


def test_under_a_storm_of_threads_and_tasks_nobody_is_lost_and_the_limit_holds():
    limiter, most = limits.Limiter(3), []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def thread():
        for _ in range(100):
            with limits.Slot(limiter):
                most.append(limiter.running)

    async def tasks():
        async def task():
            for _ in range(25):
                async with limits.Slot(limiter):
                    most.append(limiter.running)
                    await asyncio.sleep(0)

        await asyncio.gather(*[task() for _ in range(8)])

    callers = [threading.Thread(target=thread, daemon=True) for _ in range(6)]
    callers += [threading.Thread(target=lambda: asyncio.run(tasks()), daemon=True)]
    try:
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(60)
    finally:
        sys.setswitchinterval(before)
    assert len(most) == 6 * 100 + 8 * 25
    assert max(most) <= 3
    assert (limiter.running, limiter.waiting) == (0, 0)


class AnyOrder(RuleBasedStateMachine):
    """Whatever comes, goes, fails and gives up: the limiter's books are right."""

    def __init__(self):
        super().__init__()
        self.limiter = limits.Limiter(8)
        self.running, self.queue, self.owner = [], [], 0

    def _settle(self):
        for waiter in [w for w in self.queue if w.epoch is not None]:
            assert waiter is self.queue[0], "somebody was overtaken"
            self.queue.remove(waiter)
            self.running.append((waiter.owner, waiter.epoch))

    @rule()
    def come(self):
        self.owner += 1
        got = self.limiter.enter(self.owner, SyncWaiter)
        if isinstance(got, int):
            assert not self.queue
            self.running.append((self.owner, got))
        else:
            self.queue.append(got)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), error=st.sampled_from([None, RateLimitedError, UnavailableError]))
    def go(self, data, error):
        one = data.draw(st.sampled_from(self.running))
        self.running.remove(one)
        before = self.limiter.limit
        self.limiter.leave(*one, error)
        if error is None:
            assert before <= self.limiter.limit <= before + 1
        elif error is RateLimitedError:
            assert self.limiter.limit in (before, max((len(self.running) + 1) // 2, 1), before // 2)
        else:
            assert self.limiter.limit == before
        self._settle()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def give_up(self, data):
        waiter = data.draw(st.sampled_from(self.queue))
        self.queue.remove(waiter)
        self.limiter.give_up(waiter)
        self._settle()

    @invariant()
    def books_are_right(self):
        limiter = self.limiter
        assert 1 <= limiter.limit <= limiter.most
        assert limiter.running == len(self.running)
        assert limiter.waiting == len(self.queue)
        assert not self.queue or limiter.running >= limiter.limit, "a slot is free and one waits"


TestAnyOrder = AnyOrder.TestCase


@given(st.lists(st.booleans(), max_size=200))
def test_one_after_the_other_the_limit_stays_between_one_and_the_most(outcomes):
    limiter = limits.Limiter(8)
    for good in outcomes:
        with suppress(RateLimitedError), limits.Slot(limiter):
            assert 1 <= limiter.limit <= 8
            if not good:
                raise RateLimitedError("x")
