"""The steps that ask a model, each a Runnable on its own: planner, coder, repairer, reviewer.

Each takes a ready chat model and is usable in any LangChain app, sync, async, streamed or in
batches:

    from triptych import chat_model, coder
    coder(chat_model("local")).invoke({"request": "a function that adds two numbers"}).files

Which prompt it uses, the nearest first: the `Template` that it was made with; what the call's
``configurable`` names (``{"prompts": {"code": "code@1.0.0"}, "prompt_set": "default"}``); the
selector that it was made with; ``with triptych.prompts.using(code=…)`` around the call; the set.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triptych.chain import Chain, Model, Prompt, Question
from triptych.errors import BadOutputError, EditError
from triptych.state import EditFormat, Finding, Plan, Review, Stage, Word
from triptych.workspace import listing, parse_reply


class PlanInput(BaseModel):
    """What the planner reads."""

    model_config = ConfigDict(extra="forbid")

    request: str
    files: dict[str, str] = Field(default_factory=dict, description="Path to text.")
    failures: str = Field(default="", description="What an earlier draft failed, if any.")


class CodeInput(BaseModel):
    """What the coder reads."""

    model_config = ConfigDict(extra="forbid")

    request: str
    files: dict[str, str] = Field(default_factory=dict, description="Path to text.")
    plan: Plan | None = None
    edit_format: EditFormat = "whole"


class RepairInput(CodeInput):
    """What the repairer reads: `files` with the draft applied, and what is wrong with it."""

    failures: str = ""
    findings: list[Finding] = Field(default_factory=list)


class ReviewInput(BaseModel):
    """What the reviewer reads."""

    model_config = ConfigDict(extra="forbid")

    request: str
    files: dict[str, str] = Field(description="The draft's files: path to text.")
    evidence: str = Field(default="", description="What the checks showed, in words.")


class Proposal(Word):
    """What the coder and the repairer return."""

    files: dict[str, str] = Field(description="Path to the full new text of each file.")
    reply: str = Field(description="The model's own words.")


class ReviewReply(Word):
    """The form that the reviewer's answer must have."""

    findings: list[Finding] = Field(max_length=6)
    verdict: Literal["approve", "changes"]


Form = TypeVar("Form", bound=BaseModel)


def planner(model: Model, prompt: Prompt | None = None) -> Chain[Plan]:
    """A Runnable from `PlanInput` (or its dict) to a `Plan`.

    Raises:
        BadOutputError: when invoked, if the answer is no plan.
        ModelError: when invoked, if the endpoint fails.
    """
    return Chain(_PLAN, model, prompt)


def coder(model: Model, prompt: Prompt | None = None) -> Chain[Proposal]:
    """A Runnable from `CodeInput` (or its dict) to a `Proposal`.

    Raises:
        BadOutputError: when invoked, if the answer holds no usable code; `partial` is the answer.
        ModelError: when invoked, if the endpoint fails.
    """
    return Chain(_CODE, model, prompt)


def repairer(model: Model, prompt: Prompt | None = None) -> Chain[Proposal]:
    """A Runnable from `RepairInput` (or its dict) to a `Proposal`; raises as `coder` does."""
    return Chain(_REPAIR, model, prompt)


def reviewer(model: Model, prompt: Prompt | None = None) -> Chain[Review]:
    """A Runnable from `ReviewInput` (or its dict) to a `Review`; raises as `planner` does."""
    return Chain(_REVIEW, model, prompt)


def _for_plan(given: PlanInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "files": listing(given.files),
        "failures": given.failures,
    }


def _for_code(given: CodeInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "files": listing(given.files),
        "plan": given.plan.steps if given.plan else [],
        "edit_format": given.edit_format,
    }


def _for_repair(given: RepairInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "code": listing(given.files),
        "plan": given.plan.steps if given.plan else [],
        "edit_format": given.edit_format,
        "failures": given.failures,
        "findings": "\n".join(f"- `{f.quote}`: {f.failure}" for f in given.findings),
    }


def _for_review(given: ReviewInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "code": listing(given.files),
        "evidence": given.evidence,
    }


def _plan(given: PlanInput, message: BaseMessage) -> Plan:
    return _read(Plan, message, "plan")


def _review(given: ReviewInput, message: BaseMessage) -> Review:
    reply = _read(ReviewReply, message, "review")
    # Asking for changes without naming a fault is no reason to change anything.
    if reply.verdict == "approve" or not reply.findings:
        return Review(verdict="approve")
    return Review(verdict="changes", findings=reply.findings)


def _proposal(given: CodeInput, message: BaseMessage) -> Proposal:
    """Code travels as fenced text, never inside JSON, which costs a model 3 to 9 points."""
    reply = str(message.text)
    try:
        return Proposal(files=parse_reply(reply, given.files, given.edit_format), reply=reply)
    except EditError as error:
        raise BadOutputError(error.message, error.cure, partial=reply) from error


def _read(form: type[Form], message: BaseMessage, stage: Stage) -> Form:
    """A constrained answer as its form."""
    try:
        return form.model_validate_json(str(message.text))
    except ValidationError as error:
        cut = message.response_metadata.get("finish_reason") == "length"
        raise BadOutputError(
            f"The answer to {stage} "
            + ("was cut at the token limit." if cut else f"is not a {form.__name__}."),
            "Raise max_tokens." if cut else "Another model may follow the schema better.",
            partial=str(message.text),
        ) from error


_PLAN = Question("planner", "plan", PlanInput, Plan, _for_plan, _plan, Plan)
_CODE = Question("coder", "code", CodeInput, Proposal, _for_code, _proposal)
_REPAIR = Question("repairer", "repair", RepairInput, Proposal, _for_repair, _proposal)
_REVIEW = Question("reviewer", "review", ReviewInput, Review, _for_review, _review, ReviewReply)
