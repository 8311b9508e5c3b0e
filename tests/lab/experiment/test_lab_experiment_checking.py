"""A task set held against its reference solutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from lab_kit import make_tasks, task

from triptych.errors import SandboxError
from triptych.lab.experiment.checking import TaskReport, check
from triptych.lab.grading.grade import Grade, bare_interpreter
from triptych.lab.grading.sandboxed import SandboxGrader
from triptych.lab.tasks import humaneval
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.task import Hidden, HiddenCheck, HiddenCommand, LabTask
from triptych.sandbox import open_sandbox
from triptych.state import Task


async def checked(*tasks: LabTask) -> list[TaskReport]:
    python = bare_interpreter()
    return await check(task_set(tasks), SandboxGrader(open_sandbox("bwrap"), python), python)


def project(test: str, right: str = "X = 2\n", *checks: str) -> LabTask:
    asked = Task(request="Make X two.", files={"mod.py": "X = 1\n"}, checks=list(checks))
    hidden = HiddenCommand("python t.py", {"t.py": test})
    return LabTask("p", asked, hidden, reference={"mod.py": right})


async def test_a_fit_task_passes_its_reference_and_refuses_nothing() -> None:
    assert await checked(task(1)) == [TaskReport("t/1", [], "passed", "failed")]
    made = await checked(project("import mod\nassert mod.X == 2\n"))
    assert made == [TaskReport("p", [], "passed", "failed")]


async def test_a_reference_that_fails_is_told_with_the_reason() -> None:
    wrong = replace(task(1), reference={"solution.py": "def add1(x):\n    return x\n"})

    (report,) = await checked(wrong)

    assert report.reference == "failed"
    assert report.problems == ["the hidden check fails on the reference solution: AssertionError"]


async def test_a_check_that_passes_nothing_at_all_is_told() -> None:
    loose = replace(task(1), hidden=HiddenCheck("add1", "def check(f):\n    f(1)\n"))

    (function,) = await checked(loose)
    (command,) = await checked(project("import mod\nassert mod.X\n"))

    assert function.empty == command.empty == "passed"
    assert "a function that returns nothing: it measures nothing" in function.problems[0]
    assert "the files that the run starts from: it measures nothing" in command.problems[0]


async def test_a_visible_check_that_fails_on_the_reference_is_told() -> None:
    good, bad = 'python -c "import mod; assert mod.X == 2"', 'python -c "import mod; 1/0"'

    (report,) = await checked(project("import mod\nassert mod.X == 2\n", "X = 2\n", good, bad))

    assert len(report.problems) == 1
    assert bad in report.problems[0]
    assert "ZeroDivisionError" in report.problems[0]


async def test_what_cannot_run_is_told_and_not_tried() -> None:
    broken = replace(task(1), hidden=HiddenCheck("add1", "def check(f:\n"))

    assert (await checked(broken)) == [
        TaskReport(
            "t/1",
            [(await checked(broken))[0].problems[0]],
            "none",
            "none",
        )
    ]
    assert "does not compile" in (await checked(broken))[0].problems[0]


async def test_a_task_without_a_reference_is_no_fault_but_is_said() -> None:
    (report,) = await checked(replace(task(1), reference=None))

    assert (report.problems, report.reference, report.empty) == ([], "none", "failed")
    assert "no reference solution" in report.warnings[0]


async def test_a_broken_sandbox_is_no_verdict_on_the_tasks() -> None:
    async def broken(files: Mapping[str, str], hidden: Hidden) -> Grade:
        raise SandboxError("There is no sandbox.")

    with pytest.raises(SandboxError):
        await check(make_tasks(1), broken, bare_interpreter())


@pytest.mark.parametrize(
    "limit", [pytest.param(164, id="all", marks=pytest.mark.long), pytest.param(20, id="20")]
)
async def test_the_references_of_humaneval_pass(limit: int) -> None:
    reports = await checked(*humaneval.load().tasks[:limit])

    assert [r for r in reports if r.problems] == []
    assert {(r.reference, r.empty) for r in reports} == {("passed", "failed")}
