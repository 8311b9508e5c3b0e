"""The lab: variants of prompts, models and strategies, compared on tasks with hidden checks.

    from triptych.lab import Experiment, TaskSource, Variant, measure, resolve, result

Names are loaded when they are first used: a report needs no LangChain.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Experiment": "words",
    "Prompts": "words",
    "TaskSource": "words",
    "Variant": "words",
    "HiddenCheck": "tasks.task",
    "HiddenCommand": "tasks.task",
    "LabTask": "tasks.task",
    "TaskSet": "tasks.task",
    "task_set": "tasks.given",
    "read_jsonl": "tasks.jsonl",
    "write_jsonl": "tasks.jsonl",
    "read_experiment": "experiment.reading",
    "comparison": "experiment.compare",
    "resolve": "experiment.resolving",
    "check": "experiment.checking",
    "preview": "experiment.preview",
    "measure": "measuring.run",
    "ameasure": "measuring.run",
    "Record": "records",
    "RunFolder": "folder",
    "Result": "results",
    "Comparison": "results",
    "result": "analysis.result",
    "gate": "analysis.gate",
    "write_report": "report.writing",
    "to_pandas": "report.frames",
    "set_up": "optimise.setup",
    "search_for": "optimise.search",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
