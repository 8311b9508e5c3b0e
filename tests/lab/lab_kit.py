"""A small task set, an experiment on it, and what a scripted model answers."""

from __future__ import annotations

from typing import Any

from triptych import chat_model
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.task import HiddenCheck, LabTask, TaskSet
from triptych.lab.words import Experiment, TaskSource, Variant
from triptych.state import Strategy, Task

SINGLE = Strategy(plan="never", drafts=1, repairs=0, review="never", edit_format="whole")
DRAFTS = Strategy(plan="never", drafts=3, repairs=0, review="never", edit_format="whole")


def task(number: int, family: str = "") -> LabTask:
    """Add `number` + 1: the request shows one example, the hidden test asks for another."""
    name = f"add{number}"
    request = f"Complete this function:\n\n```python\ndef {name}(x):\n"
    request += f'    """Add.\n\n    >>> {name}(1)\n    {number + 2}\n    """\n```'
    test = f"def check(secret):\n    assert secret(1) == {number + 2}\n"
    test += f"    assert secret(10) == {number + 11}\n"
    right = {"solution.py": f"def {name}(x):\n    return x + {number + 1}\n"}
    return LabTask(f"t/{number}", Task(request=request), HiddenCheck(name, test), family, right)


def make_tasks(count: int) -> TaskSet:
    return task_set((task(n) for n in range(count)), name="sums")


def experiment(
    url: str,
    count: int = 2,
    *,
    variants: dict[str, Variant] | None = None,
    temperature: float = 0.0,
    **more: Any,
) -> Resolved:
    """A resolved experiment: single against drafts, unless other variants are given."""
    variants = variants or {
        "single": Variant(strategy=SINGLE),
        "drafts": Variant(strategy=DRAFTS),
    }
    values = {"aa": 0.0, "concurrency": 1, **more}
    made = Experiment(name="kit", tasks=TaskSource(set="humaneval"), variants=variants, **values)
    model = chat_model(base_url=url, model="scripted", temperature=temperature)
    return resolve(made, tasks=make_tasks(count), models={"": model})


def reply(code: str) -> str:
    return f"```python\n{code}\n```"


def number_in(body: dict[str, Any]) -> int:
    """Which of the tasks a request to the model is about."""
    text = "".join(str(m["content"]) for m in body["messages"])
    return int(text.split("def add")[1].split("(")[0])


def right(body: dict[str, Any]) -> str:
    """The right answer to whichever task it is."""
    n = number_in(body)
    return reply(f"def add{n}(x):\n    return x + {n + 1}")


def second_time_right(body: dict[str, Any]) -> str:
    """Wrong at the first, greedy call; right where the caller samples."""
    n = number_in(body)
    return right(body) if body.get("temperature") == 0.8 else reply(f"def add{n}(x):\n    return x")
