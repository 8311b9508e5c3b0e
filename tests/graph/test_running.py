"""`run` and `arun`: progress, questions, interruption, and code that already has an event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest
from graph_kit import APPROVE, BAD, GOOD, GREET, GREETING, PLAN

from triptych import Strategy, arun, run
from triptych.blocking import blocking
from triptych.running import Run
from triptych.testing import Reply

HOW = Strategy(plan="always", drafts=1, repairs=0, review="advise")


def test_progress_and_tokens_are_told_as_they_come(scripted: Any) -> None:
    model, _ = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    kinds, tokens = [], []
    outcome = run(
        GREET,
        model=model,
        strategy=HOW,
        on_event=lambda event: kinds.append(event.type),
        on_token=lambda node, text: tokens.append((node, text)),
    )
    assert outcome.status == "approved"
    assert kinds[0] == "started"
    assert kinds[-1] == "decided"
    assert "".join(text for node, text in tokens if node == "draft") == GREETING


@pytest.mark.parametrize("answers_later", [False, True])
async def test_questions_are_answered_by_the_caller(scripted: Any, answers_later: bool) -> None:
    model, stages = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    asked = []

    def answer(question: dict[str, Any]) -> bool:
        asked.append(question["ask"])
        return True

    async def later(question: dict[str, Any]) -> bool:
        return answer(question)

    outcome = await arun(
        GREET, model=model, strategy=HOW, answer=later if answers_later else answer
    )
    assert asked == ["approve_plan", "accept_patch"]
    assert outcome.status == "approved"
    assert stages.asked == ["plan", "code", "review"]


async def test_run_works_where_an_event_loop_runs_already(scripted: Any) -> None:
    model, _ = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    assert run(GREET, model=model, strategy=HOW).status == "approved"


async def test_cancelling_closes_the_models_request(scripted: Any) -> None:
    held = threading.Event()
    reply = Reply(GOOD, hold=held)
    model, _ = scripted(code=reply)
    started = asyncio.Event()
    once = HOW.model_copy(update={"plan": "never"})
    task = asyncio.create_task(
        arun(GREET, model=model, strategy=once, on_token=lambda *_: started.set())
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(reply.closed.wait, 10)
    held.set()


async def test_an_interrupted_run_still_has_its_best_so_far(scripted: Any) -> None:
    held = threading.Event()
    model, _ = scripted(code=[BAD, Reply(GOOD, hold=held)])
    second = asyncio.Event()

    def see(event: Any) -> None:
        if event.type == "drafting" and event.draft == 1:
            second.set()

    strategy = Strategy(plan="never", drafts=2, repairs=0, review="never", edit_format="whole")
    request = "Write add(a, b).\n>>> add(1, 2)\n3\n"
    current = Run(request, model=model, strategy=strategy, on_event=see)
    task = asyncio.create_task(current.go())
    await second.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held.set()
    outcome = current.so_far("aborted", "interrupted")
    assert (outcome.status, outcome.best) == ("aborted", 0)
    assert "a - b" in outcome.code
    assert outcome.evidence.failures


async def test_evidence_that_had_come_in_counts_in_what_is_kept(scripted: Any) -> None:
    from triptych.events import Checked, Drafted
    from triptych.state import CheckResult, Draft, Evidence, to_json

    current = Run(GREET, model=scripted(code=BAD)[0])
    for id, status in ((0, "failed"), (1, "passed")):
        made = Draft(id=id, origin="wave", files={"a.py": f"{id}"})
        result = CheckResult(kind="example", name="f(1)", status=status)
        current._see(to_json(Drafted(draft=made)))
        current._see(to_json(Checked(draft=id, evidence=Evidence(results=[result]))))
    assert current.so_far("aborted", "interrupted").best == 1


async def test_an_error_after_a_draft_keeps_the_draft(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triptych import nodes
    from triptych.errors import SandboxError

    async def broken(*args: Any, **more: Any) -> None:
        raise SandboxError("The disk is full.", "Make room.")

    monkeypatch.setattr(nodes, "verify", broken)
    outcome = await arun(GREET, model=scripted(plan=PLAN, code=GREETING)[0], strategy=HOW)
    assert (outcome.status, outcome.best) == ("needs-work", 0)
    assert "disk is full" in outcome.reason


def test_ctrl_c_returns_the_best_so_far_as_aborted(scripted_server: Any) -> None:
    held = threading.Event()
    with_code = Reply(GREETING, hold=held)
    server = scripted_server([with_code])
    program = textwrap.dedent(
        f"""
        from triptych import Strategy, chat_model, run
        model = chat_model(base_url={server.base_url!r}, model="scripted")
        how = Strategy(plan="never", drafts=1, repairs=0, review="never")
        outcome = run({GREET!r}, model=model, strategy=how)
        print(outcome.status, outcome.reason)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert server.started.wait(60)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    held.set()
    assert out.strip() == "aborted interrupted"
    assert process.returncode == 0


def test_blocking_hands_on_results_errors_and_context() -> None:
    from contextvars import ContextVar

    name: ContextVar[str] = ContextVar("name", default="nobody")
    name.set("somebody")

    async def read() -> str:
        return name.get()

    async def fail() -> None:
        raise ZeroDivisionError

    assert blocking(read()) == "somebody"
    with pytest.raises(ZeroDivisionError):
        blocking(fail())


def test_importing_triptych_loads_no_framework() -> None:
    heavy = ("pydantic", "langchain_core", "langgraph", "aiohttp", "xllamacpp", "rich")
    program = f"import sys, triptych; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
