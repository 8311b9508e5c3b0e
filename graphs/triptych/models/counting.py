"""Token counts of an answer, in LangChain's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.utils import count_tokens_approximately


def usage_metadata(usage: dict[str, Any] | None) -> UsageMetadata | None:
    """A server's counts, cached and reasoning tokens included; None where it gave none."""
    if not usage:
        return None
    sent, written = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    made = UsageMetadata(
        input_tokens=sent,
        output_tokens=written,
        total_tokens=usage.get("total_tokens") or sent + written,
    )
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    if cached is not None:
        made["input_token_details"] = InputTokenDetails(cache_read=cached)
    if thought is not None:
        made["output_token_details"] = OutputTokenDetails(reasoning=thought)
    return made


def combined(outputs: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """One ``llm_output`` of those of many answers: their counts summed, and the model's name.

    As in LangChain's own classes an answer that was streamed to callbacks, or came from a cache,
    counts for nothing: its message has the usage.
    """
    made: dict[str, Any] = {"token_usage": {}}
    counts = made["token_usage"]
    for output in outputs:
        if output and "token_usage" in output:
            made["model_name"] = output["model_name"]
            for name, count in output["token_usage"].items():
                counts[name] = counts.get(name, 0) + count
    return made


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // 4)


def estimated(messages: Sequence[BaseMessage], answer: str) -> UsageMetadata:
    """Counts by LangChain's rule of thumb (four characters a token), for a server that gave none.

    Who calls it marks the answer: ``response_metadata["usage_estimated"]``.
    """
    sent = count_tokens_approximately(messages)
    written = tokens(answer)
    return UsageMetadata(input_tokens=sent, output_tokens=written, total_tokens=sent + written)
