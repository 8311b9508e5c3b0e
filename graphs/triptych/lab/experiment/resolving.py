"""From a definition to what is measured: everything is found before anything is spent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from langchain_core.language_models import BaseChatModel

from triptych.errors import LabError, TriptychError
from triptych.lab.experiment.ablation import ablation_variants, rewritten
from triptych.lab.experiment.consistent import Key, Where, consistent, nowhere
from triptych.lab.experiment.live import LiveVariant, Resolved
from triptych.lab.experiment.live_models import Models
from triptych.lab.experiment.sound import refuse_unsound
from triptych.lab.frozen import AGAIN
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.sets import load
from triptych.lab.tasks.task import LabTask, TaskSet
from triptych.lab.words import Experiment, Variant
from triptych.prompts import Template, library
from triptych.resources import entry_of, strategy_for
from triptych.state import STAGES, Options, Stage


def resolve(
    experiment: Experiment,
    *,
    base: Path = Path(),
    tasks: TaskSet | Iterable[LabTask] | None = None,
    models: Mapping[str, BaseChatModel] | None = None,
    where: Where = nowhere,
) -> Resolved:
    """Find all that an experiment names: tasks, templates, models, strategies.

    Args:
        experiment: The definition.
        base: What its relative paths start from.
        tasks: Given in place of those that it names.
        models: Name to ready model, in place of the catalogue's; "" is for variants that name none.
        where: Places an error in the file that the definition came from.

    Raises:
        LabError: Something is missing or contradicts itself, a task cannot be graded, or a variant
            changes a stage that is never asked. The error names the variant.
        ModelError: A model cannot be made ready.
    """
    baseline = consistent(experiment, where)
    found = _tasks(experiment, base, tasks, where)
    refuse_unsound(found)
    live = Models(experiment, models or {})
    templates = {}
    for name, variant in experiment.variants.items():
        templates[name] = _templates(name, variant, base, where)
        for key, stage_model in _named_models(name, variant):
            with _told(key, name, where):
                live.check(variant, stage_model)
    made = [
        _variant(name, variant, templates[name], live, where)
        for name, variant in experiment.variants.items()
    ]
    first = next(v for v in made if v.name == baseline)
    for one in made:
        _refuse_unasked(one, experiment.variants[one.name], where)
        _refuse_unused(one, first, experiment.variants[one.name], where)
    ablation: dict[str, str] = {}
    if experiment.trials == 1 and experiment.aa > 0:
        made.append(replace(first, name=baseline + AGAIN, salt="again"))
    if experiment.ablate is not None:
        candidate = next(v for v in made if v.name == experiment.ablate)
        with _told(("ablate",), "", where):
            between = ablation_variants(first, candidate)
        made += [variant for variant, _ in between.values()]
        ablation = {name: stage for name, (_, stage) in between.items()}
    return Resolved(experiment, found, tuple(made), baseline, ablation)


@contextmanager
def _told(key: Key, variant: str, where: Where) -> Iterator[None]:
    """What goes wrong inside is told with its variant and its place."""
    try:
        yield
    except TriptychError as error:
        about = f"variant '{variant}': " if variant else ""
        made = LabError(f"{where(key)}{about}{_lower(error.message)}", error.cure)
        raise made from error


def _lower(text: str) -> str:
    """A sentence as it goes on behind a colon; file names and quotes stay as they are."""
    return text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z']* ", text) else text


def _tasks(
    experiment: Experiment,
    base: Path,
    given: TaskSet | Iterable[LabTask] | None,
    where: Where,
) -> TaskSet:
    if isinstance(given, TaskSet):
        task_set(given.tasks, given.name)  # refuses what a set of one's own may still hold
        return given
    if given is not None:
        return task_set(given)
    with _told(("tasks",), "", where):
        return load(experiment.tasks, base)


def _templates(name: str, variant: Variant, base: Path, where: Where) -> dict[Stage, Template]:
    key = ("variants", name)
    overlay = variant.prompts_dir
    with _told((*key, "prompts_dir"), name, where):
        books = library(None if overlay is None else base / Path(overlay).expanduser())
    with _told((*key, "prompts", "set"), name, where):
        chosen = books.select({}, variant.prompts.set)
    for stage, selector in variant.prompts.stages.items():
        with _told((*key, "prompts", "stages", stage), name, where):
            chosen[stage] = books.get(_based(selector, base))
    missing = [stage for stage in STAGES if stage not in chosen]
    if missing:
        raise LabError(
            f"{where((*key, 'prompts', 'set'))}variant '{name}': the set '{variant.prompts.set}' "
            f"names no prompt for {', '.join(missing)}.",
            f"Add a line '{missing[0]}: {missing[0]}' to it.",
        )
    return {stage: chosen[stage] for stage in STAGES}


def _based(selector: str, base: Path) -> str:
    """A selector whose path, if it is one, starts from `base`."""
    if not selector.endswith(".md") or os.sep not in selector or base == Path():
        return selector
    return os.path.join(base, os.path.expanduser(selector))


def _named_models(name: str, variant: Variant) -> Iterator[tuple[Key, str | None]]:
    key = ("variants", name)
    yield (*key, "parameters") if variant.model is None else (*key, "model"), None
    for stage, model in variant.models.items():
        yield (*key, "models", stage), model


def _variant(
    name: str,
    variant: Variant,
    templates: Mapping[Stage, Template],
    live: Models,
    where: Where,
) -> LiveVariant:
    key = ("variants", name)
    with _told((*key, "model"), name, where):
        model = live.of(variant)
    stage_models: dict[Stage, BaseChatModel] = {}
    for stage, asked in variant.models.items():
        with _told((*key, "models", stage), name, where):
            stage_models[stage] = live.of(variant, asked)
    strategy = strategy_for(entry_of(model), Options(strategy=variant.strategy))
    return LiveVariant(name, templates, model, stage_models, strategy, variant.budget)


def _refuse_unasked(live: LiveVariant, variant: Variant, where: Where) -> None:
    """A changed prompt that no run would use makes a comparison of nothing."""
    for field, stages in (("prompts", variant.prompts.stages), ("models", variant.models)):
        for stage in cast("Iterable[Stage]", stages):
            if stage not in live.asks:
                inner = ("stages", stage) if field == "prompts" else (stage,)
                place = where(("variants", live.name, field, *inner))
                raise LabError(
                    f"{place}variant '{live.name}': '{stage}' is never asked by this strategy: "
                    "the comparison would be of nothing.",
                    f"Set {_cure_for(stage)} in the variant's strategy.",
                )


def _refuse_unused(live: LiveVariant, first: LiveVariant, variant: Variant, where: Where) -> None:
    """The same for prompts that come from a set or a folder: one that is used is enough."""
    changed = rewritten(first, live)
    if not changed or set(changed) & (live.asks | first.asks):
        return
    field = ("prompts_dir",) if variant.prompts_dir is not None else ("prompts", "set")
    raise LabError(
        f"{where(('variants', live.name, *field))}variant '{live.name}': of its prompts only "
        f"{', '.join(changed)} differ from those of '{first.name}', and neither strategy asks "
        "them: the comparison would be of nothing.",
        f"Set {_cure_for(changed[0])} in both strategies, or leave the change out.",
    )


def _cure_for(stage: Stage) -> str:
    """The setting of a strategy that makes it ask a stage."""
    return {"plan": "plan: always", "repair": "repairs: 1", "review": "review: decide"}[stage]


__all__ = ["LiveVariant", "Resolved", "resolve"]
