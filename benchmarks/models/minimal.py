"""The yardstick: what a careful person writes who needs a chat model over aiohttp and no more.

One session for all calls, usage and metadata as LangChain wants them, an error for a bad status.
No retries, no limits, no tools, no typed errors, no parameters but the model's name.

`ainvoke` is measured in two forms. `streams=False` asks for a whole answer, which is what most
people write and the faster one: it is what ours is held against. `streams=True` streams underneath
and merges, as ours does (a closed request that does not stream runs on in the server).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


class Minimal(BaseChatModel):
    base_url: str
    model: str
    streams: bool = False
    _session: aiohttp.ClientSession | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "minimal"

    def _post(self, messages: list[BaseMessage], stop: Any, stream: bool, kwargs: Any) -> Any:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_read=300)
            )
        sent = [{"role": ROLES[m.type], "content": m.content} for m in messages]
        payload = {"model": self.model, "messages": sent, "stream": stream, **kwargs}
        if stop:
            payload["stop"] = stop
        if stream:
            payload["stream_options"] = {"include_usage": True}
        return self._session.post(
            f"{self.base_url}/chat/completions", json=payload, raise_for_status=True
        )

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError("It is measured by its async form.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.streams:
            return await agenerate_from_stream(self._astream(messages, stop, **kwargs))
        async with self._post(messages, stop, False, kwargs) as got:
            answer = await got.json()
        choice = answer["choices"][0]
        message = AIMessage(
            choice["message"]["content"] or "",
            id=answer["id"],
            usage_metadata=usage(answer["usage"]),
            response_metadata={
                "model_name": answer["model"],
                "finish_reason": choice["finish_reason"],
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with self._post(messages, stop, True, kwargs) as got:
            async for line in got.content:
                if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                    continue
                chunk = ChatGenerationChunk(message=_chunk(json.loads(line[6:])))
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()


def _chunk(event: dict[str, Any]) -> AIMessageChunk:
    if not event["choices"]:
        return AIMessageChunk("", id=event["id"], usage_metadata=usage(event["usage"]))
    choice = event["choices"][0]
    done = {"model_name": event["model"], "finish_reason": choice["finish_reason"]}
    return AIMessageChunk(
        choice["delta"].get("content") or "",
        id=event["id"],
        response_metadata=done if choice["finish_reason"] else {},
    )


def usage(counts: dict[str, int]) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=counts["prompt_tokens"],
        output_tokens=counts["completion_tokens"],
        total_tokens=counts["total_tokens"],
    )
