"""What all parts of the benchmark share: a server in a process of its own, and the experiment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from triptych import chat_model
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.grading.grade import Grade
from triptych.lab.tasks.task import Hidden, HiddenCheck, LabTask, TaskSet
from triptych.lab.words import Experiment, TaskSource, Variant
from triptych.state import Strategy, Task
from triptych.testing import Reply, ScriptedServer

SINGLE = Strategy(plan="never", drafts=1, repairs=0, review="never", edit_format="whole")
ANSWER = "```javascript\nfunction add(a, b) { return a + b }\n```"
"""JavaScript, which no check of ours runs: no sandbox is in the figures."""


class NoSandbox:
    """A grader that starts nothing: what was delivered passes."""

    async def __call__(self, files: Mapping[str, str], hidden: Hidden) -> Grade:
        """See `Grader`."""
        return Grade("passed" if files else "failed")


def tasks(count: int) -> TaskSet:
    """Requests that differ."""
    made = (
        LabTask(
            f"task-{n}",
            Task(request=f"Write a JavaScript function that adds {n} to two numbers."),
            HiddenCheck("add", "def check(add):\n    pass\n"),
        )
        for n in range(count)
    )
    return TaskSet("bench", "1", tuple(made))


def experiment(url: str, count: int, at_once: int, **more: Any) -> Resolved:
    """Two variants that ask the same and share nothing, so that every cell is a call."""
    made = Experiment(
        name="bench",
        tasks=TaskSource(set="humaneval"),  # in whose place tasks are given
        variants={"a": Variant(strategy=SINGLE), "b": Variant(strategy=SINGLE)},
        aa=0.0,
        concurrency=at_once,
        share_calls=False,
        **more,
    )
    model = chat_model(base_url=url, model="scripted")
    return resolve(made, tasks=tasks(count), models={"": model})


@contextmanager
def serving(seconds: float) -> Iterator[str]:
    """A server whose every answer takes so long, in a process of its own."""
    command = [sys.executable, __file__, str(seconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def keep(folder: Path, part: str, result: Mapping[str, Any], records: list[Any]) -> None:
    """Put one part's figures beside those of the others."""
    results, lines = folder / "result.json", folder / "records.jsonl"
    found = json.loads(results.read_text()) if results.exists() else {}
    found[part] = dict(result)
    results.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    old = lines.read_text().splitlines() if lines.exists() else []
    kept = [line for line in old if json.loads(line)["part"] != part]
    kept += [json.dumps({"part": part, **record}) for record in records]
    lines.write_text("\n".join(kept) + "\n")


def _serve(seconds: float) -> None:
    server = ScriptedServer(lambda body: Reply(ANSWER, delay=seconds), models=["scripted"])
    with server:
        print(server.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(float(sys.argv[1]))
