"""The arms of an experiment: ways to try a task that are compared on the same tasks."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from triptych.resources import entry_of, strategy_for
from triptych.state import Options, Strategy


@dataclass(frozen=True)
class Arm:
    """One way to try a task: a strategy, or None for the model's own default."""

    name: str
    strategy: Strategy | None = None

    def resolved(self, model: BaseChatModel) -> Strategy:
        """The strategy that this arm uses with a model."""
        return strategy_for(entry_of(model), Options(strategy=self.strategy))


SINGLE = Arm(
    "single",
    Strategy(plan="never", drafts=1, repairs=0, review="never", edit_format="whole"),
)
"""One call, whatever its checks say."""

DEFAULT = Arm("default")
"""What a user gets who sets nothing."""

ARMS = (SINGLE, DEFAULT)
