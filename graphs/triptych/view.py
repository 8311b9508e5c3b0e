"""The state of a run as typed words: nodes read it here and return plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
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
        self._state = state
        self.prompts: dict[str, dict[str, Any]] = state["prompts"]
        self.failure: str = state.get("failure", "")

    # Each when it is read: a node reads a part of them.

    @cached_property
    def task(self) -> Task:
        """What was asked."""
        return task_of(self._state)

    @cached_property
    def options(self) -> Options:
        """How the run is made, resolved by its first node."""
        return Options.model_validate(self._state["options"])

    @cached_property
    def strategy(self) -> Strategy:
        """How hard it tries."""
        return self.options.strategy or Strategy()

    @cached_property
    def examples(self) -> list[Example]:
        """The examples found in the request."""
        return [Example.model_validate(e) for e in self._state["examples"]]

    @cached_property
    def plan(self) -> Plan | None:
        """The plan, if there is one."""
        plan = self._state.get("plan")
        return Plan.model_validate(plan) if plan else None

    @cached_property
    def drafts(self) -> list[Draft]:
        """All drafts so far, in the order in which they were asked for."""
        return [Draft.model_validate(d) for d in self._state["drafts"]]

    @cached_property
    def usage(self) -> Usage:
        """What has been spent."""
        return Usage.model_validate(self._state["usage"])

    @property
    def best(self) -> Draft | None:
        """The draft with the strongest evidence."""
        return rules.best(self.drafts, self.strategy)

    @property
    def next_id(self) -> int:
        """The id of the next draft. Not their number: a call of a wave may have failed."""
        return 1 + max((d.id for d in self.drafts), default=-1)

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
        kept = {d["id"]: d for d in self._state["drafts"]}
        return list({**kept, **{d.id: to_json(d) for d in changed}}.values())


def task_of(state: Mapping[str, Any]) -> Task:
    """The task that a state carries."""
    return Task(
        request=state["request"],
        files=state.get("files") or {},
        checks=state.get("checks") or [],
    )
