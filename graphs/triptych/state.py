"""The words of the house: what a run takes, carries and returns.

pydantic models stand at the borders; the graph's state holds their plain JSON (``to_json`` /
``Model.model_validate``), so that checkpoints need no pickle and survive a class that moves.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

SCHEMA_VERSION = 1
"""Stands in every state and every Outcome; grows when a field changes its meaning."""

Stage = Literal["plan", "code", "repair", "review"]
"""The steps that ask a model, by the name of their prompt."""

STAGES: tuple[Stage, ...] = ("plan", "code", "repair", "review")

EditFormat = Literal["whole", "blocks"]

EndStatus = Literal["approved", "needs-work", "limit", "aborted", "failed"]
"""How a run ended: approved; needs-work (the best draft so far, with what is still wrong); a limit
of the budget; aborted by a person; failed without usable code."""


class Word(BaseModel):
    """Base of all words: unknown fields are errors, values are not changed in place."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def to_json(word: BaseModel) -> dict[str, Any]:
    """The plain JSON of a word, as the state holds it."""
    return word.model_dump(mode="json")


class Task(Word):
    """What is asked: the request, the files it starts from, and the user's checks."""

    request: str = Field(min_length=1, description="What to write or change, in plain words.")
    files: dict[str, str] = Field(
        default_factory=dict, description="Starting files: relative path to text."
    )
    checks: list[str] = Field(
        default_factory=list,
        description="Commands that must exit with 0, or the path of a test file among `files`.",
    )


class Example(Word):
    """One example found in the request: its code and what it should print."""

    code: str = Field(description="Python source of the example.")
    want: str = Field(default="", description="What it should print or be; empty for an assert.")
    source: str = Field(description="The line of the request that it was read from.")


class CheckResult(Word):
    """What running one check on a draft showed."""

    kind: Literal["command", "example", "static"]
    name: str
    status: Literal["passed", "failed", "timeout", "not-run"]
    source: str = Field(default="", description="The command, or the quoted line of the request.")
    detail: str = Field(default="", description="Output or reason, cut to what a reader needs.")
    seconds: float = 0.0


class Evidence(Word):
    """What running a draft showed, strongest kind first."""

    results: list[CheckResult] = Field(default_factory=list)

    def of(self, *kinds: str) -> list[CheckResult]:
        """The results of the given kinds, in order."""
        return [r for r in self.results if r.kind in kinds]

    @property
    def failures(self) -> list[CheckResult]:
        """The results that speak against the draft."""
        return [r for r in self.results if r.status in ("failed", "timeout")]

    @property
    def behaved(self) -> bool:
        """True if a check ran the code's behaviour, all the user's own did, and nothing failed."""
        ran = [r for r in self.of("command", "example") if r.status == "passed"]
        own = all(r.status == "passed" for r in self.of("command"))
        return bool(ran) and own and not self.failures


class Plan(Word):
    """How the task will be done, before any code."""

    summary: str = Field(description="The approach in one sentence.")
    steps: list[str] = Field(description="The steps, in order, each one sentence.")


class Finding(Word):
    """One fault that a reviewer saw: the line it is in and how it would fail."""

    quote: str = Field(description="The exact line of the draft.")
    failure: str = Field(description="A concrete input and what goes wrong with it.")


class Review(Word):
    """A reviewer's verdict on one draft. `error` is set where the reviewer itself failed."""

    verdict: Literal["approve", "changes"] = "approve"
    findings: list[Finding] = Field(default_factory=list, max_length=6)
    error: str = ""


class Draft(Word):
    """One candidate: the files it writes, how it was made and what is known of it."""

    id: int
    origin: Literal["first", "wave", "repair"]
    files: dict[str, str] = Field(
        default_factory=dict, description="Path to the full new text of each file it writes."
    )
    reply: str = Field(default="", description="The model's own words.")
    planned: bool = Field(default=False, description="True if the coder was given the plan.")
    parent: int | None = Field(default=None, description="The draft that a repair started from.")
    seed: int | None = None
    error: str = Field(default="", description="Why there is no usable code, if so.")
    evidence: Evidence | None = None
    review: Review | None = None


class Spent(Word):
    """What one stage of a run has spent."""

    calls: int = 0
    failed_calls: int = 0
    replayed: int = Field(default=0, description="Calls whose answer an experiment had already.")
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = Field(default=0.0, description="Spent in its nodes.")
    model_seconds: float = Field(default=0.0, description="Sum of its calls' own times.")
    money: float | None = Field(default=None, description="US dollars; None if no price is known.")


class Usage(Word):
    """What a run has spent. Seconds are those spent inside the run's nodes."""

    calls: int = 0
    failed_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    money: float | None = Field(default=None, description="US dollars; None if no price is known.")
    stages: dict[str, Spent] = Field(
        default_factory=dict, description="By stage; `verify` spends seconds only."
    )

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together, cached ones counted in full."""
        return self.input_tokens + self.output_tokens


class Budget(Word):
    """Upper limits of a run; None is no limit. Reaching one ends the run with the best so far."""

    tokens: int | None = Field(default=None, gt=0)
    calls: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    money: float | None = Field(default=None, gt=0, description="US dollars.")


class Strategy(Word):
    """How hard the run tries. The default for a model stands in the catalogue."""

    plan: Literal["always", "never", "on-failure"] = Field(
        default="on-failure",
        description="When to plan: before the first draft, not at all, or after it failed a check.",
    )
    drafts: int = Field(default=3, ge=1, le=50, description="Most drafts, the first one included.")
    wave: int = Field(default=2, ge=1, le=16, description="Drafts asked for at once after it.")
    repairs: int = Field(default=2, ge=0, le=20, description="Most repairs of the best draft.")
    review: Literal["never", "advise", "decide"] = Field(
        default="decide",
        description="never; advise: findings are reported; decide: they may also start a repair.",
    )
    edit_format: EditFormat = Field(
        default="blocks",
        description="How existing files are edited: whole files, or search/replace blocks.",
    )
    temperature: float = Field(
        default=0.8, ge=0, le=2, description="Sampling temperature of the drafts after the first."
    )


class PromptRef(Word):
    """Exactly which template was used."""

    name: str
    version: str
    sha256: str
    layer: str = Field(description="Where it came from: built-in, or the overlay's folder.")


class Options(BaseModel):
    """How a run is made: the graph's `context_schema`. Every field may be left out."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, description="A name that `chat_model` takes.")
    base_url: str | None = Field(default=None, description="A self-hosted endpoint.")
    models: dict[Stage, str] = Field(
        default_factory=dict, description="Another model for one stage."
    )
    strategy: Strategy | None = Field(
        default=None, description="Fields that change the model's own default."
    )
    budget: Budget = Field(default_factory=Budget)
    prompts: dict[Stage, str] = Field(
        default_factory=dict, description="Selectors of templates, by stage."
    )
    prompt_set: str = Field(
        default="default", description="The set of the library that names the others."
    )
    prompts_dir: str | None = Field(default=None, description="A folder that overlays them.")
    ask: bool = Field(
        default=False, description="Interrupt for a person to approve the plan and the patch."
    )
    python: str | None = Field(
        default=None, description="Interpreter for the checks; None: the active environment's."
    )
    sandbox: Literal["bwrap", "none"] = Field(
        default="bwrap", description="`none` runs model-written code unprotected."
    )


class Decision(Word):
    """What happens next, and why."""

    next: Literal["review", "draft", "plan", "repair", "deliver"]
    status: EndStatus | None = None
    reason: str


class Outcome(Word):
    """What a run returns: always the best draft so far, and what is known of it."""

    schema_version: int = SCHEMA_VERSION
    status: EndStatus
    reason: str
    request: str
    model: str = ""
    plan: Plan | None = None
    best: int | None = Field(default=None, description="The id of the draft that was delivered.")
    drafts: list[Draft] = Field(default_factory=list)
    patch: str = Field(default="", description="Unified diff from the starting files.")
    usage: Usage = Usage()
    strategy: Strategy | None = None
    prompts: dict[str, PromptRef] = Field(default_factory=dict)

    @property
    def draft(self) -> Draft | None:
        """The delivered draft."""
        return next((d for d in self.drafts if d.id == self.best), None)

    @property
    def files(self) -> dict[str, str]:
        """Path to text of what was delivered."""
        return self.draft.files if self.draft else {}

    @property
    def code(self) -> str:
        """The delivered code as one text: the file itself, or each under a comment line."""
        if len(self.files) == 1:
            return next(iter(self.files.values()))
        return "\n".join(f"# --- {path}\n{text}" for path, text in self.files.items())

    @property
    def evidence(self) -> Evidence:
        """What running the delivered draft showed."""
        return (self.draft.evidence if self.draft else None) or Evidence()

    @property
    def review(self) -> Review | None:
        """The review of the delivered draft, if there was one."""
        return self.draft.review if self.draft else None


class Output(TypedDict):
    """What the graph returns: the JSON of an `Outcome`."""

    outcome: dict[str, Any]


class State(Output):
    """What the graph carries between its nodes: plain JSON only, the fields of a `Task` first."""

    request: str
    files: dict[str, str]
    checks: list[str]
    schema_version: int
    options: dict[str, Any]
    prompts: dict[str, Any]
    model: str
    examples: list[dict[str, Any]]
    plan: dict[str, Any] | None
    drafts: list[dict[str, Any]]
    decision: dict[str, Any]
    usage: dict[str, Any]
    failure: str
