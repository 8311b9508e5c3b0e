"""A small task set, and what a scripted model answers to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triptych.lab import Arm, HiddenCheck, LabTask, Record, TaskSet
from triptych.lab.arms import SINGLE
from triptych.state import Strategy, Task

DRAFTS = Arm(
    "default", Strategy(plan="never", drafts=3, repairs=0, review="never", edit_format="whole")
)
ARMS = (SINGLE, DRAFTS)
MakeRecord = Callable[..., Record]


def task(number: int) -> LabTask:
    """Add `number` + 1: the request shows one example, the hidden test asks for another."""
    name = f"add{number}"
    request = f"Complete this function:\n\n```python\ndef {name}(x):\n"
    request += f'    """Add.\n\n    >>> {name}(1)\n    {number + 2}\n    """\n```'
    test = f"def check(secret):\n    assert secret(1) == {number + 2}\n"
    test += f"    assert secret(10) == {number + 11}\n"
    return LabTask(f"t/{number}", Task(request=request), HiddenCheck(name, test))


def make_tasks(count: int) -> TaskSet:
    return TaskSet("sums", "1", "0" * 64, tuple(task(n) for n in range(count)))


def reply(code: str) -> str:
    return f"```python\n{code}\n```"


def number_in(body: dict[str, Any]) -> int:
    """Which of the tasks a request to the model is about."""
    text = "".join(str(m["content"]) for m in body["messages"])
    return int(text.split("def add")[1].split("(")[0])
