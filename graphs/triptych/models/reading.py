"""One answer as it arrives: from the events of a chat completion to LangChain's message chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from triptych.errors import ModelError
from triptych.models import faults

_KEPT = ("id", "system_fingerprint", "timings")


@dataclass
class Reading:
    """Turns events into chunks and knows at the end whether the answer is whole.

    The shipped class swallows error objects and silent ends, sums cumulative usage, and looks for
    ``<think>`` inside the text (an answer about that tag loses words). Usage, model name and finish
    reason come once, in the last chunk.
    """

    url: str
    model: str
    text: str = ""
    finish: str | None = None
    usage: dict[str, Any] | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    reasoning_fields: list[str] = field(default_factory=list)

    def chunks(self, event: Any) -> Iterator[AIMessageChunk]:
        """The chunks of one event: one for a choice that says something, otherwise none.

        Raises:
            ModelError: If the event is an error, or no part of a completion.
        """
        if not isinstance(event, dict) or event.get("error") or "choices" not in event:
            raise faults.in_stream(self.url, event)
        self.usage = event.get("usage") or self.usage
        self.model = event.get("model") or self.model
        self.kept.update({name: event[name] for name in _KEPT if event.get(name)})
        for choice in event["choices"] or []:
            # Choices beyond the first are other answers: LangChain asks for one.
            if choice.get("index", 0) == 0:
                self.finish = choice.get("finish_reason") or self.finish
                yield from self._chunk(choice.get("delta") or choice.get("message") or {})

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Around the reading of all events: an answer that is not whole is an error.

        Raises:
            ModelError: With the text so far as `partial`. A connection that breaks after the finish
                reason is none: only the usage is lost then.
        """
        try:
            yield
            if self.finish is None:
                raise faults.cut_short(self.url)
        except ModelError as error:
            if self.finish is None:
                error.partial = self.text
                raise

    def last(self) -> ChatGenerationChunk:
        """The closing chunk, with what is known only at the end: said once, so that it adds up."""
        fields = {"_reasoning_api_fields": self.reasoning_fields} if self.reasoning_fields else {}
        metadata = {"model_name": self.model, "finish_reason": self.finish, **self.kept}
        message = AIMessageChunk(
            content="",
            additional_kwargs=fields,
            response_metadata=metadata,
            usage_metadata=usage_metadata(self.usage),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)

    def _chunk(self, delta: dict[str, Any]) -> Iterator[AIMessageChunk]:
        content = delta.get("content") or ""
        calls = [_call(call) for call in delta.get("tool_calls") or []]
        extra = {}
        for name in ("reasoning_content", "reasoning"):
            if delta.get(name):
                # Under both names as the shipped class has it: LangChain reads the first one.
                extra[name] = extra["reasoning_content"] = delta[name]
                self.reasoning_fields = [*{*self.reasoning_fields, name}]
        self.text += content if isinstance(content, str) else ""  # some send content blocks
        if content or calls or extra:
            yield AIMessageChunk(
                content=content, tool_call_chunks=calls, additional_kwargs=extra, id=self._id()
            )

    def _id(self) -> str | None:
        return self.kept.get("id")


def usage_metadata(usage: dict[str, Any] | None) -> UsageMetadata | None:
    """Token counts of an answer in LangChain's form; None where the server gave none."""
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


def _call(call: dict[str, Any]) -> ToolCallChunk:
    """A tool call's piece; llama.cpp and vLLM may leave out any part of it."""
    function = call.get("function") or {}
    args = function.get("arguments")
    return tool_call_chunk(
        name=function.get("name"),
        args=args if args is None or isinstance(args, str) else json.dumps(args),
        id=call.get("id"),
        index=call.get("index"),
    )
