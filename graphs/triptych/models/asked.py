"""One request to a model, and the ways to take its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from triptych.errors import ModelError, UnavailableError
from triptych.models import counting, limits
from triptych.models.embedded.local import Lifeline
from triptych.models.http import transport
from triptych.models.http.transport import Call
from triptych.models.reading import Reading
from triptych.models.retry import Policy


@dataclass(frozen=True)
class Asked:
    """One request and how its answer is read; each method is one attempt."""

    call: Call
    messages: list[BaseMessage]
    original_id: Callable[[str], str]
    tool_text: Callable[[str], tuple[str, list[dict[str, Any]]]] | None
    line: Lifeline | None
    """To the embedded server, should it be one: it may crash, and stand elsewhere afterwards."""
    policy: Policy
    """How often it may be tried."""

    def mend(self, error: ModelError) -> None:
        """Put a server in place of one that crashed; raise the error if that was not it."""
        if self.line is None or not isinstance(error, UnavailableError):
            raise error
        self.line.revive(error)

    async def amend(self, error: ModelError) -> None:
        """`mend`, off the loop: a start takes seconds."""
        await asyncio.to_thread(self.mend, error)

    def _begun(self) -> Reading:
        """A reading for one attempt, at a server that stands."""
        if self.line and self.line.lost:
            self.line.revive()
        return self._reading()

    async def _abegun(self) -> Reading:
        if self.line and self.line.lost:
            await asyncio.to_thread(self.line.revive)
        return self._reading()

    def _reading(self) -> Reading:
        call = self.call.again()
        if self.line:
            call = replace(call, url=f"{self.line.base_url}/chat/completions", key=self.line.key)
        estimate = partial(counting.estimated, self.messages)
        return Reading(call, estimate, self.original_id, self.tool_text)

    def chunks(self) -> Generator[ChatGenerationChunk]:
        """The answer as it comes."""
        reading = self._begun()
        call = reading.call
        with limits.slot(call.url), reading.whole(), closing(transport.batches(call)) as batches:
            for batch in batches:
                for event in batch:
                    if chunk := reading.chunk(reading.take(event)):
                        yield chunk
        yield reading.last()

    async def achunks(self) -> AsyncGenerator[ChatGenerationChunk]:
        """The answer as it comes."""
        reading = await self._abegun()
        call = reading.call
        async with limits.slot(call.url), aclosing(transport.abatches(call)) as batches:
            with reading.whole():
                async for batch in batches:
                    for event in batch:
                        if chunk := reading.chunk(reading.take(event)):
                            yield chunk
        yield reading.last()

    def result(self) -> ChatResult:
        """The whole answer, without the detour over chunks: making and adding them takes time."""
        reading = self._begun()
        call = reading.call
        with limits.slot(call.url), reading.whole(), closing(transport.batches(call)) as batches:
            for batch in batches:
                reading.absorb(batch)
        return reading.result()

    async def aresult(self) -> ChatResult:
        """The whole answer."""
        reading = await self._abegun()
        call = reading.call
        async with limits.slot(call.url):
            answer = transport.Answer(call)
            with reading.whole():
                try:
                    while (batch := await answer.batch()) is not None:
                        reading.absorb(batch)
                finally:
                    answer.close()
        return reading.result()
