"""An experiment with everything resolved: what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from triptych.lab.tasks.task import TaskSet
from triptych.lab.words import Experiment
from triptych.prompts import Template
from triptych.state import Budget, Stage, Strategy


@dataclass(frozen=True)
class LiveVariant:
    """A variant, ready to be run.

    Attributes:
        name: Its name in the record.
        templates: Stage to template, exact.
        model: The model of the stages that `models` does not name. Its seed is set by each cell.
        models: Stage to another model.
        strategy: Whole, the model's own defaults filled in.
        budget: Of each cell.
        salt: Keeps its calls apart from equal ones of other variants.
    """

    name: str
    templates: Mapping[Stage, Template]
    model: BaseChatModel
    models: Mapping[Stage, BaseChatModel]
    strategy: Strategy
    budget: Budget
    salt: str = ""

    @property
    def asks(self) -> frozenset[Stage]:
        """The stages that its strategy may ask."""
        return asks(self.strategy)

    def model_of(self, stage: Stage) -> BaseChatModel:
        """The model of a stage."""
        return self.models.get(stage, self.model)


@dataclass(frozen=True)
class Resolved:
    """An experiment, ready to be measured.

    Attributes:
        experiment: As it was defined.
        tasks: What is measured on.
        variants: In the order of the definition, then the baseline again, then the ablation's.
        baseline: Name of the variant that the others are compared with.
        ablation: Generated variant to the stage that it exchanges.
    """

    experiment: Experiment
    tasks: TaskSet
    variants: tuple[LiveVariant, ...]
    baseline: str
    ablation: Mapping[str, str]

    @property
    def models(self) -> Iterator[BaseChatModel]:
        """All models that are asked, variant by variant; one may come several times."""
        for variant in self.variants:
            yield from (variant.model, *variant.models.values())

    def variant(self, name: str) -> LiveVariant:
        """The variant of that name."""
        return next(v for v in self.variants if v.name == name)


def asks(strategy: Strategy) -> frozenset[Stage]:
    """The stages that a strategy may ask."""
    possible: dict[Stage, bool] = {
        "plan": strategy.plan != "never",
        "code": True,
        "repair": strategy.repairs > 0,
        "review": strategy.review != "never",
    }
    return frozenset(stage for stage, asked in possible.items() if asked)
