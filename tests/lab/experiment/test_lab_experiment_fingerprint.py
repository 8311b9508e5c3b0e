"""What may change of an experiment after half of it was measured, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from experiment_kit import NOWHERE, defined, live, own_prompt, variant
from lab_kit import make_tasks

from triptych import chat_model
from triptych.lab.experiment.fingerprint import differences, fingerprint, grown
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.experiment.seen import seen_model
from triptych.lab.frozen import Fingerprint

BOTH = {"a": variant(), "b": variant(strategy={"drafts": 1})}


def frozen(count: int = 12, **more: Any) -> Fingerprint:
    return fingerprint(live(more.pop("variants", BOTH), count, **more))


def test_an_equal_experiment_has_no_differences_after_a_round_trip_through_json() -> None:
    made = frozen()

    assert differences(Fingerprint.model_validate_json(made.model_dump_json()), frozen()) == []
    assert grown(made, frozen()) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "seed: 0 in the record, 1 now"),
        ({"margin": 0.1}, "margin: 0.02 in the record, 0.1 now"),
        ({"alpha": 0.01}, "alpha: 0.05 in the record, 0.01 now"),
        ({"baseline": "b"}, "baseline: a in the record, b now"),
        ({"name": "other"}, "name: experiment in the record, other now"),
        ({"share_calls": False}, "share_calls: True in the record, False now"),
        ({"stop_early": True}, "stop_early: False in the record, True now"),
        ({"aa": 0.5}, "aa: 0.0 in the record, 0.5 now"),
        ({"variants": {"a": variant()}}, "variants.b: something in the record, nothing now"),
        (
            {"variants": {**BOTH, "c": variant()}},
            "variants.c: nothing in the record, something now",
        ),
        (
            {"variants": {**BOTH, "b": variant(strategy={"drafts": 5})}},
            "variants.b.strategy.drafts: 1 in the record, 5 now",
        ),
        (
            {"variants": {**BOTH, "b": variant(strategy={"drafts": 1}, budget={"calls": 5})}},
            "variants.b.budget.calls: None in the record, 5 now",
        ),
        (
            {"variants": {**BOTH, "a": variant(parameters={"temperature": 0.9})}},
            "variants.a.model.parameters.temperature: 0.2 in the record, 0.9 now",
        ),
    ],
    ids=str,
)
def test_a_change_is_refused_and_named(change: dict[str, Any], said: str) -> None:
    assert differences(frozen(), frozen(**change)) == [said]


def test_another_prompt_is_named_by_reference_and_another_text_of_one_as_such(
    tmp_path: Path,
) -> None:
    one = own_prompt(tmp_path / "one.md", "code", "Be short.")
    two = own_prompt(tmp_path / "two.md", "code", "Be long.")

    def with_code(selector: str) -> Fingerprint:
        return frozen(variants={"a": variant(prompts={"stages": {"code": selector}})})

    assert differences(with_code("code@1.0.0"), with_code(str(one))) == [
        "variants.a.prompts.code: code@1.0.0 in the record, code@9.0.0 now"
    ]
    assert differences(with_code(str(one)), with_code(str(two))) == [
        "variants.a.prompts.code: the text of code@9.0.0 is another now"
    ]


def test_the_same_prompt_by_another_selector_is_no_difference() -> None:
    def with_code(selector: str) -> Fingerprint:
        return frozen(variants={"a": variant(prompts={"stages": {"code": selector}})})

    assert differences(with_code("code@production"), with_code("code@1.0.0")) == []


def test_the_description_and_versions_may_change() -> None:
    made = frozen().model_copy(update={"made_with": {"python": "2.7"}})

    assert differences(made, frozen(description="new")) == []


def test_more_tasks_and_trials_are_growth_and_are_remembered() -> None:
    small, large = frozen(12), frozen(20, trials=3, k=[1, 3])

    assert differences(small, large) == []
    made = grown(small, large)
    assert made is not None
    assert (len(made.tasks), made.trials, made.k) == (20, 3, [1, 3])
    assert made.grown == [{"tasks": 12, "trials": 1}]
    larger = grown(made, frozen(30, trials=3, k=[1, 3]))
    assert larger is not None
    assert larger.grown == [{"tasks": 12, "trials": 1}, {"tasks": 20, "trials": 3}]


def test_growth_into_trials_keeps_the_baselines_second_self() -> None:
    small, large = frozen(aa=0.5), frozen(aa=0.5, trials=2)

    assert "a:again" in small.variants
    assert "a:again" not in large.variants
    assert differences(small, large) == []
    made = grown(small, large)
    assert made is not None
    assert "a:again" in made.variants


def test_fewer_trials_or_tasks_are_refused() -> None:
    assert differences(frozen(trials=2), frozen()) == ["trials: 2 in the record, 1 now"]
    assert differences(frozen(12), frozen(10)) == [
        "tasks: 2 of the record's are missing now (t/10, t/11)"
    ]


def test_a_changed_task_is_named() -> None:
    tasks = make_tasks(12)
    first = replace(tasks.tasks[0], family="x")
    model = chat_model(base_url=NOWHERE, model="scripted", temperature=0.2)
    changed = resolve(
        defined(BOTH),
        tasks=replace(tasks, tasks=(first, *tasks.tasks[1:])),
        models={"": model},
    )

    assert differences(frozen(), fingerprint(changed)) == [
        "tasks: 1 of the record's is another now (t/0)"
    ]


def test_an_experiment_that_ends_by_itself_does_not_grow() -> None:
    found = differences(frozen(stop_early=True), frozen(20, stop_early=True))

    assert len(found) == 1
    assert "stop_early" in found[0]


def test_nothing_in_it_tells_this_machine_or_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = own_prompt(tmp_path / "mine.md", "code", "Be short.")
    key = "nvapi-marked-of-this-test"
    monkeypatch.setenv("NVIDIA_API_KEY", key)
    hosted = chat_model("devstral")
    own = chat_model(base_url="http://10.1.2.3:8000/v1", model="m", api_key=key)

    def of(model: Any) -> Resolved:
        given = defined({"a": variant(prompts={"stages": {"code": str(prompt)}})})
        return resolve(given, tasks=make_tasks(1), models={"": model})

    told: Callable[[Any], str] = lambda model: fingerprint(of(model)).model_dump_json()  # noqa: E731
    for text in (told(hosted), told(own)):
        assert str(tmp_path) not in text
        assert key not in text
    assert fingerprint(of(hosted)).variants["a"].model.place == "hosted"
    assert fingerprint(of(own)).variants["a"].model.place == "10.1.2.3:8000"
    reference = fingerprint(of(own)).variants["a"].prompts["code"]
    assert (reference.layer, reference.selector) == ("mine.md", "mine.md")


def test_a_hidden_check_is_in_it_as_a_hash_only() -> None:
    text = frozen().model_dump_json()

    assert "secret" not in text
    assert make_tasks(1).tasks[0].sha256 in text


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://gpu:8000/v1", "gpu:8000"),
        ("http://gpu:8000/a/v1", "gpu:8000/a"),
        ("http://gpu:8000/b/v1/", "gpu:8000/b"),
        ("http://gpu:8000@gpu:8000/a?key=x", "gpu:8000/a"),
        ("http://me:word@gpu:8000/v1", "gpu:8000"),  # pragma: allowlist secret
        ("https://integrate.api.nvidia.com/v1", "hosted"),
    ],
)
def test_two_endpoints_of_one_host_are_two_places(url: str, place: str) -> None:
    model = SimpleNamespace(base_url=url, model="m")

    assert seen_model(cast("Any", model)).place == place


def test_families_are_told_and_may_be_told_later() -> None:
    tasks = make_tasks(3)
    a, b, alone = tasks.tasks
    shared = replace(tasks, tasks=(replace(a, family="f"), replace(b, family="f"), alone))
    models = {"": chat_model(base_url=NOWHERE, model="scripted")}
    told = fingerprint(resolve(defined(BOTH), tasks=shared, models=models))

    assert told.families == {a.id: "f", b.id: "f"}
    assert not list(differences(told.model_copy(update={"families": {}}), told))
