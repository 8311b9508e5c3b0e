"""The steps that ask a model, each a Runnable on its own: planner, coder, repairer, reviewer.

Each takes a ready chat model and, optionally, a template other than the built-in one, and is
usable in any LangChain app, sync, async, streamed or in batches:

    from triptych import chat_model, coder
    coder(chat_model("local")).invoke({"request": "a function that adds two numbers"}).files
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triptych.chain import Chain, Model
from triptych.errors import BadOutputError, EditError
from triptych.prompts import Template, library
from triptych.state import EditFormat, Finding, Plan, Review, Word
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


def planner(model: Model, prompt: Template | str = "plan") -> Chain[Plan]:
    """A Runnable from `PlanInput` (or its dict) to a `Plan`.

    Raises:
        BadOutputError: when invoked, if the answer is no plan.
        ModelError: when invoked, if the endpoint fails.
    """
    template = _template(prompt)

    def values(given: PlanInput) -> dict[str, Any]:
        return {
            "request": given.request,
            "files": listing(given.files),
            "failures": given.failures,
        }

    def parse(given: PlanInput, message: BaseMessage) -> Plan:
        return _read(Plan, message, template)

    return Chain(
        "planner", _shaped(model, template, Plan), template, PlanInput, Plan, values, parse
    )


def coder(model: Model, prompt: Template | str = "code") -> Chain[Proposal]:
    """A Runnable from `CodeInput` (or its dict) to a `Proposal`.

    Raises:
        BadOutputError: when invoked, if the answer holds no usable code; `partial` is the answer.
        ModelError: when invoked, if the endpoint fails.
    """

    def values(given: CodeInput) -> dict[str, Any]:
        return {
            "request": given.request,
            "files": listing(given.files),
            "plan": given.plan.steps if given.plan else [],
            "edit_format": given.edit_format,
        }

    return Chain("coder", model, _template(prompt), CodeInput, Proposal, values, _proposal)


def repairer(model: Model, prompt: Template | str = "repair") -> Chain[Proposal]:
    """A Runnable from `RepairInput` (or its dict) to a `Proposal`; raises as `coder` does."""

    def values(given: RepairInput) -> dict[str, Any]:
        return {
            "request": given.request,
            "code": listing(given.files),
            "plan": given.plan.steps if given.plan else [],
            "edit_format": given.edit_format,
            "failures": given.failures,
            "findings": "\n".join(f"- `{f.quote}`: {f.failure}" for f in given.findings),
        }

    return Chain("repairer", model, _template(prompt), RepairInput, Proposal, values, _proposal)


def reviewer(model: Model, prompt: Template | str = "review") -> Chain[Review]:
    """A Runnable from `ReviewInput` (or its dict) to a `Review`; raises as `planner` does."""
    template = _template(prompt)

    def values(given: ReviewInput) -> dict[str, Any]:
        return {
            "request": given.request,
            "code": listing(given.files),
            "evidence": given.evidence,
        }

    def parse(given: ReviewInput, message: BaseMessage) -> Review:
        reply = _read(ReviewReply, message, template)
        # Asking for changes without naming a fault is no reason to change anything.
        if reply.verdict == "approve" or not reply.findings:
            return Review(verdict="approve")
        return Review(verdict="changes", findings=reply.findings)

    shaped = _shaped(model, template, ReviewReply)
    return Chain("reviewer", shaped, template, ReviewInput, Review, values, parse)


def _template(prompt: Template | str) -> Template:
    return library().get(prompt) if isinstance(prompt, str) else prompt


def _proposal(given: CodeInput, message: BaseMessage) -> Proposal:
    """Code travels as fenced text, never inside JSON, which costs a model 3 to 9 points."""
    reply = str(message.text)
    try:
        return Proposal(files=parse_reply(reply, given.files, given.edit_format), reply=reply)
    except EditError as error:
        raise BadOutputError(error.message, error.cure, partial=reply) from error


def _shaped(model: Model, template: Template, form: type[BaseModel]) -> Model:
    """The model with its answers constrained to a form by the server."""
    schema = {"name": form.__name__, "schema": _schema(form), "strict": True}
    # A template's hints are defaults: what the run has bound to the model wins.
    hints = {k: v for k, v in template.model.items() if k not in getattr(model, "kwargs", {})}
    return model.bind(response_format={"type": "json_schema", "json_schema": schema}, **hints)


@cache
def _schema(form: type[BaseModel]) -> dict[str, Any]:
    return form.model_json_schema()


def _read(form: type[Form], message: BaseMessage, template: Template) -> Form:
    """A constrained answer as its form."""
    try:
        return form.model_validate_json(str(message.text))
    except ValidationError as error:
        cut = message.response_metadata.get("finish_reason") == "length"
        raise BadOutputError(
            f"The answer to {template.name} "
            + ("was cut at the token limit." if cut else f"is not a {form.__name__}."),
            "Raise max_tokens." if cut else "Another model may follow the schema better.",
            partial=str(message.text),
        ) from error
