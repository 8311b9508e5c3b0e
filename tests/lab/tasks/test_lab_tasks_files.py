"""Task sets from files and folders, and what is taken of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from task_files_kit import TEST, command_line, line, write_lines

from triptych.errors import LabError
from triptych.lab.tasks import humaneval
from triptych.lab.tasks.folder import read_folder
from triptych.lab.tasks.jsonl import read_jsonl, write_jsonl
from triptych.lab.tasks.sets import load, source
from triptych.lab.tasks.task import HiddenCheck, HiddenCommand
from triptych.lab.words import TaskSource


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


def test_a_jsonl_file_is_read_in_order_and_its_name_is_the_sets(file: Path) -> None:
    write_lines(file, line("a", family="f"), "", command_line("b", checks=["python -c 1"]))

    tasks = read_jsonl(file)

    assert tasks.name == "mine"
    first, second = tasks.tasks
    assert (first.id, first.family, first.hidden) == ("a", "f", HiddenCheck("double", TEST))
    assert first.reference == {"solution.py": "def double(x):\n    return 2 * x\n"}
    assert isinstance(second.hidden, HiddenCommand)
    assert second.hidden.timeout == 30
    assert list(second.task.files) == ["calc.py"]
    assert second.task.checks == ["python -c 1"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("{not json", r"mine\.jsonl:2: no JSON \(.*column 2\)"),
        ("[1]", r"mine\.jsonl:2: "),
        (line("b", hiden={}), r"mine\.jsonl:2: 'hiden' is no known field"),
        ({"id": "b", "request": "x"}, r"mine\.jsonl:2: 'hidden' is missing"),
        (line("b", hidden={"kind": "function", "test": "x"}), r":2: .*entry_point' is missing"),
        (line("b", hidden={"kind": "judge"}), r":2: 'hidden'"),
        (line("b", request=""), r":2: 'request'"),
        (line("b", files={"../x.py": ""}), r":2: .*leads out of the workspace"),
        (command_line("b", reference="x = 1"), r":2: 'reference' is one text"),
        ("[" * 100_000, r":2: no JSON"),
    ],
)
def test_a_broken_line_is_told_with_its_number(file: Path, broken: Any, said: str) -> None:
    write_lines(file, line("a"), broken)

    with pytest.raises(LabError, match=said):
        read_jsonl(file)


def test_an_error_never_shows_a_hidden_test(file: Path) -> None:
    hidden = {"kind": "function", "entry_point": 7, "test": "SECRET", "preamble": ["SECRET"]}
    write_lines(file, line("a", hidden=hidden, reference=["SECRET"]))

    with pytest.raises(LabError) as caught:
        read_jsonl(file)
    assert "SECRET" not in str(caught.value)


def test_two_tasks_of_one_id_are_told_with_both_lines(file: Path) -> None:
    write_lines(file, line("a"), line("b"), line("a"))

    with pytest.raises(LabError, match=r"mine\.jsonl:3: the id 'a' stands in line 1"):
        read_jsonl(file)


def test_a_file_without_tasks_is_refused(file: Path) -> None:
    write_lines(file, "")

    with pytest.raises(LabError, match="holds no task"):
        read_jsonl(file)


def test_what_is_written_is_read_as_it_was(file: Path) -> None:
    tasks = [*humaneval.load().tasks[:5], *read_jsonl(write_lines(file, command_line("b"))).tasks]
    odd = replace(tasks[0], id="odd \u2028 ünï", reference={"a.py": "x = '\u2028'\r\n"})
    write_jsonl([*tasks, odd], file)

    assert list(read_jsonl(file).tasks) == [*tasks, odd]


def folder_task(root: Path, id: str, text: str, **files: str) -> None:
    folder = root / id
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)


def test_a_folder_of_tasks_is_the_same_as_its_lines(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "mine"
    given = command_line("project")
    folder_task(
        root,
        "project",
        "request: Mend double in calc.py.\n"
        "hidden: {kind: command, command: python hidden_test.py}\n",
        files__calc_py=given["files"]["calc.py"],
        hidden__hidden_test_py="",
        reference__calc_py=given["reference"]["calc.py"],
    )
    (root / "project" / "hidden" / "hidden_test.py").write_text(
        given["hidden"]["files"]["hidden_test.py"]
    )
    folder_task(
        root,
        "function",
        "request: Write double(x).\nhidden: {kind: function, entry_point: double}\n",
        hidden__test_py=TEST,
        reference__solution_py=line("x")["reference"],
    )
    (root / "README.md").write_text("no task")

    assert read_folder(root).tasks == read_jsonl(write_lines(file, line("function"), given)).tasks
    assert read_folder(root).name == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("request: [", r"task\.yaml:2: bad YAML"),
        ("request: x\nhiden: {}\n", r"task\.yaml:2: unknown key 'hiden'.*Did you mean 'hidden'"),
        ("request: x\n", r"task\.yaml: 'hidden' is missing"),
    ],
)
def test_a_broken_task_of_a_folder_is_told_with_its_file(
    tmp_path: Path, text: str, said: str
) -> None:
    folder_task(tmp_path, "a", text + "\n")

    with pytest.raises(LabError, match=said):
        read_folder(tmp_path)


def test_a_link_that_leads_out_of_a_task_folder_is_refused(tmp_path: Path) -> None:
    folder_task(tmp_path, "a", "request: x\nhidden: {kind: command, command: 'true'}\n")
    (tmp_path / "a" / "files").mkdir()
    (tmp_path / "a" / "files" / "passwd").symlink_to("/etc/passwd")

    with pytest.raises(LabError, match="outside"):
        read_folder(tmp_path)


def ids(given: TaskSource, base: Path = Path()) -> list[str]:
    return [task.id for task in load(given, base).tasks]


def test_odd_and_even_are_by_position_and_the_limit_comes_last() -> None:
    assert ids(TaskSource(set="humaneval", take="odd", limit=2)) == ["HumanEval/1", "HumanEval/3"]
    assert ids(TaskSource(set="humaneval", take="even", limit=2)) == ["HumanEval/0", "HumanEval/2"]
    odd = ids(TaskSource(set="humaneval", take="odd"))
    even = ids(TaskSource(set="humaneval", take="even"))
    assert len(odd) == len(even) == 82
    assert not set(odd) & set(even)


def test_families_are_taken_by_name(file: Path) -> None:
    write_lines(file, line("a", family="x"), line("b", family="y"), line("c", family="x"))

    assert ids(TaskSource(path="mine.jsonl", families=["x"]), file.parent) == ["a", "c"]
    with pytest.raises(LabError, match=r"no family 'z'.*Known: x, y"):
        load(TaskSource(path=str(file), families=["z"]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (TaskSource(set="humanevil"), "Did you mean 'humaneval'"),
        (TaskSource(path="humanevil"), "Did you mean the set humaneval"),
        (TaskSource(path="none.jsonl"), "no task file or folder 'none.jsonl'"),
        (TaskSource(), "exactly one of 'set' and 'path'"),
        (TaskSource(set="humaneval", path="x"), "exactly one"),
    ],
)
def test_a_source_that_is_none_is_refused_with_its_cure(given: TaskSource, said: str) -> None:
    with pytest.raises(LabError, match=said):
        load(given)


def test_nothing_left_is_refused(file: Path) -> None:
    write_lines(file, line("a"))

    with pytest.raises(LabError, match="Nothing of the 1 tasks"):
        load(TaskSource(path=str(file), take="odd"))


def test_what_is_typed_is_a_set_by_name_and_else_a_path() -> None:
    assert source("humaneval", limit=3) == TaskSource(set="humaneval", limit=3)
    assert source("./humaneval") == TaskSource(path="./humaneval")
