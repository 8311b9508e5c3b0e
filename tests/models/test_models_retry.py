"""Which failures are tried again, when, and who is told. No test waits: time is virtual."""

import asyncio
from contextlib import aclosing, closing

import pytest
from attempts import Script, Times
from hypothesis import given
from hypothesis import strategies as st

from triptych.errors import (
    AuthenticationError,
    BadRequestError,
    ModelError,
    QuotaError,
    RateLimitedError,
    UnavailableError,
)
from triptych.models import retry
from triptych.models.retry import Policy

BUSY = UnavailableError

pytestmark = pytest.mark.waits


@pytest.fixture(params=["sync", "async"])
def run(request):
    """Both twins: reads a script to its end; gives the items it saw, what it told and the error."""

    def read(script, times, policy=Policy(), whole=False, admit=None, mend=None):  # noqa: B008
        seen, told, error = [], [], None

        async def anotify(one):
            told.append(one)

        async def aadmit():
            admit()

        async def amend(failure):
            mend(failure)

        how = {"policy": policy, "timing": times.timing}

        async def collect():
            how.update(notify=anotify, admit=admit and aadmit, mend=mend and amend)
            if whole:

                async def attempt():
                    return [item async for item in script.aopen()]

                seen.extend(await retry.aanswered(attempt, **how))
            else:
                async for item in retry.aretrying(script.aopen, **how):
                    seen.append(item)

        try:
            if request.param == "async":
                asyncio.run(collect())
            elif whole:
                how.update(notify=told.append, admit=admit, mend=mend)
                seen.extend(retry.answered(lambda: list(script.open()), **how))
            else:
                how.update(notify=told.append, admit=admit, mend=mend)
                for item in retry.retrying(script.open, **how):
                    seen.append(item)
        except ModelError as caught:
            error = caught
        return seen, told, error

    return read


@pytest.fixture(params=[False, True], ids=["stream", "whole"])
def whole(request):
    return request.param


def test_a_stream_that_fails_before_its_first_item_is_opened_again(run):
    script, times = Script([BUSY("1")], [BUSY("2")], ["a", "b"]), Times()
    seen, told, error = run(script, times)
    assert (seen, error) == (["a", "b"], None)
    assert times.slept == [0.5, 1.0]
    assert [(r.failed, str(r.error), r.wait, r.waited) for r in told] == [
        (1, "1", 0.5, 0.0),
        (2, "2", 1.0, 0.5),
    ]
    assert script.opened == script.closed == 3


def test_one_that_breaks_after_its_first_item_raises_at_once_with_the_text_so_far(run):
    script, times = Script(["a", BUSY("broke", partial="a")]), Times()
    seen, told, error = run(script, times)
    assert (seen, told, times.slept) == (["a"], [], [])
    assert (error.partial, error.attempts) == ("a", 1)


def test_where_nobody_saw_the_items_it_is_tried_again_and_they_come_once(run):
    script, times = Script(["a", BUSY("broke", partial="a")], ["a", "b"]), Times()
    seen, told, error = run(script, times, whole=True)
    assert (seen, len(told), error) == (["a", "b"], 1, None)


def test_the_last_failure_is_raised_with_the_number_of_attempts(run):
    script, times = Script([BUSY("down")]), Times()
    _, told, error = run(script, times, Policy(attempts=4))
    assert (script.opened, error.attempts, len(told)) == (4, 4, 3)
    assert "4 attempts" in str(error)


@pytest.mark.parametrize("error", [AuthenticationError("x"), BadRequestError("x"), QuotaError("x")])
def test_what_will_fail_again_is_raised_at_once(run, error):
    script, times = Script([BUSY("x")], [error]), Times()
    _, told, raised = run(script, times)
    assert raised is error
    assert (raised.attempts, len(told)) == (2, 1)


def test_one_error_may_be_marked_against_its_class(run):
    script, times = Script([BUSY("no such host", retryable=False)]), Times()
    error = run(script, times)[-1]
    assert (script.opened, error.attempts) == (1, 1)


def test_the_endpoint_is_left_alone_for_as_long_as_it_asks(run):
    script, times = Script([RateLimitedError("x", retry_after=45.0)], ["a"]), Times(draw=0.0)
    run(script, times)
    assert times.slept == [45.0]  # longer than the cap of our own waits


def test_a_wait_that_would_pass_the_total_is_not_begun(run):
    script, times = Script([RateLimitedError("x", retry_after=601.0)], ["a"]), Times()
    seen, told, error = run(script, times)
    assert (seen, told, times.slept) == ([], [], [])
    assert (error.attempts, error.retry_after) == (1, 601.0)


def test_time_spent_in_the_attempts_counts(run):
    times = Times()
    script = Script([BUSY("slow")], takes=250.0, times=times)
    error = run(script, times, Policy(attempts=99))[-1]
    assert (script.opened, error.attempts) == (3, 3)  # at 250 and 500 s there is time, at 750 none


def test_a_rate_limiter_is_asked_before_each_further_attempt(run):
    asked = []
    script, times = Script([BUSY("x")], [BUSY("x")], ["a"]), Times()
    run(script, times, admit=lambda: asked.append(times.now))
    assert asked == [100.5, 101.5]  # after the wait, not before


def test_what_is_set_right_is_tried_again_at_once_and_counts_for_nothing(run, whole):
    mended, asked = [], []
    script = Script(*[[BUSY("gone")]] * 9, [AuthenticationError("key")], ["a"])
    times, admit = Times(), lambda: asked.append(1)
    seen, told, error = run(script, times, Policy(attempts=1), whole, admit, mended.append)
    assert (seen, error) == (["a"], None)
    assert [str(failure) for failure in mended] == ["gone"] * 9 + ["key"]  # whatever it is
    assert (told, times.slept, asked) == ([], [], [])
    assert script.opened == script.closed == 11


def test_what_cannot_be_set_right_is_tried_again_as_ever(run, whole):
    def mend(failure):
        raise failure

    script, times = Script([BUSY("1")], [BUSY("2")], [BUSY("3")]), Times()
    _, told, error = run(script, times, Policy(attempts=3), whole, mend=mend)
    assert [str(one.error) for one in told] == ["1", "2"]
    assert (times.slept, error.attempts, script.opened) == ([0.5, 1.0], 3, 3)


def test_another_failure_met_in_setting_right_takes_the_place_of_the_first(run, whole):
    fatal = BadRequestError("cannot start")

    def mend(failure):
        raise RateLimitedError("starting", retry_after=7.0) if script.opened == 1 else fatal

    script, times = Script([BUSY("gone")]), Times(draw=0.0)
    _, told, error = run(script, times, Policy(), whole, mend=mend)
    assert ([str(one.error) for one in told], times.slept) == (["starting"], [7.0])
    assert error is fatal
    assert (error.attempts, script.opened) == (2, 2)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, ZeroDivisionError])
def test_what_is_no_model_error_in_setting_right_passes_at_once(run, whole, stop):
    def mend(failure):
        raise stop

    script, times = Script([BUSY("gone")]), Times()
    with pytest.raises(stop):
        run(script, times, Policy(), whole, mend=mend)
    assert (script.opened, times.slept) == (1, [])


def test_nothing_is_set_right_once_an_item_was_seen(run):
    mended = []
    script, times = Script(["a", BUSY("broke")], ["a", "b"]), Times()
    seen, _, error = run(script, times, mend=mended.append)
    assert (seen, str(error), mended, script.opened) == (["a"], "broke", [], 1)


def test_what_nobody_saw_is_set_right_however_late_it_broke(run):
    mended = []
    script, times = Script(["a", BUSY("broke")], ["a", "b"]), Times()
    seen, _, error = run(script, times, whole=True, mend=mended.append)
    assert (seen, error, len(mended), script.opened) == (["a", "b"], None, 1, 2)


@given(
    st.builds(
        Policy,
        attempts=st.integers(1, 12),
        base=st.floats(0, 10),
        cap=st.floats(0, 100),
        total=st.floats(0, 1000),
    ),
    st.lists(st.none() | st.floats(0, 400), min_size=1, max_size=12),
    st.floats(0, 1, exclude_max=True),
)
def test_whatever_fails_how_ever_often_the_policy_is_kept(policy, asked, draw):
    times = Times(draw)
    script = Script(*[[RateLimitedError("x", retry_after=seconds)] for seconds in asked])
    told = []
    with pytest.raises(RateLimitedError) as caught:
        list(retry.retrying(script.open, policy, notify=told.append,
                            timing=times.timing))  # fmt: skip
    assert script.opened == script.closed == caught.value.attempts <= policy.attempts
    assert times.now - 100.0 <= policy.total + 1e-6
    for one in told:
        if one.error.retry_after is None:
            assert 0 <= one.wait <= min(policy.cap, policy.base * 2 ** (one.failed - 1))
        else:
            assert one.error.retry_after <= one.wait <= one.error.retry_after + policy.base


def test_full_jitter_spreads_those_that_failed_together():
    waits = {Policy(base=8.0).wait(1, None) for _ in range(50)}
    assert len(waits) == 50
    assert max(waits) - min(waits) > 2
    assert len({Policy().wait(1, 30.0) for _ in range(50)}) == 50  # told the same, yet apart


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError, MemoryError])
def test_what_is_no_model_error_passes_at_once(run, whole, stop):
    script, times, mended = Script([stop()]), Times(), []
    with pytest.raises(stop):
        run(script, times, Policy(), whole, mend=mended.append)
    assert script.opened == script.closed == 1
    assert (mended, times.slept) == ([], [])


def test_ctrl_c_in_a_wait_ends_the_call():
    def interrupted(seconds):
        raise KeyboardInterrupt

    timing = retry.Timing(sleep=interrupted)
    streamed, answered = Script([BUSY("x")]), Script([BUSY("x")])
    with pytest.raises(KeyboardInterrupt):
        list(retry.retrying(streamed.open, Policy(), timing=timing))
    with pytest.raises(KeyboardInterrupt):
        retry.answered(lambda: list(answered.open()), Policy(), timing=timing)
    assert (streamed.opened, answered.opened) == (1, 1)


def test_leaving_early_closes_the_open_stream():
    script = Script(["a", "b"])
    with closing(retry.retrying(script.open, Policy())) as stream:
        assert next(stream) == "a"
        assert script.closed == 0
    assert script.closed == 1


async def test_leaving_early_closes_the_open_stream_async():
    script = Script(["a", "b"])
    async with aclosing(retry.aretrying(script.aopen, Policy())) as stream:
        assert await anext(stream) == "a"
        assert script.closed == 0
    assert script.closed == 1


async def test_cancelling_a_wait_ends_the_call():
    waiting = asyncio.Event()

    async def forever(seconds):
        waiting.set()
        await asyncio.Event().wait()

    script = Script([BUSY("x")])
    stream = retry.aretrying(script.aopen, Policy(), timing=retry.Timing(asleep=forever))
    task = asyncio.ensure_future(anext(stream))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert script.opened == script.closed == 1
