"""The state of a run as typed words: nodes read it here and return plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triptych import decide as rules
from triptych.errors import InputError
from triptych.state import (
    SCHEMA_VERSION,
    Draft,
    Example,
    Options,
    Plan,
    Strategy,
    Task,
    Usage,
    to_json,
)


class View:
    """The state of a run, validated."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        if state["schema_version"] != SCHEMA_VERSION:
            raise InputError(
                "This run was begun by another version of Triptych: its state has the form "
                f"{state['schema_version']}, here it is {SCHEMA_VERSION}.",
                "Go on with that version, or start the run anew.",
            )
        self.task = task_of(state)
        self.options = Options.model_validate(state["options"])
        self.strategy = self.options.strategy or Strategy()
        self.prompts: dict[str, dict[str, Any]] = state["prompts"]
        self.examples = [Example.model_validate(e) for e in state["examples"]]
        self.plan = Plan.model_validate(state["plan"]) if state.get("plan") else None
        self.drafts = [Draft.model_validate(d) for d in state["drafts"]]
        self.usage = Usage.model_validate(state["usage"])
        self.failure: str = state.get("failure", "")

    @property
    def best(self) -> Draft | None:
        """The draft with the strongest evidence."""
        return rules.best(self.drafts, self.strategy)

    @property
    def closed(self) -> bool:
        """True if no model may be asked any more: the budget is spent or the endpoint failed."""
        return bool(self.failure or rules.spent(self.options.budget, self.usage))

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the budget leaves, at least a thousandth; None without a limit."""
        limit = self.options.budget.seconds
        return None if limit is None else max(limit - self.usage.seconds, 0.001)

    def with_drafts(self, *changed: Draft) -> list[Draft]:
        """All drafts, the changed or new ones put in by their id."""
        return list({d.id: d for d in (*self.drafts, *changed)}.values())

    def replace(self, *changed: Draft) -> list[dict[str, Any]]:
        """`with_drafts` as JSON."""
        return [to_json(d) for d in self.with_drafts(*changed)]


def task_of(state: Mapping[str, Any]) -> Task:
    """The task that a state carries."""
    return Task(
        request=state["request"],
        files=state.get("files") or {},
        checks=state.get("checks") or [],
    )
