"""Grading by a hidden command in the real sandbox, and the choice between the kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from triptych.errors import LabError
from triptych.lab.grading.grade import Grade, graded
from triptych.lab.grading.sandboxed import SandboxGrader
from triptych.lab.tasks.task import HiddenCheck, HiddenCommand, LabTask
from triptych.sandbox import Interpreter, open_sandbox
from triptych.state import Task

TEST = "from area import area\n\ndef test_area():\n    assert area(2) == 4, 'area of 2'\n"
PLAIN = "from area import area\nassert area(2) == 4, 'area of 2'\n"
RIGHT = {"area.py": "def area(x):\n    return x * x\n"}
WRONG = {"area.py": "def area(x):\n    return 0\n"}
PYTEST = HiddenCommand("pytest -q hidden_test.py", {"hidden_test.py": TEST})
SCRIPT = HiddenCommand("python hidden.py", {"hidden.py": PLAIN})


@pytest.fixture(scope="module")
def grader() -> SandboxGrader:
    return SandboxGrader(open_sandbox("bwrap"), Interpreter.probe())


@pytest.mark.parametrize("hidden", [PYTEST, SCRIPT], ids=["pytest", "script"])
async def test_a_command_that_exits_with_0_passes_and_others_fail(
    grader: SandboxGrader, hidden: HiddenCommand
) -> None:
    assert (await grader(RIGHT, hidden)).verdict == "passed"
    assert (await grader(WRONG, hidden)).verdict == "failed"
    assert (await grader({}, hidden)).verdict == "failed"


async def test_a_failure_says_why_in_one_line(grader: SandboxGrader) -> None:
    assert await grader(WRONG, SCRIPT) == Grade("failed", "AssertionError: area of 2")


async def test_hidden_files_win_over_delivered_ones(grader: SandboxGrader) -> None:
    cheat = {**WRONG, "hidden.py": "pass\n"}

    assert (await grader(cheat, SCRIPT)).verdict == "failed"


async def test_code_that_ends_the_process_early_cannot_pass_a_pytest(
    grader: SandboxGrader,
) -> None:
    early = {"area.py": "import os\nos._exit(0)\n"}

    assert await grader(early, PYTEST) == Grade("failed", "it ended before the tests did")


async def test_a_command_that_takes_too_long_is_a_timeout(grader: SandboxGrader) -> None:
    slow = HiddenCommand("python hidden.py", {"hidden.py": "while True:\n    pass\n"}, 0.5)

    assert (await grader(RIGHT, slow)).verdict == "timeout"


async def test_a_command_for_pytest_without_one_is_no_verdict(grader: SandboxGrader) -> None:
    bare = Interpreter("/usr/bin/python3", "3.11", (), ())

    with pytest.raises(LabError, match="has none"):
        await SandboxGrader(grader.sandbox, bare)(RIGHT, PYTEST)


async def test_an_unknown_kind_of_check_is_refused(grader: SandboxGrader) -> None:
    @dataclass
    class Other:
        pass

    other: Any = Other()
    with pytest.raises(LabError, match="Other"):
        await grader(RIGHT, other)


class Seen:
    """A grader that only keeps what it was given."""

    files: dict[str, str] | None = None

    async def __call__(self, files: Any, hidden: Any) -> Grade:
        self.files = dict(files)
        return Grade("passed")


TASK = LabTask(
    "a",
    Task(request="Square.", files={"area.py": "", "data.txt": "1", "conftest.py": "mine"}),
    HiddenCheck("area", ""),
)


async def test_what_was_written_is_laid_over_what_it_started_from_and_comes_first() -> None:
    seen = Seen()
    await graded(seen, TASK, RIGHT)

    assert seen.files == {**TASK.task.files, **RIGHT}
    assert next(iter(seen.files)) == "area.py"


async def test_nothing_written_can_steer_the_hidden_tests() -> None:
    seen = Seen()
    await graded(seen, TASK, {**RIGHT, "conftest.py": "theirs", "sub/pytest.ini": "theirs"})

    assert seen.files is not None
    assert seen.files["conftest.py"] == "mine"
    assert "sub/pytest.ini" not in seen.files


async def test_a_task_that_starts_from_right_code_is_not_passed_by_writing_nothing() -> None:
    seen = Seen()

    assert (await graded(seen, TASK, {})).verdict == "failed"
    assert (await graded(seen, TASK, {"area.py": "\n"})).verdict == "failed"
    assert seen.files is None


async def test_a_delivery_that_stands_in_the_way_of_the_hidden_files_fails(
    grader: SandboxGrader,
) -> None:
    hidden = HiddenCommand("python tests/hidden.py", {"tests/hidden.py": PLAIN})

    given = await grader({**RIGHT, "tests": "none yet"}, hidden)

    assert given.verdict == "failed"
    assert "tests/hidden.py" in given.detail
