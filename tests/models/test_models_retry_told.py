"""Who is told of a retry: LangChain's handlers and the log."""

import logging
import subprocess
import sys

import pytest
from attempts import Script, Times
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.callbacks.manager import (
    AsyncCallbackManagerForLLMRun,
    CallbackManagerForLLMRun,
)
from tenacity import RetryCallState

from triptych.errors import UnavailableError
from triptych.models import retry
from triptych.models.retry import Policy

BUSY = UnavailableError

pytestmark = pytest.mark.waits


class Sync(BaseCallbackHandler):
    raise_error = True

    def __init__(self):
        self.states = []

    def on_retry(self, retry_state, **kwargs):
        self.states.append(retry_state)


class Async(AsyncCallbackHandler):
    raise_error = True

    def __init__(self):
        self.states = []

    async def on_retry(self, retry_state, **kwargs):
        self.states.append(retry_state)


def manager(kind, handler):
    import uuid

    return kind(
        run_id=uuid.uuid4(), handlers=[handler], inheritable_handlers=[], tags=[], metadata={}
    )


def check(states):
    (state,) = states
    assert isinstance(state, RetryCallState)
    assert state.attempt_number == 1
    assert isinstance(state.outcome.exception(), BUSY)
    assert state.next_action.sleep == state.upcoming_sleep == 0.5
    assert "BUSY" not in repr(state)
    assert "UnavailableError busy" in repr(state)


def test_langchains_handlers_are_told_of_each_retry():
    handler, script = Sync(), Script([BUSY("busy")], ["a"])
    told = retry.callbacks(manager(CallbackManagerForLLMRun, handler))
    list(retry.retrying(script.open, Policy(), notify=told, timing=Times().timing))
    check(handler.states)


async def test_langchains_async_handlers_are_told_of_each_retry():
    handler, script = Async(), Script([BUSY("busy")], ["a"])
    told = retry.acallbacks(manager(AsyncCallbackManagerForLLMRun, handler))
    stream = retry.aretrying(script.aopen, Policy(), notify=told, timing=Times().timing)
    assert [item async for item in stream] == ["a"]
    check(handler.states)


async def test_a_call_without_a_run_manager_is_tried_again_all_the_same():
    script = Script([BUSY("busy")], ["a"])
    assert list(retry.retrying(script.open, Policy(), notify=retry.callbacks(None),
                               timing=Times().timing)) == ["a"]  # fmt: skip
    await retry.acallbacks(None)(None)


def test_each_retry_is_one_line_of_the_log(caplog):
    script = Script([BUSY("here:80 answered 503: busy.")], ["a"])
    with caplog.at_level(logging.INFO, "triptych.models"):
        list(retry.retrying(script.open, Policy(), timing=Times().timing))
    (line,) = caplog.records
    assert line.name == "triptych.models"
    assert line.getMessage() == (
        "here:80 answered 503: busy. Trying again in 0.5 s (attempt 2 of 5)."
    )


def test_nothing_is_printed_where_logging_is_not_set_up():
    code = (
        "from triptych.models import retry\n"
        "from triptych.errors import UnavailableError\n"
        "def open():\n    raise UnavailableError('busy')\n    yield\n"
        "try:\n    list(retry.retrying(open, retry.Policy(base=0)))\n"
        "except UnavailableError as error:\n    print(error.attempts)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("5\n", "")
