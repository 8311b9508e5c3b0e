"""The everyday question as an experiment: one prompt against another, all else equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triptych.errors import LabError
from triptych.lab.experiment.live import asks
from triptych.lab.words import PASS_MARGIN, Experiment, Prompts, TaskSource, Variant
from triptych.prompts import Template, library
from triptych.resources import Resources, strategy_for
from triptych.state import STAGES, Options, Stage, Strategy


def comparison(  # noqa: PLR0913 - each is a field of the experiment
    before: str,
    after: str,
    *,
    tasks: TaskSource,
    stage: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    strategy: Strategy | None = None,
    trials: int = 1,
    margin: float = PASS_MARGIN,
    prompts_dir: str | None = None,
    concurrency: int | None = None,
    seed: int = 0,
) -> Experiment:
    """An experiment of two variants that differ in one prompt.

    A stage that the model's own strategy never asks is switched on in both, and `description` of
    the experiment says so. What `strategy` sets is left as it is set.

    Args:
        before: Selector of the prompt that is in use: the baseline.
        after: Selector of the other one.
        tasks: What to measure on.
        stage: What both are prompts of; None: what the files say (their name without the line).
        model: A name of `chat_model`; with `base_url`, its name there.
        base_url: A self-hosted endpoint.
        strategy: Fields that change the model's own default.
        trials: Repetitions of each task, each with its seed.
        margin: The loss of pass rate that would not matter.
        prompts_dir: A folder that overlays the library.
        concurrency: Blocks at once.
        seed: Of the experiment.

    Raises:
        LabError: The two are prompts of different stages, or one and the same.
        PromptError: A selector names no prompt.
        UnknownModelError: The catalogue has no such model.
    """
    books = library(prompts_dir)
    one, other = books.get(before), books.get(after)
    of = _stage(one, other, stage)
    if one.sha256 == other.sha256:
        raise LabError(
            f"'{before}' and '{after}' are the same prompt, {one.reference}.",
            "Change one of them; what a prompt differs from itself by is measured in every run.",
        )
    names = _names(_name(before, one), _name(after, other))
    added = _switches(of, strategy, model, base_url)
    asked = {**(strategy.model_dump(exclude_unset=True) if strategy else {}), **added}

    def variant(selector: str) -> Variant:
        return Variant(
            base_url=base_url,
            prompts=Prompts(stages={of: selector}),
            prompts_dir=prompts_dir,
            strategy=Strategy.model_validate(asked) if asked else None,
        )

    return Experiment(
        name=f"compare-{of}",
        description=_described(of, added),
        tasks=tasks,
        model=model,
        variants={names[0]: variant(before), names[1]: variant(after)},
        baseline=names[0],
        trials=trials,
        margin=margin,
        concurrency=concurrency,
        seed=seed,
        k=sorted({1, trials}),
    )


def strategy_from(fields: Mapping[str, str]) -> Strategy:
    """A strategy with only the fields that are given as text, such as ``{"repairs": "1"}``.

    Raises:
        LabError: A field has a value that it cannot have.
    """
    try:
        return Strategy.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise LabError(
            f"The strategy's {name} cannot be {first['input']!r}: {first['msg']}.",
            "Write it as review=decide,repairs=1.",
        ) from None


def switches(stage: Stage, strategy: Strategy) -> dict[str, Any]:
    """The fields of a strategy that must change for a stage to be asked; empty if it is."""
    if stage in asks(strategy):
        return {}
    wanted: dict[Stage, dict[str, Any]] = {
        "plan": {"plan": "always"},
        "repair": {"repairs": 1},
        # A review that may not lead to a repair changes nothing of what is delivered.
        "review": {"review": "decide", "repairs": max(strategy.repairs, 1)},
    }
    return wanted[stage]


def _stage(one: Template, other: Template, wanted: str | None) -> Stage:
    names = {one.name, other.name}
    name = wanted or one.name
    if wanted is None and len(names) > 1:
        raise LabError(
            f"'{one.reference}' and '{other.reference}' are prompts of two stages.",
            "Compare two of one stage, or say which with --stage.",
        )
    if name not in STAGES:
        raise LabError(
            f"'{name}' is no stage of a run, so that no run would ask it.",
            f"Stages: {', '.join(STAGES)}; say which with --stage.",
        )
    return next(s for s in STAGES if s == name)


def _switches(
    stage: Stage, strategy: Strategy | None, model: str | None, base_url: str | None
) -> dict[str, Any]:
    options = Options(model=model, base_url=base_url, strategy=strategy)
    entry = Resources().entry(options)
    set_by_user = strategy.model_fields_set if strategy else set()
    needed = switches(stage, strategy_for(entry, options))
    return {field: value for field, value in needed.items() if field not in set_by_user}


def _described(stage: Stage, added: Mapping[str, Any]) -> str:
    if not added:
        return ""
    fields = ", ".join(f"{field}={value}" for field, value in added.items())
    return (
        f"The model's own strategy never asks '{stage}': it is switched on in both variants "
        f"({fields})."
    )


def _name(selector: str, template: Template) -> str:
    """A variant's name: the file's, or the prompt's with its version."""
    if selector.endswith(".md"):
        made = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(selector).stem).strip("-")
        return made or template.full_name
    return f"{template.full_name}-{template.version}"


def _names(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one != other else (one, f"{other}-new")
