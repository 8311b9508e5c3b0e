"""Records made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from lab_kit import MakeRecord

from triptych.lab import Record
from triptych.lab.records import DraftRecord
from triptych.state import Usage


@pytest.fixture
def record() -> MakeRecord:
    """Makes a record of a cell: the verdict of each draft, and which one was delivered."""

    def make(name: str, arm: str, *verdicts: str, delivered: int | None = 0, **more: Any) -> Record:
        drafts = [
            DraftRecord.model_validate(
                {
                    "id": i,
                    "origin": "wave" if i else "first",
                    "reply_sha256": f"{name}{i}",
                    "verdict": verdict,
                }
            )
            for i, verdict in enumerate(verdicts)
        ]
        known: dict[str, Any] = {
            "task": name,
            "arm": arm,
            "passed": delivered is not None and verdicts[delivered] == "passed",
            "delivered": delivered,
            "drafts": drafts,
            "usage": Usage(calls=len(drafts), input_tokens=100, output_tokens=10 * len(drafts)),
            "seconds": 2.0,
            "settings": {"tasks": {"name": "sums"}, "model": {"model": "m"}},
        }
        return Record(**known | more)

    return make
