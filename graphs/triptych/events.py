"""Typed progress of a run, sent on LangGraph's ``custom`` stream as plain JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from langgraph.config import get_stream_writer
from pydantic import Field, TypeAdapter

from triptych.state import Decision, Draft, Evidence, Plan, Review, Word


class Started(Word):
    """The run knows its model, its prompts and the examples it will check."""

    type: Literal["started"] = "started"
    model: str
    destination: str = Field(description="Where requests go, in one line.")
    prompts: dict[str, str] = Field(description="Stage to template, name and version.")
    examples: int
    warnings: list[str] = Field(default_factory=list)


class Planned(Word):
    """There is a plan, or the planner failed and the run goes on without."""

    type: Literal["planned"] = "planned"
    plan: Plan | None = None
    error: str = ""


class Drafting(Word):
    """A draft or repair has been asked for."""

    type: Literal["drafting"] = "drafting"
    draft: int
    origin: Literal["first", "wave", "repair"]


class Drafted(Word):
    """A draft has arrived; `draft.error` says why it holds no code, if so."""

    type: Literal["drafted"] = "drafted"
    draft: Draft


class Checked(Word):
    """The checks of one draft have ended."""

    type: Literal["checked"] = "checked"
    draft: int
    evidence: Evidence


class Reviewed(Word):
    """One draft has been reviewed."""

    type: Literal["reviewed"] = "reviewed"
    draft: int
    review: Review


class Decided(Word):
    """What happens next, and why."""

    type: Literal["decided"] = "decided"
    decision: Decision


Event = Annotated[
    Started | Planned | Drafting | Drafted | Checked | Reviewed | Decided,
    Field(discriminator="type"),
]

_adapter: TypeAdapter[Any] = TypeAdapter(Event)


def emit(event: Word) -> None:
    """Send one event on the run's custom stream; call inside a node."""
    get_stream_writer()(event.model_dump(mode="json"))


def parse_event(data: dict[str, Any]) -> Event:
    """The typed event of one item of the custom stream.

    Raises:
        pydantic.ValidationError: if the item is none of ours.
    """
    event: Event = _adapter.validate_python(data)
    return event
