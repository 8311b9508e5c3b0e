"""The steps that ask a model, each a Runnable on its own: planner, coder, repairer, reviewer.

Each takes a ready chat model and, optionally, a template other than the built-in one, and is
usable in any LangChain app, sync, async, streamed or in batches:

    from triptych import chat_model, coder
    coder(chat_model("local")).invoke({"request": "a function that adds two numbers"}).files
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triptych.errors import BadOutputError, EditError
from triptych.prompts import Template, as_runnable, library
from triptych.state import EditFormat, Finding, Plan, Review, Word
from triptych.workspace import listing, parse_reply

Model = BaseChatModel | Runnable[LanguageModelInput, Any]
"""A chat model, or one with parameters bound to it."""


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


def planner(model: Model, prompt: Template | str = "plan") -> Runnable[Any, Plan]:
    """A Runnable from `PlanInput` (or its dict) to a `Plan`.

    Raises:
        BadOutputError: when invoked, if the answer is no plan.
        ModelError: when invoked, if the endpoint fails.
    """
    chain = _structured(model, prompt, PlanInput, Plan, _plan_values)
    return chain.with_types(input_type=PlanInput, output_type=Plan).with_config(run_name="planner")


def coder(model: Model, prompt: Template | str = "code") -> Runnable[Any, Proposal]:
    """A Runnable from `CodeInput` (or its dict) to a `Proposal`.

    Raises:
        BadOutputError: when invoked, if the answer holds no usable code; `partial` is the answer.
        ModelError: when invoked, if the endpoint fails.
    """
    return _writing(model, prompt, CodeInput, "coder")


def repairer(model: Model, prompt: Template | str = "repair") -> Runnable[Any, Proposal]:
    """A Runnable from `RepairInput` (or its dict) to a `Proposal`; raises as `coder` does."""
    return _writing(model, prompt, RepairInput, "repairer")


def reviewer(model: Model, prompt: Template | str = "review") -> Runnable[Any, Review]:
    """A Runnable from `ReviewInput` (or its dict) to a `Review`; raises as `planner` does."""

    def to_review(reply: ReviewReply) -> Review:
        # Asking for changes without naming a fault is no reason to change anything.
        if reply.verdict == "approve" or not reply.findings:
            return Review(verdict="approve")
        return Review(verdict="changes", findings=reply.findings)

    chain = _structured(model, prompt, ReviewInput, ReviewReply, _review_values) | to_review
    return chain.with_types(input_type=ReviewInput, output_type=Review).with_config(
        run_name="reviewer"
    )


def _writing(
    model: Model, prompt: Template | str, takes: type[CodeInput], name: str
) -> Runnable[Any, Proposal]:
    """The coder and the repairer: code travels as fenced text, never inside JSON (DESIGN: JSON
    costs a model 3 to 9 points).
    """

    def write(given: CodeInput) -> Runnable[Any, Proposal]:
        def parse(message: BaseMessage) -> Proposal:
            reply = str(message.text)
            try:
                files = parse_reply(reply, given.files, given.edit_format)
            except EditError as error:
                raise BadOutputError(error.message, error.cure, partial=reply) from error
            return Proposal(files=files, reply=reply)

        values = _code_values(given)
        return RunnableLambda(lambda _: values) | as_runnable(_template(prompt)) | model | parse

    return (
        (RunnableLambda(takes.model_validate) | RunnableLambda(write))
        .with_types(input_type=takes, output_type=Proposal)
        .with_config(run_name=name)
    )


def _structured(
    model: Model,
    prompt: Template | str,
    takes: type[BaseModel],
    form: type[Form],
    values: Callable[[Any], dict[str, Any]],
) -> Runnable[Any, Form]:
    """The planner and the reviewer: the answer is JSON that the server constrains by a schema."""
    template = _template(prompt)
    schema = {"name": form.__name__, "schema": form.model_json_schema(), "strict": True}
    # A template's hints are defaults: what the run has bound to the model wins.
    hints = {k: v for k, v in template.model.items() if k not in getattr(model, "kwargs", {})}
    bound = model.bind(response_format={"type": "json_schema", "json_schema": schema}, **hints)

    def parse(message: AIMessage) -> Form:
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

    return RunnableLambda(takes.model_validate) | values | as_runnable(template) | bound | parse


def _template(prompt: Template | str) -> Template:
    return library().get(prompt) if isinstance(prompt, str) else prompt


def _plan_values(given: PlanInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "files": listing(given.files),
        "failures": given.failures,
    }


def _code_values(given: CodeInput) -> dict[str, Any]:
    values: dict[str, Any] = {
        "request": given.request,
        "plan": given.plan.steps if given.plan else [],
        "edit_format": given.edit_format,
    }
    if isinstance(given, RepairInput):
        values["code"] = listing(given.files)
        values["failures"] = given.failures
        values["findings"] = "\n".join(f"- `{f.quote}`: {f.failure}" for f in given.findings)
    else:
        values["files"] = listing(given.files)
    return values


def _review_values(given: ReviewInput) -> dict[str, Any]:
    return {
        "request": given.request,
        "code": listing(given.files),
        "evidence": given.evidence,
    }
