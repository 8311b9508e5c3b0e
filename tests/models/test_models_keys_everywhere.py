"""A marked key through every path, error and log: it goes out in one header and is found nowhere.

`Leaks` collects what a program could write down: logs of all loggers at DEBUG, warnings, what
callbacks and tracers are given, errors with their tracebacks and their frames' variables.
"""

import asyncio
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from faulty import FAULTS, call, closed_port
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd, dumps
from langchain_core.tracers.base import BaseTracer

from triptych.errors import ModelError
from triptych.models import ChatNVIDIA, chat_model, retry
from triptych.models.http.transport import Timeouts
from triptych.testing import Reply, ScriptedServer, fault

KEY = "nvapi-MARKED-7"


class Tracer(BaseTracer):
    """What LangSmith would be sent, written down."""

    run_inline = True

    def __init__(self, text):
        super().__init__()
        self._text = text

    def _persist_run(self, run):
        self._text.write(json.dumps(run.dict(), default=repr))


class Witness(BaseCallbackHandler):
    """All that a callback handler is given, written down."""

    run_inline = True

    def __init__(self, text):
        self._text = text

    def __getattribute__(self, name):
        if not name.startswith("on_"):
            return super().__getattribute__(name)
        return lambda *args, **kwargs: self._text.write(f"{name} {args!r} {kwargs!r}\n")


class Leaks:
    """Everything that was said anywhere."""

    def __init__(self):
        self.text = io.StringIO()
        self.callbacks = [Witness(self.text), Tracer(self.text)]

    def hear(self, *things):
        for thing in things:
            self.text.write(f"{thing}\n{thing!r}\n")

    def caught(self, error):
        """An error as it is shown, and with the variables of its frames, but for these tests' own.

        So that a leak names its frame, each is looked at by itself.
        """
        self.hear(error, vars(error), "".join(traceback.format_exception(error)))
        shown = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        for part in filter(None, (error, shown)):
            for frame, line in traceback.walk_tb(part.__traceback__):
                where = frame.f_code.co_filename
                if Path(where).parent != Path(__file__).parent:
                    told = repr(frame.f_locals)
                    assert KEY not in told, f"in a variable of {where}:{line}"
                    self.text.write(told)

    def model(self, model):
        """A model as it is written down."""
        self.hear(model, dumps(model), dumpd(model), model.model_dump(), model.dict())
        self.hear(model._identifying_params, model._get_ls_params(), model._get_llm_string())
        self.hear(model.bind_tools([]), model.bind(stop=["x"]), model.with_config(tags=["a"]))
        self.hear(dumps(model.bind(stop=["x"])))


@pytest.fixture
def leaks(monkeypatch, capfd):
    made = Leaks()
    handler = logging.StreamHandler(made.text)
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield made
    logging.getLogger().removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)
    made.hear(*(w.message for w in warned), *capfd.readouterr())
    assert made.text.getvalue().strip(), "nothing was heard"
    assert KEY not in made.text.getvalue()
    assert "MARKED" not in made.text.getvalue()


@pytest.fixture
def at_once(monkeypatch):
    """Nobody waits between two attempts."""
    timing = retry.Timing

    async def asleep(seconds):
        pass

    monkeypatch.setattr(retry, "Timing", lambda: timing(sleep=lambda seconds: None, asleep=asleep))


def by_argument(url, monkeypatch, **how):
    return ChatNVIDIA(base_url=url, model="scripted", api_key=KEY, **how)


def by_triptych_variable(url, monkeypatch, **how):
    monkeypatch.setenv("TRIPTYCH_API_KEY", KEY)
    return chat_model(base_url=url, model="scripted", **how)


def by_nvidia_variable(url, monkeypatch, **how):
    monkeypatch.setenv("NVIDIA_API_KEY", KEY)  # of another house: not even sent
    return ChatNVIDIA(base_url=url, model="scripted", **how)


GIVEN = [by_argument, by_triptych_variable, by_nvidia_variable]
WAYS = ["invoke", "ainvoke", "stream", "astream", "tools", "structured"]


@contextmanager
def answering(reply):
    with ScriptedServer(lambda request: reply, models=["scripted"], show_keys=True) as server:
        yield server


@pytest.mark.parametrize("given", GIVEN)
def test_a_good_answer_tells_no_key(leaks, monkeypatch, given):
    def script(request):
        if request.get("tools"):
            return Reply(tool_calls=[{"name": "Answer", "arguments": {"number": 42}}])
        return Reply('{"number": 42}')

    with ScriptedServer(script, key=None if given is by_nvidia_variable else KEY) as server:
        model = given(server.base_url, monkeypatch, callbacks=leaks.callbacks)
        leaks.model(model)
        for way in WAYS:
            leaks.hear(call(model, way))
        leaks.model(model)
        leaks.hear(server.requests)
    sent = [entry.headers.get("Authorization") for entry in server.requests]
    assert len(sent) >= len(WAYS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_tells_no_key(leaks, monkeypatch, at_once, name):
    held = Timeouts(first=0.2, between=0.2)
    bad = fault(name, Reply("a b c"))
    with answering(bad) as server:
        for way in ("invoke", "astream"):
            model = by_argument(
                server.base_url,
                monkeypatch,
                callbacks=leaks.callbacks,
                max_retries=1,
                timeout=held if bad.hold else None,
            )
            try:
                leaks.hear(call(model, way))
            except ModelError as error:
                leaks.caught(error)
        if bad.hold:
            bad.hold.set()
        assert {e.headers["Authorization"] for e in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
def test_an_endpoint_that_repeats_the_key_is_told_without_it(
    leaks, monkeypatch, at_once, status, way
):
    said = {"error": {"message": f"Incorrect API key provided: {KEY}", "param": f"Bearer {KEY}"}}
    with answering(Reply(status=status, body=said, headers={"x-request-id": KEY})) as server:
        model = by_argument(server.base_url, monkeypatch, max_retries=1, callbacks=leaks.callbacks)
        with pytest.raises(ModelError, match=r"Incorrect|\*\*\*") as caught:
            call(model, way)
        leaks.caught(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_garbage_that_repeats_the_key_is_told_without_it(leaks, monkeypatch, at_once, way):
    garbage = f"data: {{]oops {KEY}\n\n".encode()
    with answering(Reply("a b c", insert=garbage)) as server:
        model = by_argument(server.base_url, monkeypatch, max_retries=1, callbacks=leaks.callbacks)
        with pytest.raises(ModelError, match=r"oops \*\*\*") as caught:
            call(model, way)
        leaks.caught(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_while_an_answer_is_waited_for_tells_no_key(leaks, monkeypatch, way):
    """The traceback has the frames of the HTTP clients then, with the headers they have sent."""

    def interrupted(request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return fault("slow-headers", Reply("late"), release)

    release = threading.Event()
    with ScriptedServer(interrupted, show_keys=True) as server:
        model = by_argument(server.base_url, monkeypatch, callbacks=leaks.callbacks)
        with pytest.raises(KeyboardInterrupt) as caught:
            call(model, way)
        release.set()
        leaks.caught(caught.value)
        assert {e.headers["Authorization"] for e in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("way", ["invoke", "astream"])
def test_a_hosted_endpoint_that_cannot_be_reached_tells_no_key(leaks, monkeypatch, at_once, way):
    monkeypatch.setenv("NVIDIA_API_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", closed_port().removesuffix("/v1"))
    model = ChatNVIDIA(model="a/b", max_retries=1, callbacks=leaks.callbacks)
    leaks.model(model)
    with pytest.raises(ModelError) as caught:
        call(model, way)
    leaks.caught(caught.value)


def test_a_graph_keeps_no_key_in_its_checkpoints(leaks, monkeypatch, tmp_path):
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from triptych import build_graph
    from triptych.state import Options, Strategy

    async def run(server):
        model = by_argument(server.base_url, monkeypatch, callbacks=leaks.callbacks)
        path = tmp_path / "states.sqlite"
        async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
            graph = build_graph(model, checkpointer=saver)
            strategy = Strategy(plan="never", drafts=1, repairs=0, review="never")
            config = {"configurable": {"thread_id": "1"}}
            request = {"request": "Write a JavaScript function that adds two numbers."}
            leaks.hear(await graph.ainvoke(request, config, context=Options(strategy=strategy)))
            leaks.hear(await graph.aget_state(config))
            leaks.hear([state async for state in graph.aget_state_history(config)])

    with answering(Reply("```javascript\nfunction add(a, b) { return a + b }\n```")) as server:
        asyncio.run(run(server))
        assert server.requests
    files = list(tmp_path.iterdir())
    assert sum(file.stat().st_size for file in files) > 1000
    assert not any(KEY.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_doctor_tells_no_key(leaks, form):
    with ScriptedServer(lambda request: Reply("42"), key=KEY, models=["scripted"]) as server:
        command = [sys.executable, "-c", "from triptych.cli import main; main()", "doctor"]
        told = subprocess.run(
            [*command, "--base-url", server.base_url, "--model", "scripted", *form],
            env={**os.environ, "TRIPTYCH_API_KEY": KEY, "NVIDIA_API_KEY": KEY},
            capture_output=True,
            text=True,
        )
        leaks.hear(told.stdout, told.stderr, server.requests)
    assert "scripted" in told.stdout, told.stderr


def test_the_servers_journal_masks_the_key(leaks):
    with ScriptedServer(["Hello!"], key=KEY) as server:
        ChatNVIDIA(base_url=server.base_url, model="scripted", api_key=KEY).invoke("Hi")
        leaks.hear(server.requests, dict(server.requests[0].headers))
