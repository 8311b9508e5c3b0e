"""The same over HTTP, on a server that refuses what Mistral's tokenizer refuses."""

import functools
import operator
import re

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped

from triptych.errors import UnsupportedContentError
from triptych.models import ChatNVIDIA
from triptych.testing import Reply, ScriptedServer

CALL = {"name": "weather", "arguments": {"city": "Rome"}, "id": "chatcmpl-tool-8a5c1f9a34378b3d"}


@pytest.fixture
def server():
    script = [Reply(tool_calls=[CALL]), "It is 21 degrees.", "You are welcome."]
    with ScriptedServer(script, dialect="vllm-0.32", template="mistral") as server:
        yield server


def chat(kind, server):
    return kind(
        base_url=server.base_url, model="scripted", api_key="none", usage_telemetry_enabled=False
    )


def streamed_history(model):
    """A question, the streamed call that answers it, and the tool's result."""
    question = HumanMessage("What is the weather in Rome?")
    call = functools.reduce(operator.add, model.stream([question]))
    return [question, call, ToolMessage("21", tool_call_id=call.tool_calls[0]["id"])]


def test_a_streamed_tool_call_goes_back_and_is_answered(server):
    model = chat(ChatNVIDIA, server)
    history = streamed_history(model)
    assert model.invoke(history).content == "It is 21 degrees."
    (sent,) = server.requests[1].body["messages"][1]["tool_calls"]
    assert re.fullmatch("[a-zA-Z0-9]{9}", sent["id"])
    assert sent["function"] == {"name": "weather", "arguments": '{"city": "Rome"}'}


def test_with_the_shipped_class_the_server_refuses_it(server):
    model = chat(Shipped, server)
    with pytest.raises(Exception, match="400"):
        model.invoke(streamed_history(model))
    assert "tool_calls" not in server.requests[1].body["messages"][1]


async def test_a_conversation_out_of_order_is_taken(server):
    model = chat(ChatNVIDIA, server)
    history = streamed_history(model)
    late = history.pop()
    said = [*history, HumanMessage("Hurry!"), late, SystemMessage("Be brief."), AIMessage("")]
    assert (await model.ainvoke(said)).content == "It is 21 degrees."
    assert [m["role"] for m in server.requests[1].body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]


def test_a_picture_is_refused_before_anything_is_sent(server):
    with pytest.raises(UnsupportedContentError, match=r"messages\[0\] \(user\) holds a part"):
        chat(ChatNVIDIA, server).invoke(
            [HumanMessage([{"type": "image", "url": "https://example.com/a.png"}])]
        )
    assert not server.requests
