"""What model calls cost: a callback that counts, and sums over a run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import ChatGeneration, LLMResult

from triptych.models import Price
from triptych.state import Usage


class Meter(BaseCallbackHandler):
    """Counts the calls and tokens of everything that runs under it, failed calls included."""

    run_inline = True  # counting is quicker than handing it to another thread

    def __init__(self) -> None:
        self.calls = self.failed_calls = 0
        self.input_tokens = self.output_tokens = self.cached_tokens = 0

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Add what one answer used."""
        self.calls += 1
        generation = response.generations[0][0]
        if not isinstance(generation, ChatGeneration):
            return
        used = getattr(generation.message, "usage_metadata", None)
        if used:
            self.input_tokens += used["input_tokens"]
            self.output_tokens += used["output_tokens"]
            details = used.get("input_token_details") or {}
            self.cached_tokens += details.get("cache_read", 0) or 0

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Count a call that gave no answer."""
        self.failed_calls += 1

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
