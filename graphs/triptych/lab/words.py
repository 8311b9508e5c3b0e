"""How an experiment is defined: what stands in its YAML, and what Python gives it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from triptych.state import Budget, Stage, Strategy, Word

PASS_MARGIN = 0.02
"""The loss of pass rate that is called no loss, where an experiment does not say: 2 points."""


class Prompts(Word):
    """What of the prompt library a variant uses."""

    set: str = Field(default="default", description="A set of the library: stage to reference.")
    stages: dict[Stage, str] = Field(
        default_factory=dict, description="Stage to selector, put over the set."
    )


class Variant(Word):
    """What is compared: prompts, model, parameters and strategy of a run."""

    model: str | None = Field(default=None, description="A name of `chat_model`.")
    base_url: str | None = Field(default=None, description="A self-hosted endpoint.")
    models: dict[Stage, str] = Field(
        default_factory=dict,
        description="Another model for one stage; beside base_url it is a name at that endpoint.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="The model's: temperature, top_p, max_tokens. The seed is the experiment's.",
    )
    prompts: Prompts = Prompts()
    prompts_dir: str | None = Field(default=None, description="A folder that overlays them.")
    strategy: Strategy | None = Field(
        default=None, description="Fields that change the model's own default."
    )
    budget: Budget = Budget()


class TaskSource(Word):
    """Where tasks come from: exactly one of `set` and `path`."""

    set: str | None = Field(default=None, description="A set by name: humaneval.")
    path: str | None = Field(default=None, description="A JSONL file or a folder.")
    limit: int | None = Field(default=None, ge=1, description="Only so many of the first.")
    take: Literal["all", "odd", "even"] = Field(
        default="all", description="By position in the set, counted from 0; before `limit`."
    )
    families: list[str] = Field(default_factory=list, description="Only these.")


class Experiment(Word):
    """Variants × tasks × trials, and how they are judged."""

    schema_version: Literal[1] = 1
    name: str = Field(default="experiment", pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    tasks: TaskSource
    model: str | None = Field(default=None, description="Of the variants that name none.")
    variants: dict[str, Variant] = Field(min_length=1)
    baseline: str = Field(default="", description="What is compared with; empty: the first.")
    trials: int = Field(default=1, ge=1, le=100, description="Repetitions, each with its seed.")
    seed: int = 0
    margin: float = Field(
        default=PASS_MARGIN,
        ge=0,
        lt=1,
        description="The loss of pass rate that would not matter; 0: nothing is `not-worse`.",
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    k: list[int] = Field(default_factory=lambda: [1], description="For pass@k and pass^k.")
    aa: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Share of the tasks on which the baseline runs twice, where trials is 1.",
    )
    ablate: str | None = Field(
        default=None, description="A candidate whose stages are exchanged one at a time."
    )
    concurrency: int | None = Field(default=None, ge=1, le=1024, description="Blocks at once.")
    share_calls: bool = Field(
        default=True, description="Identical calls of one trial are made once."
    )
    stop_early: bool = Field(
        default=False, description="End as soon as the always-valid interval decides."
    )
