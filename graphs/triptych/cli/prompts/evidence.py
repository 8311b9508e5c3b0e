"""Whether a run of the lab justifies a move of a channel, and what of it is kept with the move."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.errors import PromptError
from triptych.prompts.folder import Folder
from triptych.prompts.library import Library
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from triptych.lab.frozen import Fingerprint, FrozenVariant
    from triptych.lab.results import Result

TRAINED_ON = "trained_on"
"""Key of a template's metadata: ids of the tasks on which its wording was searched."""

ALPHA = 0.05
"""The most that a record's own alpha may be: an experiment does not set its bar for promotion."""


@dataclass(frozen=True)
class Evidence:
    """What a run says of a move.

    Attributes:
        exit_code: 0 it justifies it, 1 it does not, 3 it has not been decided.
        why: The gate's sentence.
        comparison: What is kept with the move, plain JSON.
    """

    exit_code: int
    why: str
    comparison: Mapping[str, Any]


def evidence(
    out: Path,
    template: Template,
    present: Template,
    folder: Folder,
    library: Library,
    *,
    not_worse: bool,
) -> Evidence:
    """What a run says of moving a channel from one template to another.

    Args:
        out: The run's folder.
        template: What the channel is to point at.
        present: What it points at now.
        folder: The prompt folder; a run beside it is named by its path, others by their hash.
        library: Where their parents are found.
        not_worse: True if the verdict "not worse" is enough.

    Raises:
        LabError: There is no run, or it is damaged.
        PromptError: It compares something else, or more than these two, its own bar is too low,
            or what it compares was never asked.
    """
    from triptych.lab.analysis.gate import gate
    from triptych.lab.analysis.result import result
    from triptych.lab.folder import RunFolder

    run = RunFolder.open(out)
    frozen = run.fingerprint
    _bar(frozen)
    _held_out(template, present, frozen, library)
    found = result(run)
    name = _candidate(frozen, found, template, present)
    told = gate(found, variant=name, require="not-worse" if not_worse else "better")
    if not told.exit_code:
        _asked(frozen, found, name, template)
    one = next(c for c in found.comparisons if c.candidate == name)
    cells = _cells(out)
    kept = {
        **asdict(one),
        "task_set": found.task_set,
        "model": found.model,
        "fingerprint_sha256": found.fingerprint_sha256,
        "record": _record(out, folder) or f"sha256:{cells}",
        "cells_sha256": cells,
    }
    return Evidence(told.exit_code, told.why, _plain(kept))


def _bar(frozen: Fingerprint) -> None:
    """Refuse a record that sets its own bar lower than a move of a channel asks for."""
    from triptych.lab.words import PASS_MARGIN

    if frozen.alpha > ALPHA or frozen.margin > PASS_MARGIN:
        raise PromptError(
            f"The record was judged by margin {frozen.margin:g} and alpha {frozen.alpha:g}; for a "
            f"promotion they may be {PASS_MARGIN:g} and {ALPHA:g} at most.",
            f"Measure it with margin: {PASS_MARGIN:g} and alpha: {ALPHA:g}, into another folder.",
        )


def _asked(frozen: Fingerprint, found: Result, name: str, template: Template) -> None:
    """Refuse a record in which the prompt was never asked: what differs is then chance."""
    asked = {(row.variant, row.stage) for row in found.stages if row.calls or row.replayed}
    stages = _stages(frozen.variants[name], template)
    if not any({(name, stage), (frozen.baseline, stage)} <= asked for stage in stages):
        raise PromptError(
            f"The record never asked the stage {' or '.join(stages)} in both variants, and says "
            f"nothing of {template.reference}.",
            "Measure it with a strategy that asks it: --strategy …",
        )


def _candidate(frozen: Fingerprint, found: Result, template: Template, present: Template) -> str:
    """The variant that is the template against what the channel points at, and nothing more."""
    names = [c.candidate for c in found.comparisons if c.candidate in frozen.variants]
    base = frozen.variants[frozen.baseline]
    holding = [n for n in names if _stages(frozen.variants[n], template)]
    if not holding:
        held = sorted({r.reference for n in names for r in frozen.variants[n].prompts.values()})
        raise PromptError(
            f"The record is not of {template.reference} (sha256:{template.sha256[:12]}).",
            f"It compares {', '.join(held) or 'nothing'}; measure this version, as it is released.",
        )
    against = [
        n
        for n in holding
        if all(
            stage in base.prompts and base.prompts[stage].sha256 == present.sha256
            for stage in _stages(frozen.variants[n], template)
        )
    ]
    if not against:
        raise PromptError(
            f"The record does not compare {template.reference} with {present.reference}, "
            "which the channel points at now.",
            f"Measure it: triptych lab compare {present.reference} {template.reference} …",
        )
    alone = [n for n in against if not _other(frozen.variants[n], base, template)]
    if not alone:
        more = ", ".join(_other(frozen.variants[against[0]], base, template))
        raise PromptError(
            f"The record compares more than this prompt: {more}.",
            f"Measure it alone: triptych lab compare {present.reference} {template.reference} …",
        )
    return alone[0]


def _stages(variant: FrozenVariant, template: Template) -> list[str]:
    return [s for s, ref in variant.prompts.items() if ref.sha256 == template.sha256]


def _other(variant: FrozenVariant, base: FrozenVariant, template: Template) -> list[str]:
    """In what else a variant differs from the baseline."""
    own = _stages(variant, template)
    before = {stage: ref.sha256 for stage, ref in base.prompts.items()}
    found = [
        f"{stage} ({ref.reference})"
        for stage, ref in variant.prompts.items()
        if stage not in own and before.get(stage) != ref.sha256
    ]
    parts = ("model", "models", "strategy", "budget")
    return found + [part for part in parts if getattr(variant, part) != getattr(base, part)]


def _held_out(template: Template, present: Template, frozen: Fingerprint, library: Library) -> None:
    """Refuse tasks that the wording was searched on: on them it is better by construction.

    What it was made from counts, too. Tasks that both sides were searched on favour neither.
    """
    trained = _trained(template, library) - _trained(present, library)
    both = sorted(trained & set(frozen.tasks))
    if both:
        raise PromptError(
            f"{len(both)} of the record's tasks were used to find the wording of "
            f"{template.reference}: {', '.join(both[:3])}{' …' if len(both) > 3 else ''}.",
            "Measure it on others.",
        )


def _trained(template: Template, library: Library) -> set[str]:
    line = [template, *(library.get(reference) for reference in library.ancestry(template))]
    found: set[str] = set()
    for each in line:
        ids = each.metadata.get(TRAINED_ON) or []
        found.update(map(str, ids) if isinstance(ids, list) else [str(ids)])
    return found


def _record(out: Path, folder: Folder) -> str:
    """The run's path beside the prompt folder; empty if it stands elsewhere."""
    home = folder.path.resolve().parent
    if out.resolve().is_relative_to(home):
        return out.resolve().relative_to(home).as_posix()
    return ""


def _cells(out: Path) -> str:
    from triptych.lab.folder import CELLS

    return hashlib.sha256((out / CELLS).read_bytes()).hexdigest()


def _plain(value: Any) -> Any:
    """As JSON can hold it: a number that is none becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
