"""What one cell left: one JSON line each, in `cells.jsonl` or `errors.jsonl`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from triptych.state import EndStatus, Finding, Plan, Spent, Usage, Word

CellKey = tuple[str, str, int]
"""Task, variant and trial."""


class DraftRecord(Word):
    """One draft of a cell: how it was made, what the run knew of it, and the hidden verdict."""

    id: int
    origin: Literal["first", "wave", "repair"]
    planned: bool = False
    parent: int | None = None
    seed: int | None = None
    error: str = Field(default="", description="Why there is no usable code, if so.")
    evidence: dict[str, str] = Field(
        default_factory=dict, description="What the run itself saw: kind to 'passed/ran'."
    )
    evidence_verdict: Literal["passed", "failed", "none"] = Field(
        default="none", description="passed: it behaved; none: nothing ran its behaviour."
    )
    failures: list[str] = Field(default_factory=list, description="Of its checks, cut short.")
    review: Literal["approve", "changes", "error"] | None = None
    findings: list[Finding] = Field(default_factory=list)
    reply_sha256: str = Field(default="", description="Of the model's own words.")
    files: dict[str, str] = Field(default_factory=dict)
    verdict: Literal["passed", "failed", "timeout", "unknown"] = Field(
        description="Of the hidden check, run after the run; the run never knew it."
    )
    detail: str = Field(default="", description="The last line of why it did not pass.")


class Record(Word):
    """One cell: a task tried by one variant, once."""

    task: str
    variant: str
    trial: int = 0
    passed: bool = Field(description="The hidden verdict on what was delivered; no code: False.")
    family: str = ""
    status: EndStatus
    reason: str = ""
    delivered: int | None = Field(default=None, description="The id of the delivered draft.")
    plan: Plan | None = None
    patch: str = Field(default="", description="Unified diff from the starting files.")
    drafts: list[DraftRecord] = Field(default_factory=list)
    stages: dict[str, Spent] = Field(default_factory=dict, description="What each has spent.")
    usage: Usage = Field(description="Of the whole run.")
    seconds: float = Field(description="Wall time, waiting for a place included, grading not.")
    model_seconds: float = Field(
        default=0.0,
        description="The calls' own time, a replayed one with its original's: compare by this.",
    )
    replayed: int = Field(default=0, description="Calls taken from an identical one of the trial.")
    seed: int = Field(description="What the first call was sent with.")
    prompts: dict[str, str] = Field(default_factory=dict, description="Stage to reference.")
    prompt_sha256: dict[str, str] = Field(default_factory=dict)
    position: int = Field(description="Of its block in the schedule, from 0.")
    place: int = Field(default=0, description="Within its block: 0 ran first.")
    started: str = Field(description="UTC, ISO 8601, to the second.")
    attempt: int = Field(default=1, description="1 + infrastructure errors before.")
    versions: dict[str, str] = Field(
        default_factory=dict, description="Only in the first record of each session."
    )

    @property
    def key(self) -> CellKey:
        """The cell."""
        return self.task, self.variant, self.trial

    @property
    def draft(self) -> DraftRecord | None:
        """The delivered draft."""
        return next((d for d in self.drafts if d.id == self.delivered), None)

    @property
    def code(self) -> str:
        """The delivered code as one text: the file itself, or each under a comment line."""
        files = self.draft.files if self.draft else {}
        if len(files) == 1:
            return next(iter(files.values()))
        return "\n".join(f"# --- {path}\n{text}" for path, text in files.items())


class Failure(Word):
    """A cell that could not be measured: no wrong answer, and counted apart."""

    task: str
    variant: str
    trial: int = 0
    error: str
    kind: str = Field(description="The class of the error.")
    attempt: int = 1
    seconds: float = 0.0
    started: str

    @property
    def key(self) -> CellKey:
        """The cell."""
        return self.task, self.variant, self.trial
