"""One cell: a run of one arm on one task, and then its grades."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.lab.arms import Arm
from triptych.lab.grade import Grade, grade
from triptych.lab.records import DraftRecord, Record
from triptych.lab.tasks import LabTask
from triptych.running import arun
from triptych.sandbox import Interpreter, Sandbox
from triptych.state import Draft, Outcome, Task


@dataclass(frozen=True)
class Bench:
    """What all cells share."""

    model: BaseChatModel
    sandbox: Sandbox
    python: Interpreter
    settings: dict[str, Any]
    versions: dict[str, str]


async def run_cell(bench: Bench, lab_task: LabTask, arm: Arm) -> Record:
    """Run one arm on one task and grade all its drafts.

    A failure of the endpoint, the sandbox or this program is a record with `error`, never a wrong
    answer: the arms would otherwise be compared on the luck of the network.
    """
    began = time.monotonic()
    known: dict[str, Any] = {
        "task": lab_task.id,
        "arm": arm.name,
        "settings": bench.settings,
        "versions": bench.versions,
    }
    try:
        outcome = await _run(bench, lab_task.task, arm)
        known |= {"seconds": round(time.monotonic() - began, 3), "usage": outcome.usage}
        known |= {"status": outcome.status, "reason": outcome.reason}
        known |= {"delivered": outcome.best, "code": outcome.code}
        known["drafts"] = await _grade_drafts(bench, lab_task, outcome)
    except Exception as error:  # an hour of other cells must not end with one
        known.setdefault("seconds", round(time.monotonic() - began, 3))
        return Record(**known, passed=None, error=f"{type(error).__name__}: {error}")
    if outcome.usage.failed_calls:
        note = f"{outcome.usage.failed_calls} calls of the model failed: {outcome.reason}"
        return Record(**known, passed=None, error=note)
    best = next((d for d in known["drafts"] if d.id == outcome.best), None)
    return Record(**known, passed=best is not None and best.verdict == "passed")


async def _run(bench: Bench, task: Task, arm: Arm) -> Outcome:
    """Only the task goes in: the hidden check is not in reach of this function."""
    return await arun(
        task.request,
        files=task.files,
        checks=task.checks,
        model=bench.model,
        strategy=arm.strategy,
        python=bench.python.executable,
    )


async def _grade_drafts(bench: Bench, lab_task: LabTask, outcome: Outcome) -> list[DraftRecord]:
    grades: dict[str, Grade] = {}
    out = []
    for draft in outcome.drafts:
        files = {} if draft.error else draft.files
        same = repr(sorted(files.items()))
        if same not in grades:
            grades[same] = await grade(files, lab_task.hidden, bench.sandbox, bench.python)
        out.append(_record(draft, files, grades[same]))
    return out


def _record(draft: Draft, files: Mapping[str, str], given: Grade) -> DraftRecord:
    return DraftRecord(
        id=draft.id,
        origin=draft.origin,
        planned=draft.planned,
        parent=draft.parent,
        seed=draft.seed,
        error=draft.error,
        evidence=_evidence(draft),
        reply_sha256=hashlib.sha256(draft.reply.encode("utf-8", "replace")).hexdigest(),
        files=dict(files),
        verdict=given.verdict,
        detail=given.detail,
    )


def _evidence(draft: Draft) -> dict[str, str]:
    if draft.evidence is None:
        return {}
    out = {}
    for kind in ("command", "example", "static"):
        ran = [r for r in draft.evidence.of(kind) if r.status != "not-run"]
        if ran:
            out[kind] = f"{sum(r.status == 'passed' for r in ran)}/{len(ran)}"
    return out
