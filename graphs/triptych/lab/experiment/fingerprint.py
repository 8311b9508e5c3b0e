"""What must not change within a record: made, compared, and grown."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from triptych.lab.experiment.live import LiveVariant, Resolved
from triptych.lab.experiment.seen import seen_model
from triptych.lab.frozen import AGAIN, Fingerprint, FrozenVariant, TemplateRef
from triptych.lab.words import Variant
from triptych.prompts import BUILT_IN, Template
from triptych.state import to_json

PACKAGES = (
    "triptych",
    "langchain-core",
    "langchain-nvidia-ai-endpoints",
    "langgraph",
    "xllamacpp",
)

INFORMATIONAL = ("description", "families", "made_with", "grown")
"""Fields that may change; a task's family is in its hash, too."""

SAME_BYTES = ("layer", "selector")
"""Fields of a template that may change: its reference and its hash say what it is."""

SHOWN = 3
"""So many tasks are named where many differ."""


def fingerprint(resolved: Resolved) -> Fingerprint:
    """An experiment as its record keeps it. No path of this machine and no key is in it."""
    experiment = resolved.experiment
    return Fingerprint(
        name=experiment.name,
        description=experiment.description,
        baseline=resolved.baseline,
        task_set=resolved.tasks.name,
        task_version=resolved.tasks.version,
        tasks={task.id: task.sha256 for task in resolved.tasks.tasks},
        families={task.id: task.family for task in resolved.tasks.tasks if task.family},
        variants={v.name: _frozen(v, experiment.variants.get(v.name)) for v in resolved.variants},
        trials=experiment.trials,
        seed=experiment.seed,
        margin=experiment.margin,
        alpha=experiment.alpha,
        k=sorted(set(experiment.k)),
        aa=experiment.aa,
        share_calls=experiment.share_calls,
        stop_early=experiment.stop_early,
        ablation=dict(resolved.ablation),
        made_with=versions(),
    )


def versions() -> dict[str, str]:
    """The versions of what makes the answers; they may change within a record."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "unknown"
    return found


def differences(old: Fingerprint, new: Fingerprint) -> list[str]:
    """Why a record cannot be gone on with; empty if it can.

    Growth is no difference: more trials, or more tasks of the same set. With `stop_early` it is,
    because the rule that ends the run was made for the size that was planned.

    Args:
        old: The record's.
        new: What is to be measured now.

    Returns:
        One line each, such as ``trials: 5 in the record, 3 now``.
    """
    found = _tasks(old, new)
    one, other = _compared(old), _compared(new)
    if new.trials > old.trials:
        # With more of them pass@k can be told for a larger k, which changes nothing measured.
        one |= {name: other[name] for name in ("trials", "k")}
    found += _differing(one, other, "")
    if grew(old, new) and old.stop_early:
        found.append(
            "stop_early: the record was to end by itself at "
            f"{len(old.tasks)} tasks and {old.trials} trials, and it is to grow now"
        )
    return found


def grew(old: Fingerprint, new: Fingerprint) -> bool:
    """True if there are more tasks or trials now."""
    return len(new.tasks) > len(old.tasks) or new.trials > old.trials


def grown(old: Fingerprint, new: Fingerprint) -> Fingerprint | None:
    """The fingerprint of a record that has grown; None if nothing grew.

    It says what was there before, because a verdict may have been looked at then; and it keeps the
    baseline's second self, whose cells stay in the record when trials take its place.
    """
    if not grew(old, new):
        return None
    again = {name: v for name, v in old.variants.items() if name.endswith(AGAIN)}
    before = {"tasks": len(old.tasks), "trials": old.trials}
    return new.model_copy(
        update={"variants": {**again, **new.variants}, "grown": [*old.grown, before]}
    )


def _frozen(variant: LiveVariant, asked: Variant | None) -> FrozenVariant:
    return FrozenVariant(
        prompts={s: _reference(s, t, asked) for s, t in variant.templates.items()},
        model=seen_model(variant.model),
        models={stage: seen_model(model) for stage, model in variant.models.items()},
        strategy=variant.strategy,
        budget=variant.budget,
        salt=variant.salt,
    )


def _reference(stage: str, template: Template, asked: Variant | None) -> TemplateRef:
    selector = template.reference
    if asked is not None:
        own: Mapping[str, str] = {str(s): text for s, text in asked.prompts.stages.items()}
        selector = own.get(stage) or f"sets/{asked.prompts.set}.yaml"
    layer = BUILT_IN if template.layer == BUILT_IN else _without_place(template.layer)
    return TemplateRef(
        reference=template.reference,
        sha256=template.sha256,
        layer=layer,
        selector=_without_place(selector),
    )


def _without_place(text: str) -> str:
    """A path as a record may tell it: a relative one, or its name alone."""
    own = os.path.isabs(text) or text.startswith("~") or ".." in Path(text).parts
    return Path(text).name if own else text


def _tasks(old: Fingerprint, new: Fingerprint) -> list[str]:
    missing = [id for id in old.tasks if id not in new.tasks]
    changed = [id for id, sha in old.tasks.items() if new.tasks.get(id, sha) != sha]
    return [
        f"tasks: {len(names)} of the record's {_are(names)} {what} now ({_few(names)})"
        for names, what in ((missing, "missing"), (changed, "another"))
        if names
    ]


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _compared(one: Fingerprint) -> dict[str, Any]:
    """The values that must stay, without the tasks, which are compared by themselves."""
    data = to_json(one)
    for name in (*INFORMATIONAL, "tasks"):
        del data[name]
    # Which variants there are beside those of the definition follows from the other fields.
    data["variants"] = {n: v for n, v in data["variants"].items() if not n.endswith(AGAIN)}
    for variant in data["variants"].values():
        for template in variant["prompts"].values():
            for name in SAME_BYTES:
                del template[name]
    return data


def _differing(old: Any, new: Any, place: str) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = dict.fromkeys((*old, *new))
        found = []
        for key in keys:
            here = f"{place}.{key}" if place else str(key)
            if place.endswith(".prompts") and key in old and key in new:
                found += _template(old[key], new[key], here)
            else:
                found += _differing(old.get(key, ABSENT), new.get(key, ABSENT), here)
        return found
    if old == new:
        return []
    return [f"{place}: {_told(old)} in the record, {_told(new)} now"]


def _template(old: Mapping[str, str], new: Mapping[str, str], place: str) -> list[str]:
    if old == new:
        return []
    if old["reference"] != new["reference"]:
        return [f"{place}: {old['reference']} in the record, {new['reference']} now"]
    return [f"{place}: the text of {old['reference']} is another now"]


ABSENT = object()


def _told(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    if isinstance(value, dict):
        return "something"
    return str(value)
