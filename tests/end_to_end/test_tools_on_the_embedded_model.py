"""Tools and structured output on a real model: the embedded Qwen2.5-Coder 0.5B.

It writes no tool calls that llama.cpp reads; here a JSON schema makes it write them. What it
decides is its own affair: only clear requests are asserted.
"""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, Field

from triptych import chat_model


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return city


def multiply(a: float, b: float) -> float:
    """Multiply two numbers."""
    return a * b


class Ticket(BaseModel):
    """A train ticket."""

    to: str = Field(description="Where the train goes.")
    code: str = Field(pattern=r"^[A-Z]{2}-\d{3}$")
    seats: int = Field(ge=1, le=4)
    note: str | None = None


TOOLS = [get_weather, multiply]


@pytest.fixture(scope="module")
def model() -> Any:
    return chat_model("local", temperature=0, max_tokens=200)


@pytest.mark.parametrize("choice", [None, "any", "get_weather"])
def test_a_tool_is_called(model: Any, choice: str | None) -> None:
    with_tools = model.bind_tools(TOOLS, tool_choice=choice)
    answer = with_tools.invoke("What is the weather in Paris? Use the tool.")
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [
        ("get_weather", {"city": "Paris"})
    ]


def test_a_named_tool_is_called_whatever_was_said(model: Any) -> None:
    answer = model.bind_tools(TOOLS, tool_choice="multiply").invoke("Hello!")
    assert answer.tool_calls
    for call in answer.tool_calls:
        assert call["name"] == "multiply"
        assert call["args"].keys() == {"a", "b"}


def test_the_model_may_speak_instead(model: Any) -> None:
    answer = model.bind_tools(TOOLS).invoke("Hello!")
    assert answer.tool_calls == []
    assert answer.content


def test_results_of_tools_are_taken_up(model: Any) -> None:
    call = {"name": "get_weather", "args": {"city": "Paris"}, "id": "abcdefghi"}
    history = [
        HumanMessage("What is the weather in Paris?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("18 degrees and sunny", tool_call_id="abcdefghi"),
    ]
    assert "18" in model.bind_tools(TOOLS).invoke(history).content


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_an_answer_has_its_form(model: Any, method: str) -> None:
    ticket = model.with_structured_output(Ticket, method=method).invoke(
        "A ticket to Rome for two, with the code AB-123."
    )
    assert isinstance(ticket, Ticket)
    assert ticket.to == "Rome"
