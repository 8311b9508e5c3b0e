"""Whole experiments against a scripted model, with the real graph and the real sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lab_kit import ARMS, DRAFTS, SINGLE, make_tasks, number_in, reply

from triptych import chat_model
from triptych.errors import LabError
from triptych.lab import Arm, Experiment, Record, RecordFile, summarise
from triptych.lab.records import read
from triptych.testing import Reply, ScriptedServer

CHILD = Path(__file__).with_name("lab_child.py")


def right(body: dict[str, Any]) -> str:
    n = number_in(body)
    return reply(f"def add{n}(x):\n    return x + {n + 1}")


def second_time_right(body: dict[str, Any]) -> str:
    """Wrong at the first, greedy call; right where the caller samples."""
    n = number_in(body)
    return right(body) if body.get("temperature") == 0.8 else reply(f"def add{n}(x):\n    return x")


async def measure(
    server: ScriptedServer, path: Path, count: int = 1, arms: tuple[Arm, ...] = ARMS, **how: Any
) -> list[Record]:
    model = chat_model(base_url=server.base_url, model="scripted", temperature=0, seed=1)
    with RecordFile(path) as file:
        await Experiment(make_tasks(count), model, arms).run(file, **how)
    return read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


async def test_every_cell_is_one_record_and_both_arms_meet_each_task_alternating(
    path: Path,
) -> None:
    with ScriptedServer(right) as server:
        records = await measure(server, path, 2, at_once=1)

    assert [r.key for r in records] == [
        ("t/0", "single"), ("t/0", "default"), ("t/1", "default"), ("t/1", "single"),
    ]  # fmt: skip
    assert all(r.passed for r in records)
    assert [r.same_first_draft for r in records] == [None, True, None, True]
    assert records[0].code.startswith("def add0(x):")


async def test_a_replaced_draft_is_told_with_the_hidden_verdict_of_each(path: Path) -> None:
    with ScriptedServer(second_time_right) as server:
        single, default = await measure(server, path)

    assert not single.passed
    assert default.passed
    assert default.delivered == 1
    assert [d.verdict for d in default.drafts[:2]] == ["failed", "passed"]
    assert default.drafts[0].evidence["example"] == "0/1"
    assert default.drafts[1].evidence["example"] == "1/1"
    numbers = summarise([single, default])
    assert (numbers["replaced"], numbers["replaced_became_right"]) == (1, 1)


async def test_nothing_of_the_hidden_test_reaches_the_model(path: Path) -> None:
    with ScriptedServer(second_time_right) as server:
        await measure(server, path)

    assert server.chats
    assert not any("secret" in json.dumps(entry.body) for entry in server.requests)


async def test_an_answer_without_code_is_a_wrong_answer(path: Path) -> None:
    with ScriptedServer(lambda body: "I would rather not.") as server:
        records = await measure(server, path)

    assert [r.passed for r in records] == [False, False]
    assert not any(r.error for r in records)


async def test_a_failing_endpoint_is_no_wrong_answer_and_is_tried_again(path: Path) -> None:
    with ScriptedServer(lambda body: Reply("broken", status=400)) as server:
        records = await measure(server, path)
        assert [(r.passed, bool(r.error)) for r in records] == [(None, True), (None, True)]
    with ScriptedServer(right) as server:
        records = await measure(server, path)

    assert [r.passed for r in records] == [None, None, True, True]
    assert summarise(records)["tasks"] == 1


async def test_an_endpoint_that_never_answers_ends_the_experiment(path: Path) -> None:
    with (
        ScriptedServer(lambda body: Reply("broken", status=400)) as server,
        pytest.raises(LabError, match="5 cells in a row"),
    ):
        await measure(server, path, 10)

    assert len(read(path)) < 10


async def test_a_finished_record_asks_the_model_nothing(path: Path) -> None:
    with ScriptedServer(right) as server:
        before = await measure(server, path, 2)
    with ScriptedServer([]) as server:
        after = await measure(server, path, 2)

    assert after == before
    assert not server.requests


async def test_a_record_of_the_first_tasks_goes_on_to_more(path: Path) -> None:
    with ScriptedServer(right) as server:
        await measure(server, path, 1)
        records = await measure(server, path, 2)

    assert Counter(r.task for r in records) == {"t/0": 2, "t/1": 2}


async def test_a_record_with_another_strategy_is_refused_and_says_what_differs(path: Path) -> None:
    other = Arm("default", DRAFTS.strategy.model_copy(update={"drafts": 5}))  # type: ignore[union-attr]
    with ScriptedServer(right) as server:
        before = await measure(server, path)
        with pytest.raises(LabError, match=r"strategies\.default\.drafts: 3 in the record, 5 now"):
            await measure(server, path, 2, arms=(SINGLE, other))

    assert read(path) == before


def test_after_kill_9_no_cell_is_lost_and_none_is_there_twice(path: Path) -> None:
    """The third task's answer is held back, and the process is killed while it waits for it."""
    hold = threading.Event()

    def script(body: dict[str, Any]) -> Reply:
        held = number_in(body) == 2 and not hold.is_set()
        return Reply(right(body), hold=hold if held else None, hold_after=0)

    with ScriptedServer(script) as server:
        command = [sys.executable, str(CHILD), server.base_url, str(path)]
        child = subprocess.Popen(command, env=dict(os.environ))
        server.wait_for(3, timeout=60)  # one a task: the arms share their first call
        child.send_signal(signal.SIGKILL)
        child.wait()
        kept = [r.key for r in read(path)]
        hold.set()
        subprocess.run(command, check=True, timeout=60)

    assert len(kept) == 4
    records = read(path)
    assert [r.key for r in records[:4]] == kept
    assert Counter(r.key for r in records) == {
        (f"t/{n}", arm.name): 1 for n in range(4) for arm in ARMS
    }
