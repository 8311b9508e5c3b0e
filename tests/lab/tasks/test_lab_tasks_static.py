"""What is seen to be wrong with a task before a model is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from task_files_kit import TEST, command_line, line, write_lines

from triptych.lab.grading.grade import bare_interpreter
from triptych.lab.tasks import humaneval
from triptych.lab.tasks.imports import missing_imports
from triptych.lab.tasks.jsonl import read_jsonl
from triptych.lab.tasks.static import problems
from triptych.lab.tasks.task import LabTask


def made(tmp_path: Path, given: dict[str, Any]) -> LabTask:
    return read_jsonl(write_lines(tmp_path / "t.jsonl", given)).tasks[0]


def function(test: str, **more: Any) -> dict[str, Any]:
    hidden = {"kind": "function", "entry_point": "double", "test": test, **more}
    return line("a", hidden=hidden)


def command(text: str, **files: str) -> dict[str, Any]:
    named = {name.replace("_py", ".py"): content for name, content in files.items()}
    return command_line("a", hidden={"kind": "command", "command": text, "files": named})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (function("def check(f:\n"), "the hidden check does not compile: line 1"),
        (function("def test(f): pass"), "does not define check"),
        (function(TEST, preamble="import ("), "preamble does not compile"),
        (function(TEST, entry_point="a b"), "is no name of a function"),
        (command("no-such-command x"), "the hidden command cannot run: .*no-such-command"),
        (command("python 'x"), "the hidden command cannot run: .*cannot be read"),
        (command("python t.py", t_py="def ("), "the hidden file t.py does not compile"),
        (command_line("a", checks=["no-such-command"]), "the check cannot run"),
        (line("a", request=f"Write double(x). It must pass this:\n{TEST}"), "would see the hidden"),
        (command("python t.py", t_py="from calc import double\nassert double(1) == 2"), None),
        (line("a"), None),
        (command_line("a"), None),
    ],
)
def test_what_cannot_measure_is_told_without_running_it(
    tmp_path: Path, given: dict[str, Any], said: str | None
) -> None:
    found = problems(made(tmp_path, given), bare_interpreter())

    assert len(found) == (0 if said is None else 1), found
    assert said is None or any(re.search(said, each) for each in found)


def test_a_leak_through_a_file_is_seen_too(tmp_path: Path) -> None:
    hidden = "assert double(20) == 40  # hidden"
    given = command("python t.py", t_py=hidden)
    given["files"]["notes.txt"] = f"# the grader runs {hidden}\n"

    assert "would see the hidden t.py" in problems(made(tmp_path, given))[0]


def test_a_problem_never_shows_the_hidden_text(tmp_path: Path) -> None:
    secret = "def check(f):\n    SECRET = = 1\n"  # pragma: allowlist secret

    assert not any("SECRET" in said for said in problems(made(tmp_path, function(secret))))


@pytest.mark.filterwarnings("error")
def test_an_odd_escape_in_a_hidden_test_is_not_quoted_in_a_warning(tmp_path: Path) -> None:
    given = function("def check(f):\n    assert f(20) == 40, '\\d'\n")

    assert problems(made(tmp_path, given)) == []


def test_a_module_that_the_grading_python_lacks_is_told(tmp_path: Path) -> None:
    test = "import math, no_such_module_here\nfrom mine import x\n" + TEST
    given = {**function(test), "files": {"mine.py": "x = 1"}}

    found = missing_imports([made(tmp_path, given)], bare_interpreter())

    assert list(found) == ["a"]
    assert len(found["a"]) == 1
    assert "imports no_such_module_here" in found["a"][0]


def test_all_of_humaneval_can_be_graded_as_far_as_reading_shows() -> None:
    tasks = humaneval.load().tasks

    assert not any(problems(task, bare_interpreter()) for task in tasks)
    assert not missing_imports(tasks, bare_interpreter())
