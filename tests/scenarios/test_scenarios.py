"""What our ChatNVIDIA does on every kind of server: the same scenarios for each dialect.

On a scripted server the model is perfect, and its words are tested; a real model is held by its
server to forms and limits, and only these are tested.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Literal

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from triptych.errors import (
    AuthenticationError,
    BadRequestError,
    ContextTooLongError,
    ModelError,
    TruncatedError,
    UnknownModelError,
)

if TYPE_CHECKING:
    from conftest import Endpoint

WAIT = 30  # seconds until a test gives up; none of them waits so long when it passes
COUNT = "Count from 1 to 9"
ANY_NAME = ("llama.cpp", "embedded")  # llama.cpp answers whatever model is named
WITH_REQUEST_ID = ("hosted",)  # the others send none, unless they are told to


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"It is sunny in {city}."


@tool
def get_time(zone: Literal["utc", "cet"]) -> str:
    """The time in a zone."""
    return f"12:00 {zone}"


def merged(chunks: Any) -> AIMessageChunk:
    full = None
    for chunk in chunks:
        full = chunk if full is None else full + chunk
    assert isinstance(full, AIMessageChunk)
    return full


def has_usage(message: BaseMessage) -> None:
    usage = getattr(message, "usage_metadata", None)
    assert usage is not None
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


class TestText:
    def test_plain(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().invoke("Say 'blue'")
        assert isinstance(answer, AIMessage)
        assert answer.response_metadata["finish_reason"] in ("stop", "length")
        assert answer.response_metadata["model_name"]
        assert answer.content == "blue" if endpoint.perfect else answer.content

    async def test_plain_async(self, endpoint: Endpoint) -> None:
        answer = await endpoint.model().ainvoke("Say 'blue'")
        assert answer.content == "blue" if endpoint.perfect else answer.content

    def test_stream(self, endpoint: Endpoint) -> None:
        chunks = list(endpoint.model().stream(COUNT))
        assert len(chunks) > 3
        full = merged(chunks)
        assert full.response_metadata["finish_reason"] in ("stop", "length")
        if endpoint.perfect:
            assert full.content == "1, 2, 3, 4, 5, 6, 7, 8, 9"

    async def test_stream_async(self, endpoint: Endpoint) -> None:
        chunks = [chunk async for chunk in endpoint.model().astream(COUNT)]
        assert len(chunks) > 3
        if endpoint.perfect:
            assert merged(chunks).content == "1, 2, 3, 4, 5, 6, 7, 8, 9"

    def test_conversation(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().invoke(
            [
                SystemMessage("Be brief."),
                HumanMessage("My name is Ada."),
                AIMessage("Hello, Ada."),
                HumanMessage("What is my name?"),
            ]
        )
        assert "Ada" in answer.content if endpoint.perfect else answer.content

    def test_messages_that_no_strict_template_takes_as_they_are(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().invoke(
            [HumanMessage("Hello"), SystemMessage("Be brief."), HumanMessage("Say 'blue'")]
        )
        assert answer.content

    def test_many_at_once_each_get_their_own_answer(self, endpoint: Endpoint) -> None:
        wanted = [f"word{number}" for number in range(20 if endpoint.perfect else 2)]
        answers = endpoint.model().batch([f"Say '{word}'" for word in wanted])
        if endpoint.perfect:
            assert [answer.content for answer in answers] == wanted
        assert len(answers) == len(wanted)


class TestLimits:
    @pytest.mark.parametrize("streamed", [False, True])
    def test_stop_sequence(self, endpoint: Endpoint, streamed: bool) -> None:
        model = endpoint.model()
        how = {"stop": ["5"]}
        answer = merged(model.stream(COUNT, **how)) if streamed else model.invoke(COUNT, **how)
        assert "5" not in answer.content
        if endpoint.perfect:
            assert answer.content == "1, 2, 3, 4, "

    @pytest.mark.parametrize("streamed", [False, True])
    def test_token_limit(self, endpoint: Endpoint, streamed: bool) -> None:
        model = endpoint.model(max_tokens=3)
        answer = merged(model.stream(COUNT)) if streamed else model.invoke(COUNT)
        assert answer.response_metadata["finish_reason"] == "length"
        assert answer.usage_metadata["output_tokens"] <= 4

    def test_context_too_long(self, endpoint: Endpoint) -> None:
        if endpoint.context is None:
            pytest.skip("how long the embedded model's context is depends on the machine")
        with pytest.raises(ContextTooLongError) as caught:
            endpoint.model().invoke("word " * (endpoint.context + 100))
        assert caught.value.limit == endpoint.context
        assert caught.value.status == 400
        assert not caught.value.retryable

    def test_seed(self, endpoint: Endpoint) -> None:
        model = endpoint.model(temperature=0.7, seed=7, max_tokens=16)
        assert model.invoke(COUNT).content
        if endpoint.server is not None:
            body = endpoint.server.chats[-1].body
            assert (body["seed"], body["temperature"]) == (7, 0.7)


class TestMetadata:
    def test_usage(self, endpoint: Endpoint) -> None:
        has_usage(endpoint.model().invoke(COUNT))

    def test_streamed_usage_comes_once(self, endpoint: Endpoint) -> None:
        chunks = list(endpoint.model().stream(COUNT))
        assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
        has_usage(merged(chunks))

    def test_logprobs(self, endpoint: Endpoint) -> None:
        answer = endpoint.model(max_tokens=3).bind(logprobs=True, top_logprobs=2).invoke(COUNT)
        content = answer.response_metadata["logprobs"]["content"]
        assert len(content) >= 1
        assert all(len(token["top_logprobs"]) == 2 for token in content)

    def test_the_completion_has_its_id(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().invoke(COUNT)
        assert answer.response_metadata["id"].startswith("chat")


class TestTools:
    def test_named(self, endpoint: Endpoint) -> None:
        bound = endpoint.model().bind_tools([get_weather, get_time], tool_choice="get_time")
        call = _only_call(endpoint, bound.invoke("What is the weather in Paris?"))
        if call:
            assert call["name"] == "get_time"
            assert call["args"].keys() == {"zone"}

    @pytest.mark.parametrize("streamed", [False, True])
    def test_required(self, endpoint: Endpoint, streamed: bool) -> None:
        bound = endpoint.model().bind_tools([get_weather], tool_choice="any")
        ask = "What is the weather in Paris?"
        call = _only_call(endpoint, merged(bound.stream(ask)) if streamed else bound.invoke(ask))
        if call and endpoint.perfect:
            assert call["args"] == {"city": "Paris"}
        assert call is None or call["name"] == "get_weather"

    def test_auto_calls_where_it_helps(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().bind_tools([get_weather]).invoke("What is the weather in Paris?")
        assert isinstance(answer, AIMessage)
        if endpoint.perfect:
            assert answer.tool_calls[0]["args"] == {"city": "Paris"}

    def test_auto_does_not_call_where_it_does_not(self, endpoint: Endpoint) -> None:
        answer = endpoint.model().bind_tools([get_weather]).invoke("Say 'blue'")
        if endpoint.perfect:
            assert (answer.content, answer.tool_calls) == ("blue", [])

    @pytest.mark.parametrize("streamed", [False, True])
    def test_parallel(self, endpoint: Endpoint, streamed: bool) -> None:
        bound = endpoint.model().bind_tools([get_weather])
        ask = "What is the weather in Paris and in Rome?"
        answer = merged(bound.stream(ask)) if streamed else bound.invoke(ask)
        if endpoint.perfect:
            assert [call["args"]["city"] for call in answer.tool_calls] == ["Paris", "Rome"]
            assert len({call["id"] for call in answer.tool_calls}) == 2

    @pytest.mark.parametrize("streamed", [False, True])
    def test_round_trip(self, endpoint: Endpoint, streamed: bool) -> None:
        bound = endpoint.model().bind_tools([get_weather])
        history: list[BaseMessage] = [HumanMessage("What is the weather in Paris?")]
        called = merged(bound.stream(history)) if streamed else bound.invoke(history)
        calls = called.tool_calls or [
            {"name": "get_weather", "args": {"city": "Paris"}, "id": "abcdefghi"}
        ]
        history += [called if called.tool_calls else AIMessage("", tool_calls=calls)]
        history += [get_weather.invoke({**call, "type": "tool_call"}) for call in calls]
        assert isinstance(history[-1], ToolMessage)
        answer = bound.invoke(history)
        if endpoint.perfect:
            assert answer.content == "The result is: It is sunny in Paris."

    def test_a_call_cut_by_the_limit_is_an_error(self, endpoint: Endpoint) -> None:
        bound = endpoint.model(max_tokens=2).bind_tools([get_weather], tool_choice="get_weather")
        with pytest.raises(TruncatedError):
            bound.invoke("What is the weather in Paris?")


def _only_call(endpoint: Endpoint, answer: AIMessage) -> Any:
    """The one call; llama.cpp does not make its models call, and none of ours does by itself."""
    if endpoint.name == "embedded" and not answer.tool_calls:
        return None
    assert len(answer.tool_calls) == 1
    return answer.tool_calls[0]


class City(BaseModel):
    """A city."""

    name: str
    country: str
    size: Literal["small", "large"]


class Trip(BaseModel):
    """A journey."""

    title: str
    stops: list[City] = Field(min_length=1, max_length=3)
    note: str | None = None


class CityDict(TypedDict):
    """A city."""

    name: str
    country: str


class TestStructured:
    def test_pydantic(self, endpoint: Endpoint) -> None:
        found = endpoint.model().with_structured_output(City).invoke("Paris, France, is large.")
        assert isinstance(found, City)
        if endpoint.perfect:
            assert (found.name, found.size) == ("Paris", "large")

    async def test_nested(self, endpoint: Endpoint) -> None:
        chain = endpoint.model().with_structured_output(Trip)
        found = await chain.ainvoke("A trip to Paris and Rome.")
        assert isinstance(found, Trip)
        assert all(isinstance(stop, City) for stop in found.stops)

    def test_typed_dict(self, endpoint: Endpoint) -> None:
        found = endpoint.model().with_structured_output(CityDict).invoke("Paris, France.")
        assert found.keys() == {"name", "country"}

    def test_json_schema(self, endpoint: Endpoint) -> None:
        chain = endpoint.model().with_structured_output(City.model_json_schema())
        assert City.model_validate(chain.invoke("Paris, France, is large."))

    def test_include_raw(self, endpoint: Endpoint) -> None:
        chain = endpoint.model().with_structured_output(City, include_raw=True)
        found = chain.invoke("Paris, France, is large.")
        assert isinstance(found["parsed"], City)
        assert isinstance(found["raw"], AIMessage)
        assert found["parsing_error"] is None

    def test_cut_by_the_limit(self, endpoint: Endpoint) -> None:
        chain = endpoint.model(max_tokens=2).with_structured_output(City)
        with pytest.raises(TruncatedError):
            chain.invoke("Paris, France, is large.")


class TestRefusals:
    def test_unknown_model(self, endpoint: Endpoint) -> None:
        if endpoint.name in ANY_NAME:
            assert endpoint.model(model="no-such-model").invoke("Say 'blue'").content
            return
        with pytest.raises(UnknownModelError) as caught:
            endpoint.model(model="no-such-model").invoke("Say 'blue'")
        assert caught.value.status == 404
        assert endpoint.model_name in str(caught.value)

    @pytest.mark.parametrize("streamed", [False, True])
    def test_bad_key(self, endpoint: Endpoint, streamed: bool) -> None:
        if endpoint.key is None:
            pytest.skip("this server asks for no key")
        model = endpoint.model(api_key="a-wrong-key")
        with pytest.raises(AuthenticationError) as caught:
            list(model.stream("Hi")) if streamed else model.invoke("Hi")
        assert caught.value.status == 401
        assert caught.value.attempts == 1
        assert "a-wrong-key" not in f"{caught.value}{caught.value!r}{caught.value.__dict__}"

    def test_a_bad_request_is_refused_once(self, endpoint: Endpoint) -> None:
        bound = endpoint.model().bind(tools=[_WEATHER], extra_body={"tool_choice": "nonsense"})
        with pytest.raises(BadRequestError) as caught:
            bound.invoke("Hi")
        assert (caught.value.status, caught.value.attempts) == (400, 1)

    def test_the_request_id_is_in_the_error_where_the_server_sends_one(
        self, endpoint: Endpoint
    ) -> None:
        bound = endpoint.model().bind(tools=[_WEATHER], extra_body={"tool_choice": "nonsense"})
        with pytest.raises(ModelError) as caught:
            bound.invoke("Hi")
        sent = endpoint.name in WITH_REQUEST_ID
        assert bool(caught.value.request_id) is sent
        assert caught.value.request_id in str(caught.value)


_WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
}


class TestCancel:
    """The model stands still behind its first words, so only scripted servers can be asked."""

    def test_leaving_a_stream_closes_the_request(self, endpoint: Endpoint) -> None:
        if not endpoint.perfect:
            pytest.skip("how fast a real model answers is not for a test to say")
        with endpoint.slow() as (model, server):
            stream = model.stream(COUNT)
            assert next(stream).content is not None
            assert not server.requests[0].disconnected.is_set()
            stream.close()
            assert server.requests[0].disconnected.wait(WAIT)

    async def test_cancelling_a_task_closes_the_request(self, endpoint: Endpoint) -> None:
        if not endpoint.perfect:
            pytest.skip("how fast a real model answers is not for a test to say")
        with endpoint.slow() as (model, server):
            task = asyncio.create_task(model.ainvoke(COUNT))
            assert await asyncio.to_thread(server.started.wait, WAIT)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gone: threading.Event = server.requests[0].disconnected
            assert await asyncio.to_thread(gone.wait, WAIT)
