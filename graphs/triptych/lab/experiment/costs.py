"""What one cell may cost: its calls counted by the strategy, its prompts by rendering them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from triptych.lab.experiment.live import LiveVariant
from triptych.lab.experiment.seen import seen_model
from triptych.lab.tasks.task import LabTask
from triptych.models.counting import tokens
from triptych.prompts import Template
from triptych.resources import entry_of
from triptych.state import Budget, Stage
from triptych.workspace import listing

LEAST_OUTPUT = 60
"""Tokens of a short answer."""

MOST_OUTPUT = 4096
"""Tokens of a long one, where neither the request nor the catalogue limits it."""


@dataclass(frozen=True)
class Cost:
    """Calls, tokens and US dollars; money is None once a price was not known."""

    calls: float = 0.0
    input: float = 0.0
    output: float = 0.0
    money: float | None = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Both together."""
        known = self.money is not None and other.money is not None
        return Cost(
            self.calls + other.calls,
            self.input + other.input,
            self.output + other.output,
            (self.money or 0.0) + (other.money or 0.0) if known else None,
        )

    def __mul__(self, times: float) -> Cost:
        """So many of it; none of an unknown price costs nothing."""
        money = 0.0 if not times else None if self.money is None else self.money * times
        return Cost(self.calls * times, self.input * times, self.output * times, money)


def cell_cost(variant: LiveVariant, task: LabTask) -> tuple[Cost, Cost]:
    """The least and the most that a run of a task may cost.

    The least: a plan if one is always made, one draft, one review. The most: a plan, all drafts and
    repairs, and a review of the best draft and of each repair.
    """
    strategy = variant.strategy
    reviewed = strategy.review != "never"
    least: dict[Stage, int] = {
        "plan": int(strategy.plan == "always"),
        "code": 1,
        "review": int(reviewed),
    }
    most: dict[Stage, int] = {
        "plan": int(strategy.plan != "never"),
        "code": strategy.drafts,
        "repair": strategy.repairs,
        "review": (1 + strategy.repairs) * reviewed,
    }
    low, high = Cost(), Cost()
    for stage, calls in least.items():
        low = low + call_cost(variant, stage, task, LEAST_OUTPUT, LEAST_OUTPUT) * calls
    for stage, calls in most.items():
        if calls:
            limit = output_limit(variant, stage)
            written = output_limit(variant, "code")
            high = high + call_cost(variant, stage, task, limit, written) * calls
    return low, _within(variant.budget, high)


def _within(budget: Budget, cost: Cost) -> Cost:
    """A cost as the budget of a cell cuts it, which may be passed by one call."""
    limits = (
        (budget.calls, cost.calls),
        (budget.tokens, cost.input + cost.output),
        (budget.money, cost.money),
    )
    parts = [limit / value for limit, value in limits if limit and value]
    return cost * min(1.0, *parts) if parts else cost


def call_cost(
    variant: LiveVariant, stage: Stage, task: LabTask, output: float, written: float
) -> Cost:
    """What one call costs.

    Args:
        variant: Whose prompt and model.
        stage: Of the call.
        task: What it is about.
        output: Tokens of the answer.
        written: Tokens of a draft, which repairs and reviews read.
    """
    sent: float = _rendered(variant.templates[stage], task)
    if stage in ("repair", "review"):
        sent += written
    entry = entry_of(variant.model_of(stage))
    money = None
    if entry is not None and entry.price is not None:
        money = (sent * entry.price.input + output * entry.price.output) / 1_000_000
    elif entry is not None and entry.kind == "local":
        money = 0.0  # this machine's power is not counted
    return Cost(1, sent, output, money)


def output_limit(variant: LiveVariant, stage: Stage) -> int:
    """The most tokens of an answer of a stage."""
    model = variant.model_of(stage)
    entry = entry_of(model)
    own = getattr(model, "max_tokens", None) or (entry.output_limit if entry else None)
    hint = variant.templates[stage].model.get("max_tokens")
    limits = [int(limit) for limit in (own, hint) if limit]
    return min(limits, default=MOST_OUTPUT)


def first_calls(variant: LiveVariant) -> list[tuple[str, ...]]:
    """What tells the calls of the best case apart, whatever the task: equal ones are made once."""

    def sign(stage: Stage) -> tuple[str, ...]:
        model = variant.model_of(stage)
        return stage, variant.templates[stage].sha256, seen_model(model).model_dump_json()

    made: list[tuple[str, ...]] = []
    before: tuple[str, ...] = ()
    if variant.strategy.plan == "always":
        before = sign("plan")
        made.append(before)
    code = (*before, *sign("code"), variant.strategy.edit_format)
    made.append(code)
    if variant.strategy.review != "never":
        made.append((*code, *sign("review")))
    return made


def _rendered(template: Template, task: LabTask) -> int:
    return _count(_Rendering(template, task))


@dataclass(frozen=True)
class _Rendering:
    """A template and a task, compared by their hashes: rendering is what takes time."""

    template: Template
    task: LabTask

    def __hash__(self) -> int:
        return hash((self.template.sha256, self.task.id))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Rendering) and self.template.sha256 == other.template.sha256
        return same and isinstance(other, _Rendering) and self.task is other.task


@lru_cache(maxsize=4096)
def _count(asked: _Rendering) -> int:
    template, task = asked.template, asked.task.task
    known: dict[str, Any] = {
        "request": task.request,
        "files": listing(task.files),
        "code": listing(task.files),
        "edit_format": "whole",
    }
    empty: dict[str, Any] = {"string": "", "list": [], "object": {}}
    values = {
        name: known.get(name, empty[given.kinds[0]])
        for name, given in template.inputs.items()
        if given.required or name in known
    }
    return sum(tokens(text) for _, text in template.render(**values))
