"""What model calls cost: a model that counts, and sums over a run."""

from __future__ import annotations

import time
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig

from triptych.models import Price
from triptych.state import Spent, Usage


class Meter:
    """Counts calls, their tokens and their time, failed calls included."""

    def __init__(self) -> None:
        self.calls = self.failed_calls = self.replayed = 0
        self.input_tokens = self.output_tokens = self.cached_tokens = 0
        self.model_seconds = 0.0

    def count(self, answer: Any, seconds: float) -> None:
        """Add what one answer used.

        Args:
            answer: The model's. One that an experiment had already (``replayed`` in its
                ``response_metadata``) brings the seconds of the call that it was made by.
            seconds: How long the call took.
        """
        self.calls += 1
        if isinstance(answer, AIMessage):
            used, said = answer.usage_metadata, answer.response_metadata
            if used:
                self.input_tokens += used["input_tokens"]
                self.output_tokens += used["output_tokens"]
                details = used.get("input_token_details", {})
                self.cached_tokens += details.get("cache_read", 0) or 0
            if said.get("replayed"):
                self.replayed += 1
                seconds = float(said.get("seconds", seconds))
        self.model_seconds += seconds

    def fail(self, seconds: float) -> None:
        """Add a call that brought no answer."""
        self.failed_calls += 1
        self.model_seconds += seconds

    def add_to(self, usage: Usage, seconds: float, price: Price | None, stage: str) -> Usage:
        """The usage with this meter's counts added, to the totals and to a stage's own.

        Args:
            usage: What was spent before.
            seconds: How long the step took.
            price: The model's, if known.
            stage: The one that spent it.
        """
        paid = None
        if price is not None:
            paid = (self.input_tokens * price.input + self.output_tokens * price.output) / 1e6
        before = usage.stages.get(stage) or Spent()
        spent = Spent(
            **self._added(before, seconds, paid),
            replayed=before.replayed + self.replayed,
            model_seconds=before.model_seconds + self.model_seconds,
        )
        return Usage(**self._added(usage, seconds, paid), stages={**usage.stages, stage: spent})

    def _added(self, to: Usage | Spent, seconds: float, paid: float | None) -> dict[str, Any]:
        """The fields that a run's usage and a stage's have in common."""
        return {
            "calls": to.calls + self.calls,
            "failed_calls": to.failed_calls + self.failed_calls,
            "input_tokens": to.input_tokens + self.input_tokens,
            "output_tokens": to.output_tokens + self.output_tokens,
            "cached_tokens": to.cached_tokens + self.cached_tokens,
            "seconds": to.seconds + seconds,
            "money": to.money if paid is None else (to.money or 0.0) + paid,
        }


class Metered(Runnable[Any, Any]):
    """A model whose calls a meter counts.

    Not a callback: with a handler in the config, LangChain traces every call for it.

    Args:
        model: The model that is asked.
        meter: Where it is counted.
    """

    def __init__(self, model: Runnable[Any, Any], meter: Meter) -> None:
        self._model, self._meter = model, meter
        self.kwargs: dict[str, Any] = getattr(model, "kwargs", {})

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Ask the model and count it."""
        began = time.monotonic()
        try:
            answer = self._model.invoke(input, config, **kwargs)
        except BaseException:
            self._meter.fail(time.monotonic() - began)
            raise
        self._meter.count(answer, time.monotonic() - began)
        return answer

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """`invoke`, asynchronously."""
        began = time.monotonic()
        try:
            answer = await self._model.ainvoke(input, config, **kwargs)
        except BaseException:  # a cancelled call, too
            self._meter.fail(time.monotonic() - began)
            raise
        self._meter.count(answer, time.monotonic() - began)
        return answer
