"""The everyday question as an experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiment_kit import NOWHERE, own_prompt

from triptych.errors import LabError, PromptError, UnknownModelError
from triptych.lab.experiment.ablation import differing
from triptych.lab.experiment.compare import comparison, strategy_from
from triptych.lab.experiment.resolving import resolve
from triptych.lab.words import Experiment, TaskSource
from triptych.state import Strategy

TASKS = TaskSource(set="humaneval", limit=12)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    return str(own_prompt(tmp_path / "my review!.md", "review", "Be careful."))


def set_fields(made: Experiment) -> list[dict[str, object] | None]:
    return [
        v.strategy.model_dump(exclude_unset=True) if v.strategy else None
        for v in made.variants.values()
    ]


def test_two_variants_differ_in_one_prompt_and_in_nothing_else(mine: str) -> None:
    made = comparison("review@production", mine, tasks=TASKS, base_url=NOWHERE, model="m", trials=3)

    assert (made.name, made.baseline, made.k) == ("compare-review", "review-1.0.0", [1, 3])
    assert list(made.variants) == ["review-1.0.0", "my-review"]
    assert made.description == ""
    one, other = resolve(made).variants
    assert differing(one, other) == ["review"]
    assert one.strategy == other.strategy


@pytest.mark.parametrize(
    ("stage", "added"),
    [
        ("review", {"review": "decide", "repairs": 1}),
        ("plan", {"plan": "always"}),
        ("repair", {"repairs": 1}),
        ("code", None),
    ],
)
def test_a_stage_that_the_embedded_model_never_asks_is_switched_on_and_that_is_said(
    tmp_path: Path, stage: str, added: dict[str, object] | None
) -> None:
    other = str(own_prompt(tmp_path / "other.md", stage, "Be careful."))

    made = comparison(stage, other, tasks=TASKS, model="local")

    assert set_fields(made) == [added, added]
    assert made.description == "" if added is None else "switched on" in made.description


def test_what_the_user_sets_stays_as_it_is_set(mine: str) -> None:
    made = comparison(
        "review", mine, tasks=TASKS, model="local", strategy=Strategy(repairs=0, drafts=2)
    )

    assert set_fields(made)[0] == {"repairs": 0, "drafts": 2, "review": "decide"}


def test_one_and_the_same_prompt_is_refused() -> None:
    with pytest.raises(LabError, match=r"are the same prompt, review@1\.0\.0"):
        comparison("review", "review@1.0.0", tasks=TASKS)


def test_prompts_of_two_stages_need_the_stage_said(mine: str) -> None:
    with pytest.raises(LabError, match="prompts of two stages"):
        comparison("code", mine, tasks=TASKS)
    made = comparison("code", mine, tasks=TASKS, stage="review")
    assert list(made.variants["my-review"].prompts.stages) == ["review"]


def test_a_prompt_of_no_stage_is_refused(tmp_path: Path) -> None:
    other = str(own_prompt(tmp_path / "other.md", "plan", "Be careful."))

    with pytest.raises(LabError, match="'doctor' is no stage of a run"):
        comparison("plan", other, tasks=TASKS, stage="doctor")


def test_what_is_not_there_is_refused_with_the_nearest_name(mine: str) -> None:
    with pytest.raises(PromptError, match="Did you mean 'review'"):
        comparison("revew", mine, tasks=TASKS)
    with pytest.raises(UnknownModelError, match="local"):
        comparison("review", mine, tasks=TASKS, model="lokal")


def test_two_files_of_one_name_are_two_variants(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    one = own_prompt(tmp_path / "mine.md", "code", "Be short.")
    other = own_prompt(tmp_path / "x" / "mine.md", "code", "Be long.")

    assert list(comparison(str(one), str(other), tasks=TASKS).variants) == ["mine", "mine-new"]


def test_a_strategy_as_it_is_typed() -> None:
    made = strategy_from({"review": "decide", "repairs": "2"})

    assert made.model_dump(exclude_unset=True) == {"review": "decide", "repairs": 2}
    with pytest.raises(LabError, match="repairs cannot be 'many'"):
        strategy_from({"repairs": "many"})
