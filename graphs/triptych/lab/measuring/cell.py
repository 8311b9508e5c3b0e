"""One cell: a run of one variant on one task, and then its grades."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.checking import request_fits
from triptych.errors import ContentFilteredError, ContextTooLongError, InputError, TruncatedError
from triptych.lab.experiment.live import LiveVariant
from triptych.lab.grading.grade import Grade, Grader, graded
from triptych.lab.measuring.calls import CellRecall
from triptych.lab.measuring.drafts import draft_record
from triptych.lab.measuring.schedule import Block
from triptych.lab.measuring.seeds import seed_of
from triptych.lab.records import DraftRecord, Failure, Record
from triptych.lab.tasks.task import LabTask
from triptych.resources import Resources, entry_of
from triptych.running import arun
from triptych.sandbox import Interpreter
from triptych.state import Outcome, Stage, Task

OWN_FAULTS = (ContextTooLongError, ContentFilteredError, TruncatedError)
"""What a call may end with that is the variant's doing, not the infrastructure's: too long a
prompt, one that a filter stops, an answer that does not fit."""


@dataclass(frozen=True)
class Bench:
    """What all cells of a process share.

    Attributes:
        grader: Holds drafts against hidden checks.
        python: Runs the drafts in a run's own checks.
        recall_for: The memory of calls as a cell may use it; None where there is none.
        seed: The experiment's.
        resources: What the runs need not look for anew.
    """

    grader: Grader
    python: Interpreter
    recall_for: Callable[[Block, LiveVariant], CellRecall | None]
    seed: int = 0
    resources: Resources = field(default_factory=Resources)


async def run_cell(
    bench: Bench, block: Block, variant: LiveVariant, place: int
) -> Record | Failure:
    """Run one variant on one task and grade all its drafts.

    A failure of the endpoint, the sandbox or this program is a `Failure`, never a wrong answer: the
    variants would otherwise be compared on the luck of the network.

    Args:
        bench: What all cells share.
        block: Task and trial.
        variant: The variant.
        place: Of the cell within its block.
    """
    began, started = time.monotonic(), now()
    cell = {"task": block.task.id, "variant": variant.name, "trial": block.trial}
    recall = bench.recall_for(block, variant)
    seed = seed_of(bench.seed, block.task.id, block.trial)

    def failed(kind: str, error: str) -> Failure:
        seconds = round(time.monotonic() - began, 3)
        return Failure(**cell, error=error, kind=kind, seconds=seconds, started=started)

    try:
        outcome = await _run(bench, block.task.task, variant, seed, recall)
        seconds = round(time.monotonic() - began, 3)
        if why := _not_measured(outcome, variant, recall):
            return failed(*why)
        drafts = await _grade_drafts(bench, block.task, outcome)
    except Exception as error:  # an hour of other cells must not end with one
        return failed(type(error).__name__, str(error))
    best = next((draft for draft in drafts if draft.id == outcome.best), None)
    stages = outcome.usage.stages
    return Record(
        **cell,
        passed=best is not None and best.verdict == "passed",
        family=block.task.family,
        status=outcome.status,
        reason=outcome.reason,
        delivered=outcome.best,
        plan=outcome.plan,
        patch=outcome.patch,
        drafts=drafts,
        stages=stages,
        usage=outcome.usage.model_copy(update={"stages": {}}),
        seconds=seconds,
        model_seconds=round(sum(spent.model_seconds for spent in stages.values()), 4),
        replayed=sum(spent.replayed for spent in stages.values()),
        seed=seed,
        prompts={stage: template.reference for stage, template in variant.templates.items()},
        prompt_sha256={stage: template.sha256 for stage, template in variant.templates.items()},
        position=block.position,
        place=place,
        started=started,
    )


def now() -> str:
    """The time as records tell it: UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _run(
    bench: Bench, task: Task, variant: LiveVariant, seed: int, recall: CellRecall | None
) -> Outcome:
    """Only the task goes in: the hidden check is not in reach of this function."""
    entry = entry_of(variant.model)
    try:
        request_fits(task, entry.context if entry else None)
    except InputError as error:
        if not task.request.strip():
            raise  # the task's fault; too long for its model is the variant's, as in OWN_FAULTS
        return Outcome(status="failed", reason=str(error), request=task.request)
    models: dict[Stage, BaseChatModel | str] = {
        stage: _made_ready(model, seed, recall) for stage, model in variant.models.items()
    }
    return await arun(
        task.request,
        files=task.files,
        checks=task.checks,
        model=_made_ready(variant.model, seed, recall),
        models=models,
        strategy=variant.strategy,
        budget=variant.budget,
        prompts=dict(variant.templates),
        python=bench.python.executable,
        resources=bench.resources,
    )


def _made_ready(model: BaseChatModel, seed: int, recall: CellRecall | None) -> Any:
    """The model with the cell's seed and its memory of calls, as far as its class knows them."""
    if "seed" in type(model).model_fields:
        model = model.model_copy(update={"seed": seed})
    recalling = getattr(model, "recalling", None)
    return model if recall is None or recalling is None else recalling(recall)


def _not_measured(
    outcome: Outcome, variant: LiveVariant, recall: CellRecall | None
) -> tuple[str, str] | None:
    """Why the outcome says nothing of the variant, as kind and words; None if it does."""
    failed = outcome.usage.failed_calls
    if not failed:
        return None
    if recall is not None:
        faults: Sequence[Exception] = [f for f in recall.faults if not isinstance(f, OWN_FAULTS)]
        if faults:
            return type(faults[0]).__name__, str(faults[0])
        if recall.faults:
            return None
    most = variant.budget.seconds
    if most is not None and outcome.usage.seconds >= most:
        return None  # the call that was under way when the variant's own time was up
    return "ModelError", f"{failed} calls of the model failed: {outcome.reason}"


async def _grade_drafts(bench: Bench, task: LabTask, outcome: Outcome) -> list[DraftRecord]:
    grades: dict[str, Grade] = {}
    out = []
    for draft in outcome.drafts:
        files = {} if draft.error else draft.files
        same = repr(sorted(files.items()))
        if same not in grades:
            grades[same] = await graded(bench.grader, task, files)
        out.append(draft_record(draft, files, grades[same]))
    return out
