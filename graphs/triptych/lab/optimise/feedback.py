"""What a proposer is told of graded runs on training tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from triptych.lab.records import Record
from triptych.lab.tasks.task import LabTask

MOST = 4000
"""Characters of one request or answer."""


@dataclass(frozen=True)
class Trace:
    """One task as a proposed wording met it.

    Attributes:
        task: The task.
        record: What the run left; None where the wording was refused and nothing was run.
        refused: Why it was.
    """

    task: LabTask
    record: Record | None
    refused: str = ""

    @property
    def score(self) -> float:
        """1 if the hidden check passed."""
        return float(self.record is not None and self.record.passed)


def examples(traces: Sequence[Trace]) -> list[dict[str, str]]:
    """The traces by the names that the prompt `reflect` and GEPA have for them.

    The hidden check's own words are told: of training tasks only, which no verdict counts.
    """
    return [
        {
            "Inputs": trace.task.task.request[:MOST],
            "Generated Outputs": trace.record.code[:MOST] if trace.record else "",
            "Feedback": "\n".join(_feedback(trace)),
        }
        for trace in traces
    ]


def _feedback(trace: Trace) -> list[str]:
    record = trace.record
    if record is None:
        return [trace.refused]
    draft = record.draft
    if draft is None:
        return [record.reason]
    told: list[Any] = [f"{draft.verdict} {draft.detail}".strip(), draft.error, *draft.failures]
    told += [f"{finding.quote}: {finding.failure}" for finding in draft.findings]
    return [str(line) for line in told if line]
