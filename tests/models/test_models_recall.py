"""A memory of calls before a model: what it is shown, and where it stands."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from triptych import chat_model
from triptych.models.http.call import Call
from triptych.models.limits import RateLimiter
from triptych.testing import ScriptedServer


class Memory:
    """Answers by itself, or lets the call be made."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        self.calls: list[Call] = []

    async def arecall(self, call: Call, ask: Callable[[], Awaitable[ChatResult]]) -> ChatResult:
        self.calls.append(call)
        if self.text is None:
            return await ask()
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.text))])


async def test_a_remembered_answer_asks_nobody() -> None:
    with ScriptedServer(["said"]) as server:
        model = chat_model(base_url=server.base_url, model="m").recalling(Memory("kept"))

        assert (await model.ainvoke("Hi")).content == "kept"
        assert not server.requests


async def test_the_memory_sees_the_very_request_that_would_be_sent() -> None:
    memory = Memory()
    with ScriptedServer(["said"]) as server:
        model = chat_model(base_url=server.base_url, model="m", temperature=0.3, seed=5)
        answer = await model.recalling(memory).bind(max_tokens=9).ainvoke("Hi")

    (call,) = memory.calls
    assert answer.content == "said"
    assert call.payload == server.chats[0].body
    assert call.url == f"{server.base_url}/chat/completions"
    assert (call.payload["seed"], call.payload["max_tokens"]) == (5, 9)


async def test_a_remembered_answer_costs_no_place_under_a_rate() -> None:
    class Counted(RateLimiter):
        taken = 0

        async def aacquire(self, *, blocking: bool = True) -> bool:
            self.taken += 1
            return await super().aacquire(blocking=blocking)

    limiter = Counted(requests=5, seconds=60)
    with ScriptedServer(["said"]) as server:
        model = chat_model(base_url=server.base_url, model="m", rate_limiter=limiter)
        await model.recalling(Memory("kept")).ainvoke("Hi")
        assert limiter.taken == 0
        await model.recalling(Memory()).ainvoke("Hi")

    assert limiter.taken == 1


async def test_the_model_itself_stays_without_and_copies_of_the_other_keep_it() -> None:
    memory = Memory("kept")
    with ScriptedServer(["one", "two"]) as server:
        model = chat_model(base_url=server.base_url, model="m")
        remembering = model.recalling(memory)
        again: Any = remembering.model_copy(update={"temperature": 0.5})

        assert (await model.ainvoke("Hi")).content == "one"
        assert (await again.ainvoke("Hi")).content == "kept"
        assert (await pickle.loads(pickle.dumps(model)).ainvoke("Hi")).content == "two"


async def test_tokens_are_told_as_ever_where_the_call_is_made() -> None:
    heard: list[str] = []
    memory = Memory()
    with ScriptedServer(["one two"]) as server:
        model = chat_model(base_url=server.base_url, model="m").recalling(memory)
        async for piece in model.astream("Hi"):  # a stream is nobody's whole answer: not remembered
            heard.append(str(piece.text))

    assert "".join(heard) == "one two"
    assert not memory.calls
