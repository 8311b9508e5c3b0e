"""An experiment as it is measured: everything resolved, so that a change of it can be seen."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from triptych.state import Budget, Strategy, Word

AGAIN = ":again"
"""Ends the name of the baseline's second self, which shows how far it differs from itself."""

LEAST_AGAIN = 10
"""So many blocks at least have the baseline twice; all, if there are fewer."""


class TemplateRef(Word):
    """Exactly which template a stage uses."""

    reference: str
    sha256: str
    layer: str
    selector: str = Field(description="As it was asked for.")


class LiveModel(Word):
    """Exactly which model is asked, with what; never a key."""

    name: str
    id: str
    place: str = Field(description="host:port/path without /v1; `embedded`; or `hosted`.")
    parameters: dict[str, Any] = Field(default_factory=dict)


class FrozenVariant(Word):
    """A variant with everything resolved."""

    prompts: dict[str, TemplateRef]
    model: LiveModel
    models: dict[str, LiveModel] = Field(default_factory=dict)
    strategy: Strategy
    budget: Budget = Budget()
    salt: str = Field(default="", description="Keeps its calls apart from equal ones of others.")


class Fingerprint(Word):
    """What must not change within a record; `experiment.json` of a run's folder."""

    schema_version: Literal[1] = 1
    name: str
    description: str = ""
    baseline: str
    task_set: str
    task_version: str = ""
    tasks: dict[str, str] = Field(description="Id to sha256, in the order of the set.")
    families: dict[str, str] = Field(
        default_factory=dict, description="Task to its family, where it has one."
    )
    variants: dict[str, FrozenVariant]
    trials: int = 1
    seed: int = 0
    margin: float
    alpha: float = 0.05
    k: list[int] = Field(default_factory=lambda: [1])
    aa: float = 0.0
    share_calls: bool = True
    stop_early: bool = False
    ablation: dict[str, str] = Field(
        default_factory=dict, description="Generated variant to the stage that it exchanges."
    )
    grown: list[dict[str, int]] = Field(
        default_factory=list, description="Tasks and trials before each growth."
    )
    made_with: dict[str, str] = Field(default_factory=dict, description="Versions, to inform.")
