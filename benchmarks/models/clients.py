"""The clients that are compared: each can ask and stream, and checks what it got.

An import is a client's own, so that a process that measures one holds nothing of the others.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

from server import words

PROMPT = "Say sixteen words."
EXPECTED = {name: "".join(words(name)) for name in ("short", "slow", "long")}


class Client(Protocol):
    """What is measured."""

    async def ask(self) -> str:
        """The text of a whole answer."""

    def stream(self) -> AsyncIterator[str]:
        """The pieces of an answer."""

    async def close(self) -> None: ...


class LangChain:
    """Any LangChain chat model."""

    def __init__(self, model: Any) -> None:
        self.model = model

    async def ask(self) -> str:
        return str((await self.model.ainvoke(PROMPT)).content)

    async def stream(self) -> AsyncIterator[str]:
        async for chunk in self.model.astream(PROMPT):
            yield chunk.content

    def ask_sync(self) -> str:
        return str(self.model.invoke(PROMPT).content)

    async def close(self) -> None:
        if hasattr(self.model, "aclose"):
            await self.model.aclose()


class OpenAI:
    """The `openai` SDK."""

    def __init__(self, url: str, model: str) -> None:
        from openai import AsyncOpenAI
        from openai import OpenAI as Sync

        self.model = model
        self.client = AsyncOpenAI(base_url=url, api_key="none")
        self.sync = Sync(base_url=url, api_key="none")
        self.messages: Any = [{"role": "user", "content": PROMPT}]

    async def ask(self) -> str:
        got = await self.client.chat.completions.create(model=self.model, messages=self.messages)
        return got.choices[0].message.content or ""

    async def stream(self) -> AsyncIterator[str]:
        events = await self.client.chat.completions.create(
            model=self.model,
            messages=self.messages,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for event in events:
            if event.choices:
                yield event.choices[0].delta.content or ""

    def ask_sync(self) -> str:
        got = self.sync.chat.completions.create(model=self.model, messages=self.messages)
        return got.choices[0].message.content or ""

    async def close(self) -> None:
        await self.client.close()
        self.sync.close()


class Bare:
    """aiohttp alone: the least that a client in Python can cost."""

    def __init__(self, url: str, model: str) -> None:
        import aiohttp

        self.url = f"{url}/chat/completions"
        self.body = {"model": model, "messages": [{"role": "user", "content": PROMPT}]}
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def ask(self) -> str:
        async with self.session.post(self.url, json=self.body) as got:
            return str((await got.json())["choices"][0]["message"]["content"])

    async def stream(self) -> AsyncIterator[str]:
        async with self.session.post(self.url, json={**self.body, "stream": True}) as got:
            async for line in got.content:
                if line.startswith(b"data: {"):
                    choices = json.loads(line[6:])["choices"]
                    if choices:
                        yield choices[0]["delta"].get("content") or ""

    async def close(self) -> None:
        await self.session.close()


def made(name: str, url: str, model: str = "short") -> Any:
    """A new client of that name; it opens its connections itself."""
    if name == "openai":
        return OpenAI(url, model)
    if name == "aiohttp":
        return Bare(url, model)
    if name.startswith("minimal"):
        from minimal import Minimal

        return LangChain(Minimal(base_url=url, model=model, streams=name.endswith("streams")))
    if name == "shipped":
        from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped

        return LangChain(Shipped(base_url=url, model=model, api_key="none"))
    from triptych.models import ChatNVIDIA

    return LangChain(ChatNVIDIA(base_url=url, model=model))
