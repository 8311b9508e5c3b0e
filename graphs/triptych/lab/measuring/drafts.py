"""What a record keeps of one draft."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from triptych.lab.grading.grade import Grade
from triptych.lab.records import DraftRecord
from triptych.state import Draft

MOST_LINES = 6
"""Lines kept of the failures of a draft's own checks."""
MOST_CHARACTERS = 300
"""Characters kept of each of them."""


def draft_record(draft: Draft, files: Mapping[str, str], grade: Grade) -> DraftRecord:
    """The record of a draft.

    Args:
        draft: As the run left it.
        files: What was graded of it.
        grade: The hidden verdict.
    """
    return DraftRecord(
        id=draft.id,
        origin=draft.origin,
        planned=draft.planned,
        parent=draft.parent,
        seed=draft.seed,
        error=draft.error,
        evidence=_evidence(draft),
        evidence_verdict=_verdict(draft),
        failures=_failures(draft),
        review=_review(draft),
        findings=draft.review.findings if draft.review else [],
        reply_sha256=hashlib.sha256(draft.reply.encode("utf-8", "replace")).hexdigest(),
        files=dict(files),
        verdict=grade.verdict,
        detail=grade.detail,
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


def _verdict(draft: Draft) -> Literal["passed", "failed", "none"]:
    if draft.evidence is None:
        return "none"
    if draft.evidence.failures:
        return "failed"
    return "passed" if draft.evidence.behaved else "none"


def _failures(draft: Draft) -> list[str]:
    lines = []
    for result in draft.evidence.failures if draft.evidence else []:
        said = [f"{result.kind} {result.name}: {result.status}", *result.detail.splitlines()]
        lines += [line.rstrip()[:MOST_CHARACTERS] for line in said if line.strip()]
    return lines[:MOST_LINES]


def _review(draft: Draft) -> Literal["approve", "changes", "error"] | None:
    if draft.review is None:
        return None
    return "error" if draft.review.error else draft.review.verdict
