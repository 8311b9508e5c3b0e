"""All that an experiment names is found before anything is spent, or refused with its variant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from experiment_kit import NOWHERE, defined, live, own_prompt, variant
from lab_kit import make_tasks, task

from triptych import chat_model
from triptych.errors import LabError
from triptych.lab.experiment.notes import notes
from triptych.lab.experiment.resolving import resolve
from triptych.lab.tasks.task import HiddenCheck, LabTask
from triptych.lab.words import TaskSource
from triptych.state import Task

REVIEWED = {"strategy": {"review": "decide"}}


def test_templates_and_strategies_are_exact() -> None:
    made = live({"a": variant(), "b": variant(strategy={"drafts": 1})})

    first, second = made.variants
    assert {s: t.reference for s, t in first.templates.items()} == {
        s: f"{s}@1.0.0" for s in ("plan", "code", "repair", "review")
    }
    assert (first.strategy.drafts, second.strategy.drafts) == (3, 1)
    assert second.strategy.review == first.strategy.review
    assert made.baseline == "a"


def test_the_strategy_starts_from_the_models_own(tmp_path: Path) -> None:
    made = resolve(
        defined({"a": variant(strategy={"drafts": 2})}, model="mine"),
        tasks=make_tasks(1),
        models={"mine": chat_model(base_url=NOWHERE, model="qwen2.5-coder-0.5b")},
    )

    assert made.variants[0].strategy.drafts == 2
    # The catalogue's entry of that name says: review never.
    assert made.variants[0].strategy.review == "never"


def test_parameters_make_a_model_of_its_own_and_equal_ones_share_it() -> None:
    hot = {"parameters": {"temperature": 0.9, "max_tokens": 99}}
    made = live({"a": variant(), "b": variant(**hot), "c": variant(**hot), "d": variant()})

    a, b, c, d = (v.model for v in made.variants)
    assert (a.temperature, b.temperature, b.max_tokens) == (0.2, 0.9, 99)  # type: ignore[attr-defined]
    assert b is c
    assert a is d


def test_a_stage_may_have_a_model_of_its_own() -> None:
    other = chat_model(base_url=NOWHERE, model="other")
    given = defined({"a": variant(models={"review": "big"})})
    model = chat_model(base_url=NOWHERE, model="scripted")

    made = resolve(given, tasks=make_tasks(1), models={"": model, "big": other}).variants[0]

    assert made.model_of("review").model == "other"  # type: ignore[attr-defined]
    assert made.model_of("code").model == "scripted"  # type: ignore[attr-defined]


def test_the_baseline_runs_again_only_where_trials_cannot_show_the_noise() -> None:
    both = {"a": variant(), "b": variant(strategy={"drafts": 1})}

    assert [v.name for v in live(both, aa=0.25, baseline="b").variants] == ["a", "b", "b:again"]
    assert live(both, aa=0.25).variants[-1].salt == "again"
    assert [v.name for v in live(both, aa=0.25, trials=2).variants] == ["a", "b"]
    assert [v.name for v in live(both, aa=0.0).variants] == ["a", "b"]


def test_a_path_starts_from_the_definitions_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_prompt(tmp_path / "mine.md", "review", "Be careful.")
    monkeypatch.chdir("/")
    given = defined({"a": variant(prompts={"stages": {"review": "./mine.md"}}, **REVIEWED)})
    model = chat_model(base_url=NOWHERE, model="scripted")

    made = resolve(given, base=tmp_path, tasks=make_tasks(1), models={"": model})

    assert made.variants[0].templates["review"].version == "9.0.0"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prompts": {"set": "smal"}}, "variant 'b': there is no set 'smal'"),
        (
            {"prompts": {"stages": {"review": "review@7.0.0"}}},
            "variant 'b': 'review' has no version 7",
        ),
        ({"prompts": {"stages": {"review": "./none.md"}}}, "variant 'b': there is no prompt file"),
        ({"prompts_dir": "none"}, "variant 'b': the prompt folder 'none'"),
        ({"model": "lokal"}, "variant 'b': no model is called 'lokal'.*local"),
        ({"models": {"code": "lokal"}}, "variant 'b': no model is called 'lokal'"),
        ({"parameters": {"top_k": 3}}, "variant 'b': the model given .* has no 'top_k'"),
        (
            {"prompts": {"stages": {"review": "review@1.0.0"}}, "strategy": {"review": "never"}},
            "variant 'b': 'review' is never asked.*Set review: decide",
        ),
        (
            {"prompts": {"stages": {"plan": "plan@1.0.0"}}, "strategy": {"plan": "never"}},
            "'plan' is never asked.*Set plan: always",
        ),
        ({"models": {"repair": ""}, "strategy": {"repairs": 0}}, "'repair' is never asked"),
    ],
)
def test_what_is_missing_is_told_with_its_variant(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(LabError, match=said):
        live({"a": variant(), "b": variant(**fields)})


def test_a_set_that_names_too_few_stages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "small.yaml").write_text("plan: plan\ncode: code\n")
    fields = {"prompts": {"set": "small"}, "prompts_dir": str(tmp_path)}

    with pytest.raises(LabError, match=r"variant 'a': .*names no prompt for repair, review"):
        live({"a": variant(**fields)})


def test_an_error_is_placed_where_the_caller_knows_the_line() -> None:
    given = defined({"a": variant(prompts={"stages": {"code": "code@7.0.0"}})})

    with pytest.raises(LabError, match=r"^<variants.a.prompts.stages.code> variant 'a'"):
        resolve(given, tasks=make_tasks(1), where=lambda key: f"<{'.'.join(key)}> ")


def test_tasks_that_cannot_be_graded_are_refused_before_a_model_is_made() -> None:
    broken = [LabTask(f"x{n}", Task(request="x"), HiddenCheck("f", "def (")) for n in range(5)]
    given = defined({"a": variant(model="no such model")})

    with pytest.raises(LabError, match=r"task 'x0': the hidden check does not compile.*and 2 more"):
        resolve(given, tasks=[task(1), *broken])


def test_tasks_come_from_the_definition_where_none_are_given() -> None:
    given = defined({"a": variant()}, tasks=TaskSource(set="humaneval", limit=2))
    model = chat_model(base_url=NOWHERE, model="scripted")

    assert len(resolve(given, models={"": model}).tasks.tasks) == 2
    with pytest.raises(LabError, match="exactly one of 'set' and 'path'"):
        resolve(defined({"a": variant()}), models={"": model})


def overlay(path: Path, *stages: str) -> str:
    """A folder with other prompts for some stages."""
    for stage in stages:
        (path / stage).mkdir()
        own_prompt(path / stage / "9.0.0.md", stage, "Be careful.")
    return str(path)


@pytest.mark.parametrize("by", ["prompts_dir", "set"])
def test_another_prompt_that_nobody_asks_is_refused_wherever_it_comes_from(
    tmp_path: Path, by: str
) -> None:
    folder = overlay(tmp_path, "review")
    never = {"strategy": {"review": "never"}}
    before: dict[str, Any] = {**never}
    after: dict[str, Any] = {**never, "prompts_dir": folder}
    if by == "set":
        (tmp_path / "sets").mkdir()
        four = {s: f"{s}@1.0.0" for s in ("plan", "code", "repair")} | {"review": "review@9.0.0"}
        lines = "".join(f"{stage}: {selector}\n" for stage, selector in four.items())
        (tmp_path / "sets" / "other.yaml").write_text(lines)
        before |= {"prompts_dir": folder, "prompts": {"stages": {}}}
        (tmp_path / "channels.yaml").write_text("review: {production: 1.0.0}\n")
        after["prompts"] = {"set": "other"}

    with pytest.raises(LabError, match=r"'b': of its prompts only review differ.*review: decide"):
        live({"a": variant(**before), "b": variant(**after)})

    asked = {"strategy": {"review": "decide"}}
    assert live({"a": variant(**{**before, **asked}), "b": variant(**{**after, **asked})})


def test_a_folder_that_changes_an_asked_prompt_too_is_taken_and_noted(tmp_path: Path) -> None:
    folder = overlay(tmp_path, "review", "code")
    never = {"strategy": {"review": "never"}}

    made = live({"a": variant(**never), "b": variant(**never, prompts_dir=folder)})

    assert any("'b' has another prompt for review than 'a'" in note for note in notes(made, 12))


def test_tasks_of_one_id_are_refused_in_a_set_that_is_given_too() -> None:
    twice = replace(make_tasks(2), tasks=(*make_tasks(2).tasks, task(1)))
    model = chat_model(base_url=NOWHERE, model="scripted")

    with pytest.raises(LabError, match=r"the same id 't/1'"):
        resolve(defined({"a": variant()}), tasks=twice, models={"": model})


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    url = "http://me:open-sesame@127.0.0.1:9/v1"  # pragma: allowlist secret

    with pytest.raises(LabError, match="variant 'b': base_url holds a name or a pass") as refused:
        live({"a": variant(), "b": variant(base_url=url)})
    assert "sesame" not in str(refused.value)
