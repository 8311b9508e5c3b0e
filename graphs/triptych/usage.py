"""What model calls cost: a model that counts, and sums over a run."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig

from triptych.models import Price
from triptych.state import Usage


class Meter:
    """Counts calls and tokens, failed calls included."""

    def __init__(self) -> None:
        self.calls = self.failed_calls = 0
        self.input_tokens = self.output_tokens = self.cached_tokens = 0

    def count(self, answer: Any) -> None:
        """Add what one answer used."""
        self.calls += 1
        used = answer.usage_metadata if isinstance(answer, AIMessage) else None
        if used:
            self.input_tokens += used["input_tokens"]
            self.output_tokens += used["output_tokens"]
            self.cached_tokens += used.get("input_token_details", {}).get("cache_read", 0) or 0

    def add_to(self, usage: Usage, seconds: float, price: Price | None) -> Usage:
        """The usage with this meter's counts added.

        Args:
            usage: What was spent before.
            seconds: How long the step took.
            price: The model's, if known.
        """
        money = usage.money
        if price is not None:
            paid = (self.input_tokens * price.input + self.output_tokens * price.output) / 1e6
            money = (money or 0.0) + paid
        return Usage(
            calls=usage.calls + self.calls,
            failed_calls=usage.failed_calls + self.failed_calls,
            input_tokens=usage.input_tokens + self.input_tokens,
            output_tokens=usage.output_tokens + self.output_tokens,
            cached_tokens=usage.cached_tokens + self.cached_tokens,
            seconds=usage.seconds + seconds,
            money=money,
        )


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
        try:
            answer = self._model.invoke(input, config, **kwargs)
        except BaseException:
            self._meter.failed_calls += 1
            raise
        self._meter.count(answer)
        return answer

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """`invoke`, asynchronously."""
        try:
            answer = await self._model.ainvoke(input, config, **kwargs)
        except BaseException:  # a cancelled call, too
            self._meter.failed_calls += 1
            raise
        self._meter.count(answer)
        return answer
