"""Tool calls from a server that does not parse them: asked for by a JSON schema."""

import copy
import json
from dataclasses import replace

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from triptych.errors import TruncatedError
from triptych.models import ChatNVIDIA
from triptych.models.tools import prepare
from triptych.testing import Reply


def get_weather(city: str) -> str:
    """The weather in a city."""
    return city


def multiply(a: float, b: float) -> float:
    """Multiply two numbers."""
    return a * b


TOOLS = [get_weather, multiply]
WEATHER = {"name": "get_weather", "arguments": {"city": "Paris"}}


@pytest.fixture
def ask(scripted_server):
    """Ask a model whose tools go by schema: its answer and what was sent."""

    def run(answer, prompt="Hi", streamed=False, reply=None, **choice):
        server = scripted_server([reply or Reply(answer)])
        model = ChatNVIDIA(base_url=server.base_url, model="scripted")
        model._abilities = replace(model.abilities, tools="schema")
        with_tools = model.bind_tools(TOOLS, **choice)
        if streamed:
            first, *others = with_tools.stream(prompt)
            return sum(others, first), server.chats[0].body
        return with_tools.invoke(prompt), server.chats[0].body

    return run


def schema_of(body):
    return body["response_format"]["json_schema"]["schema"]


def test_the_schema_takes_the_place_of_the_parser(ask):
    _, body = ask("[]", tool_choice="any", parallel_tool_calls=False)
    assert body["tool_choice"] == "none"  # the chat template still shows the tools
    assert [t["function"]["name"] for t in body["tools"]] == ["get_weather", "multiply"]
    assert "parallel_tool_calls" not in body
    schema = schema_of(body)
    assert schema["maxItems"] == 1
    names = [each["properties"]["name"]["const"] for each in schema["items"]["anyOf"]]
    assert names == ["get_weather", "multiply"]


def test_a_named_tool_is_the_only_one_that_the_schema_allows(ask):
    _, body = ask("[]", tool_choice="multiply")
    assert schema_of(body)["items"]["properties"]["name"] == {"const": "multiply"}


def test_left_free_the_model_may_speak_by_one_tool_more(ask):
    _, body = ask("[]")
    speak = body["tools"][0]["function"]
    assert speak["name"] == "answer"
    assert "words" in speak["description"]  # the template `tools`
    alone, calls = schema_of(body)["anyOf"]
    assert (alone["maxItems"], calls["maxItems"] > 1) == (1, True)


@pytest.mark.parametrize("choice", ["none", False])
def test_without_a_call_to_be_made_the_request_stays_as_it_is(ask, choice):
    message, body = ask("Hello", tool_choice=choice)
    assert "response_format" not in body
    assert message.content == "Hello"


@pytest.mark.parametrize("streamed", [False, True])
def test_calls_are_read_from_the_answer(ask, streamed):
    twice = [WEATHER, {"name": "multiply", "arguments": {"a": 2, "b": 3}}]
    message, _ = ask(json.dumps(twice), streamed=streamed)
    assert message.content == ""
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("multiply", {"a": 2, "b": 3}),
    ]
    ids = {call["id"] for call in message.tool_calls}
    assert len(ids) == 2
    assert all(len(each) == 9 and each.isalnum() for each in ids)
    assert message.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("streamed", [False, True])
def test_words_are_read_from_the_answer(ask, streamed):
    said = [{"name": "answer", "arguments": {"text": 'It\'s "sunny"\n</think>'}}]
    message, _ = ask(json.dumps(said), streamed=streamed)
    assert message.content == 'It\'s "sunny"\n</think>'
    assert message.tool_calls == []


def test_an_answer_outside_the_schema_is_words(ask):
    message, _ = ask("Just text with {braces}.")
    assert message.content == "Just text with {braces}."


def test_words_that_the_limit_cut_are_words_as_far_as_they_go(ask):
    cut = Reply('[{"name": "answer", "arguments": {"text": "Once upon', finish_reason="length")
    message, _ = ask("", reply=cut)
    assert message.content == "Once upon"
    assert message.response_metadata["finish_reason"] == "length"


def test_a_call_that_the_limit_cut_is_an_error_and_no_call(ask):
    cut = Reply('[{"name": "get_weather", "arguments": {"ci', finish_reason="length")
    with pytest.raises(TruncatedError, match="get_weather"):
        ask("", reply=cut)


@pytest.mark.parametrize("text", ["", "[", '[{"', '[{"name": "get_w'])
def test_one_cut_before_its_name_is_no_text_for_people(ask, text):
    with pytest.raises(TruncatedError):
        ask("", reply=Reply(text, finish_reason="length"))


def test_history_with_calls_and_results_is_sent_as_the_template_takes_it(ask):
    call = {**WEATHER, "args": WEATHER["arguments"], "id": "abcdefghi", "type": "tool_call"}
    del call["arguments"]
    history = [
        HumanMessage("The weather in Paris?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("18 degrees", tool_call_id="abcdefghi"),
    ]
    said = '[{"name": "answer", "arguments": {"text": "18 degrees."}}]'
    message, body = ask(said, prompt=history)
    assert message.content == "18 degrees."
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "tool"]
    (sent,) = body["messages"][1]["tool_calls"]
    assert json.loads(sent["function"]["arguments"]) == {"city": "Paris"}


def payload(*functions, **more):
    return {"tools": [{"type": "function", "function": f} for f in functions], **more}


def test_the_payload_given_stays_as_it_is():
    given = payload({"name": "f", "parameters": {"type": "object", "properties": {}}}, seed=1)
    before = copy.deepcopy(given)
    assert prepare(given).payload["seed"] == 1
    assert given == before


def test_a_users_own_tool_called_answer_stays_the_users():
    emulation = prepare(payload({"name": "answer"}))
    text, (call,) = emulation.read('[{"name": "answer", "arguments": {"x": 1}}]')
    assert (text, call["function"]["name"]) == ("", "answer")
    assert emulation.answer != "answer"


def test_recursive_arguments_keep_their_definitions_apart():
    tree = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/Node"}},
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {"next": {"$ref": "#/$defs/Node"}},
            }
        },
    }
    other = copy.deepcopy(tree)
    other["$defs"]["Node"]["properties"]["weight"] = {"type": "number"}
    given = payload(
        {"name": "f", "parameters": tree}, {"name": "g", "parameters": other},
        tool_choice="required",
    )  # fmt: skip
    schema = prepare(given).payload["response_format"]["json_schema"]["schema"]
    plain, weighed = schema["items"]["anyOf"]
    for call, has_weight in ((plain, False), (weighed, True)):
        ref = call["properties"]["arguments"]["properties"]["root"]["$ref"]
        definition = schema["$defs"][ref.removeprefix("#/$defs/")]
        assert ("weight" in definition["properties"]) is has_weight
        assert definition["properties"]["next"]["$ref"] == ref


def test_a_form_that_was_asked_for_is_the_form_of_the_words():
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "integer"}}}
    emulation = prepare(payload({"name": "f"}, response_format=form))
    text, calls = emulation.read('[{"name": "answer", "arguments": {"text": 42}}]')
    assert (text, calls) == ("42", [])
    assert "integer" in json.dumps(emulation.payload["tools"][0])
