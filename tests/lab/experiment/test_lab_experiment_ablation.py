"""One stage exchanged at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiment_kit import live, own_prompt, variant

from triptych.errors import LabError
from triptych.lab.experiment.ablation import ablation_variants
from triptych.lab.experiment.live import Resolved

FULL = {"plan": "always", "repairs": 1, "review": "decide"}


@pytest.fixture
def made(tmp_path: Path) -> Resolved:
    code = str(own_prompt(tmp_path / "code.md", "code", "Be short."))
    candidate = variant(
        prompts={"stages": {"code": code}}, strategy={**FULL, "plan": "never", "repairs": 2}
    )
    return live({"old": variant(strategy=FULL), "new": candidate}, ablate="new")


def test_each_differing_stage_is_exchanged_in_both_directions(made: Resolved) -> None:
    assert made.ablation == {
        "new:only-plan": "plan",
        "new:without-plan": "plan",
        "new:only-code": "code",
        "new:without-code": "code",
        "new:only-repair": "repair",
        "new:without-repair": "repair",
    }
    assert [v.name for v in made.variants] == ["old", "new", *made.ablation]


def test_only_is_the_baseline_with_one_stage_of_the_candidate(made: Resolved) -> None:
    old, new = made.variant("old"), made.variant("new")

    code = made.variant("new:only-code")
    assert code.templates == {**old.templates, "code": new.templates["code"]}
    assert code.strategy == old.strategy
    plan = made.variant("new:only-plan")
    assert plan.templates == old.templates
    assert plan.strategy == old.strategy.model_copy(update={"plan": "never"})


def test_without_is_the_candidate_with_one_stage_of_the_baseline(made: Resolved) -> None:
    old, new = made.variant("old"), made.variant("new")

    code = made.variant("new:without-code")
    assert code.templates == {**new.templates, "code": old.templates["code"]}
    assert code.strategy == new.strategy
    repair = made.variant("new:without-repair")
    assert repair.strategy == new.strategy.model_copy(update={"repairs": 1})


def test_another_model_can_be_exchanged_stage_by_stage() -> None:
    two = live({"a": variant(), "b": variant(parameters={"temperature": 0.9})})
    a, b = two.variants

    made = ablation_variants(a, b)

    only = made["b:only-code"][0]
    assert only.model_of("code") is b.model
    assert only.model_of("review") is a.model


def test_variants_that_differ_in_one_stage_cannot_be_taken_apart(tmp_path: Path) -> None:
    code = str(own_prompt(tmp_path / "code.md", "code", "Be short."))

    with pytest.raises(LabError, match="'b' differs from 'a' only in code"):
        live({"a": variant(), "b": variant(prompts={"stages": {"code": code}})}, ablate="b")
    with pytest.raises(LabError, match="in no stage"):
        live({"a": variant(), "b": variant()}, ablate="b")


def test_a_stage_that_neither_asks_does_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    (folder / "review").mkdir(parents=True)
    (folder / "code").mkdir()
    own_prompt(folder / "review" / "9.0.0.md", "review", "Be careful.")
    own_prompt(folder / "code" / "9.0.0.md", "code", "Be short.")
    never = {"review": "never", "repairs": 0, "plan": "never"}

    with pytest.raises(LabError, match="only in code"):
        live(
            {
                "a": variant(strategy=never),
                "b": variant(strategy=never, prompts_dir=str(folder)),
            },
            ablate="b",
        )
