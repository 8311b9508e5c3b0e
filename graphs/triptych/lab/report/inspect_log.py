"""A run as logs that inspect_ai reads: its viewer and data frames open them.

Format: EvalLog version 2 as inspect-ai 0.3.285 has it; `make test-inspect` opens these files with
that version's own code. The logs are written as plain JSON: inspect_ai itself is not needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from triptych.lab.folder import RunFolder, write_whole
from triptych.lab.frozen import Fingerprint, FrozenVariant
from triptych.lab.measuring.schedule import planned
from triptych.lab.records import DraftRecord, Failure, Record

SCORER = "hidden"
"""The name of the score: the hidden check's verdict, C or I."""

LONG_AGO = "1970-01-01T00:00:00+00:00"

Json = dict[str, Any]


def export(run: RunFolder, folder: Path) -> list[Path]:
    """Write one log a variant; its samples are the cells, its epochs the trials.

    A record does not hold the requests, so a sample's input is the id of its task. A cell that only
    infrastructure errors are known of is a sample with an error and without a score.

    Args:
        run: A run, finished or not; a variant of which nothing is measured gets no log.
        folder: Where to; made if missing. An older log of the same experiment is replaced, but
            one from before it grew.

    Returns:
        The files, in the order of the variants.

    Raises:
        LabError: A line of the record is none.
    """
    cells: dict[str, list[Record]] = {name: [] for name in run.fingerprint.variants}
    for record in run.records():
        cells[record.variant].append(record)
    measured = {record.key for records in cells.values() for record in records}
    failed = {f.key: f for f in run.failures() if f.key not in measured}
    out = []
    for name, records in cells.items():
        failures = [one for one in failed.values() if one.variant == name]
        if records or failures:
            log = _log(run.fingerprint, name, records, failures)
            text = json.dumps(log, indent=1, ensure_ascii=False)
            out.append(write_whole(folder / _file_name(log["eval"]), text))
    return out


def _log(
    frozen: Fingerprint, name: str, records: Sequence[Record], failures: Sequence[Failure]
) -> Json:
    records = sorted(records, key=lambda one: (one.trial, one.position))
    times = [*(one.started for one in records), *(one.started for one in failures)]
    starts = sorted(map(_utc, times))
    asked = sum(variant == name for _, variant, _ in planned(frozen))
    model = frozen.variants[name].model.name
    return {
        "version": 2,
        "status": "success" if len(records) == asked else "started",
        "eval": _spec(frozen, name, starts[0]),
        "plan": {"name": name, "steps": [{"solver": "triptych", "params": {}}], "config": {}},
        "results": {
            "total_samples": asked,
            "completed_samples": len(records),
            "scores": [_score(records)] if records else [],
        },
        "stats": {
            "started_at": starts[0],
            "completed_at": starts[-1],
            "model_usage": {model: _usage(records)},
        },
        "samples": [
            *(_sample(record, model) for record in records),
            *(_failed(failure) for failure in failures),
        ],
    }


def _spec(frozen: Fingerprint, name: str, created: str) -> Json:
    variant = frozen.variants[name]
    return {
        "eval_id": _id(frozen, name, "eval"),
        "run_id": _id(frozen, "", "run"),
        "created": created,
        "task": f"{frozen.name}-{name}",
        "task_id": _id(frozen, name, "task"),
        "task_version": frozen.task_version or 0,
        "task_attribs": {},
        "task_args": {"variant": name},
        "solver": "triptych",
        "tags": [name, *(["baseline"] if name == frozen.baseline else [])],
        "dataset": {
            "name": frozen.task_set,
            "samples": len(frozen.tasks),
            "sample_ids": list(frozen.tasks),
            "shuffled": True,
        },
        "model": variant.model.name,
        "model_generate_config": {},
        "model_args": {},
        "config": {"epochs": frozen.trials, "epochs_reducer": ["mean"]},
        "packages": dict(frozen.made_with),
        "metadata": _made_of(frozen, variant),
        "scorers": [{"name": SCORER, "metrics": [{"name": "accuracy"}, {"name": "stderr"}]}],
    }


def _made_of(frozen: Fingerprint, variant: FrozenVariant) -> Json:
    return {
        "experiment": frozen.name,
        "description": frozen.description,
        "baseline": frozen.baseline,
        "prompts": {stage: ref.reference for stage, ref in variant.prompts.items()},
        "prompt_sha256": {stage: ref.sha256 for stage, ref in variant.prompts.items()},
        "strategy": variant.strategy.model_dump(mode="json"),
        "seed": frozen.seed,
    }


def _score(records: Sequence[Record]) -> Json:
    """Mean over tasks of their trials' means, and the standard error of that mean."""
    tasks: dict[str, list[bool]] = {}
    for record in records:
        tasks.setdefault(record.task, []).append(record.passed)
    means = [fmean(passed) for passed in tasks.values()]
    error = stdev(means) / sqrt(len(means)) if len(means) > 1 else 0.0
    return {
        "name": SCORER,
        "scorer": SCORER,
        "reducer": "mean",
        "scored_samples": len(records),
        "params": {},
        "metrics": {
            "accuracy": {"name": "accuracy", "value": fmean(means), "params": {}},
            "stderr": {"name": "stderr", "value": error, "params": {}},
        },
    }


def _sample(record: Record, model: str) -> Json:
    draft = record.draft
    asked = f"Task {record.task}"
    said = {"role": "assistant", "content": record.code or record.reason, "source": "generate"}
    usage = _usage([record])
    return {
        "id": record.task,
        "epoch": record.trial + 1,
        "input": asked,
        "target": "",
        "messages": [{"role": "user", "content": asked, "source": "input"}, said],
        "output": {
            "model": model,
            "choices": [{"message": said, "stop_reason": "stop"}],
            "usage": usage,
            "time": record.model_seconds,
        },
        "scores": {
            SCORER: {
                "value": "C" if record.passed else "I",
                "answer": draft.verdict if draft else "no code",
                "explanation": draft.detail if draft else record.reason,
            }
        },
        "metadata": {
            "variant": record.variant,
            "family": record.family,
            "status": record.status,
            "reason": record.reason,
            "plan": record.plan.model_dump(mode="json") if record.plan else None,
            "drafts": [_draft(one) for one in record.drafts],
            "prompts": record.prompts,
            "seed": record.seed,
            "replayed": record.replayed,
        },
        "model_usage": {model: usage},
        "started_at": _utc(record.started),
        "total_time": record.seconds,
        "working_time": record.model_seconds,
    }


def _draft(draft: DraftRecord) -> Json:
    kept = {"id", "origin", "evidence", "evidence_verdict", "failures", "review", "findings"}
    return draft.model_dump(mode="json", include={*kept, "verdict", "detail", "error"})


def _failed(failure: Failure) -> Json:
    told = f"{failure.kind}: {failure.error}"
    return {
        "id": failure.task,
        "epoch": failure.trial + 1,
        "input": f"Task {failure.task}",
        "target": "",
        "messages": [],
        "scores": None,
        "metadata": {"variant": failure.variant, "attempt": failure.attempt},
        "started_at": _utc(failure.started),
        "total_time": failure.seconds,
        "error": {"message": told, "traceback": told, "traceback_ansi": told},
    }


def _usage(records: Iterable[Record]) -> Json:
    usages = [record.usage for record in records]
    money = [usage.money for usage in usages if usage.money is not None]
    return {
        "input_tokens": sum(usage.input_tokens for usage in usages),
        "output_tokens": sum(usage.output_tokens for usage in usages),
        "total_tokens": sum(usage.tokens for usage in usages),
        "input_tokens_cache_read": sum(usage.cached_tokens for usage in usages),
        "total_cost": sum(money) if len(money) == len(usages) and money else None,
    }


def _id(frozen: Fingerprint, name: str, kind: str) -> str:
    """The same for the same experiment, in 22 letters as inspect_ai's own."""
    text = "\0".join((kind, name, frozen.name, frozen.task_set, *frozen.tasks.values()))
    return hashlib.sha256(text.encode()).hexdigest()[:22]


def _utc(started: str) -> str:
    """A time as inspect_ai writes it; converted records have none, and its logs must."""
    return started.replace("Z", "+00:00") or LONG_AGO


def _file_name(spec: Json) -> str:
    """As inspect_ai names its logs: by that it knows one in a folder, and shows its task."""
    safe = "".join(c if c.isalnum() or c in "-." else "-" for c in spec["task"])
    return f"{spec['created'].replace(':', '-')}_{safe}_{spec['task_id']}.json"
