"""Whether a task set can measure: its hidden checks tried on what is right and on nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from triptych.errors import InputError, LabError
from triptych.lab.grading.grade import Grade, Grader, Verdict, graded
from triptych.lab.tasks.imports import missing_imports
from triptych.lab.tasks.static import problems
from triptych.lab.tasks.task import HiddenCheck, HiddenCommand, LabTask, TaskSet
from triptych.sandbox import Interpreter

NO_REFERENCE = "there is no reference solution, so that nothing shows that the task can be solved"

STUB = "def {name}(*args, **kwargs):\n    return None\n"
"""What a check of a function must refuse."""


@dataclass(frozen=True)
class TaskReport:
    """What was found of one task.

    Attributes:
        id: The task's.
        problems: What makes it unfit, one sentence each, none with a text of the hidden check.
        reference: The hidden verdict on the reference solution; "none" where there is none.
        empty: The hidden verdict on nothing: a function that returns None, or the starting files as
            they are. It must not be "passed".
        warnings: What is no fault, but should be known.
    """

    id: str
    problems: list[str]
    reference: Verdict | Literal["none"]
    empty: Verdict | Literal["none"]
    warnings: list[str] = field(default_factory=list)


async def check(
    tasks: TaskSet, grader: Grader, python: Interpreter, at_once: int = 2
) -> list[TaskReport]:
    """Hold each task's checks against its reference solution and against nothing.

    Args:
        tasks: The tasks.
        grader: Who grades.
        python: With which interpreter.
        at_once: Tasks at the same time.

    Returns:
        One report a task, in the order of the set.

    Raises:
        SandboxError: There is no sandbox on this machine, or it does not work.
    """
    missing = await asyncio.to_thread(missing_imports, tasks.tasks, python)
    places = asyncio.Semaphore(at_once)

    async def one(task: LabTask) -> TaskReport:
        seen = problems(task, python) + missing.get(task.id, [])
        if seen:
            return TaskReport(task.id, seen, "none", "none")
        async with places:
            return await _tried(task, grader)

    return list(await asyncio.gather(*(one(task) for task in tasks.tasks)))


async def _tried(task: LabTask, grader: Grader) -> TaskReport:
    found: list[str] = []
    nothing = await _graded(grader, _nothing(task), task.hidden, found)
    if nothing.verdict == "passed":
        found.append(f"the hidden check passes {_what(task)}: it measures nothing")
    if task.reference is None:
        return TaskReport(task.id, found, "none", nothing.verdict, [NO_REFERENCE])
    try:
        right = await graded(grader, task, task.reference)
    except (InputError, LabError) as error:
        found.append(f"the hidden check cannot run: {error.message}")
        return TaskReport(task.id, found, "none", nothing.verdict)
    if right.verdict != "passed":
        found.append(f"the hidden check fails on the reference solution: {right.detail}")
    tree = {**task.task.files, **task.reference}
    for command in task.task.checks:
        visible = await _graded(grader, tree, HiddenCommand(command, {}), found)
        if visible.verdict != "passed":
            found.append(f"the check '{command}' fails on the reference solution: {visible.detail}")
    return TaskReport(task.id, found, right.verdict, nothing.verdict)


async def _graded(
    grader: Grader,
    files: Mapping[str, str],
    hidden: HiddenCheck | HiddenCommand,
    found: list[str],
) -> Grade:
    try:
        return await grader(files, hidden)
    except (InputError, LabError) as error:
        found.append(f"a check cannot run: {error.message}")
        return Grade("failed", error.message)


def _nothing(task: LabTask) -> Mapping[str, str]:
    if isinstance(task.hidden, HiddenCheck):
        return {**task.task.files, "solution.py": STUB.format(name=task.hidden.entry_point)}
    return task.task.files


def _what(task: LabTask) -> str:
    if isinstance(task.hidden, HiddenCheck):
        return "a function that returns nothing"
    return "the files that the run starts from"
