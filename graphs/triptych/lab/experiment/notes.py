"""What a careful reader should know of an experiment before it is measured."""

from __future__ import annotations

from collections.abc import Iterator

from triptych.lab.experiment.ablation import differing, rewritten
from triptych.lab.experiment.live import Resolved
from triptych.lab.frozen import AGAIN
from triptych.lab.results import LEAST_UNITS
from triptych.resources import entry_of, model_name


def notes(resolved: Resolved, units: int) -> tuple[str, ...]:
    """One sentence each; empty if there is nothing to say."""
    return (
        *_size(resolved, units),
        *_likeness(resolved),
        *_unused(resolved),
        *dict.fromkeys(_models(resolved)),
    )


def _size(resolved: Resolved, units: int) -> Iterator[str]:
    if units < LEAST_UNITS:
        many = len(resolved.tasks.tasks)
        what = f"{units} tasks" if units == many else f"{units} families of {many} tasks"
        yield f"There will be no verdict: {what} are too few, {LEAST_UNITS} are the least."


def _likeness(resolved: Resolved) -> Iterator[str]:
    first = resolved.variant(resolved.baseline)
    for variant in resolved.variants:
        generated = variant.name in resolved.ablation or variant.name.endswith(AGAIN)
        if variant.name == first.name or generated or differing(first, variant):
            continue
        if variant.budget != first.budget:
            continue
        shared = resolved.experiment.share_calls
        end = (
            "with share_calls all its calls are taken from there, so that nothing can differ: set "
            "share_calls: false to see the noise"
            if shared
            else "what differs is noise"
        )
        yield f"'{variant.name}' is the same as '{first.name}': {end}."


def _unused(resolved: Resolved) -> Iterator[str]:
    first = resolved.variant(resolved.baseline)
    for variant in resolved.variants:
        idle = [s for s in rewritten(first, variant) if s not in first.asks | variant.asks]
        if idle and variant.name not in resolved.ablation:
            yield (
                f"'{variant.name}' has another prompt for {', '.join(idle)} than '{first.name}', "
                "too, which no strategy of both asks: nothing is learnt of it."
            )


def _models(resolved: Resolved) -> Iterator[str]:
    for model in resolved.models:
        name = model_name(model)
        entry = entry_of(model)
        if entry is None or (entry.price is None and entry.kind != "local"):
            yield f"No price is known of {name}."
        if entry and entry.measured and entry.measured.seed_repeats is False:
            yield f"{name} does not honour seeds: a trial cannot be repeated there."
        if not hasattr(model, "recalling"):
            yield f"{name} is no model of triptych's own: its identical calls are not shared."
        if resolved.experiment.trials > 1 and getattr(model, "temperature", None) == 0:
            yield (
                f"{name} is asked at temperature 0: the trials of a task differ only where later "
                "drafts are sampled, and by rounding."
            )
