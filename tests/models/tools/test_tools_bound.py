"""What `bind_tools` makes of tools and choices, seen in the request that arrives."""

import copy
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from pydantic import BaseModel, Field

from triptych.errors import InputError
from triptych.models import ChatNVIDIA
from triptych.models.tools import bound
from triptych.testing import Reply

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather", "parameters": CITY},
}


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: Its name.
    """
    return city


@tool("get_weather")
def weather_tool(city: str) -> str:
    """The weather in a city."""
    return city


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str = Field(description="Its name.")


class WeatherDict(TypedDict):
    """The weather in a city."""

    city: Annotated[str, ..., "Its name."]


FORMS = {
    "function": get_weather,
    "@tool": weather_tool,
    "pydantic": GetWeather,
    "TypedDict": WeatherDict,
    "JSON schema": {"title": "get_weather", **CITY},
    "OpenAI tool": WEATHER,
    "OpenAI function": WEATHER["function"],
    "Anthropic": {"name": "get_weather", "input_schema": CITY},
}


@pytest.fixture
def server(scripted_server):
    return scripted_server(lambda request: "Hello")


@pytest.fixture
def model(server):
    return ChatNVIDIA(base_url=server.base_url, model="scripted")


@pytest.fixture
def shipped(server):
    return Shipped(base_url=server.base_url, model="scripted", api_key="k")


def body(server) -> dict[str, Any]:
    return server.chats[-1].body


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_tool_arrives_as_a_function(server, model, form):
    model.bind_tools([FORMS[form]]).invoke("Hi")
    (sent,) = body(server)["tools"]
    function = sent["function"]
    assert sent["type"] == "function"
    assert function["name"].lower().replace("_", "") in ("getweather", "weatherdict")
    assert function["parameters"]["properties"]["city"]["type"] == "string"
    assert function["parameters"]["required"] == ["city"]
    assert "tool_choice" not in body(server)


NAMED = {"type": "function", "function": {"name": "get_weather"}}
CHOICES = [
    (None, None),
    ("auto", "auto"),
    ("none", "none"),
    ("any", "required"),
    ("required", "required"),
    (True, "required"),
    (False, "none"),
    ("get_weather", NAMED),
    (NAMED, NAMED),
    ({"function": {"name": "get_weather"}}, NAMED),
    ({"type": "function", "name": "get_weather"}, NAMED),
    ({"type": "tool", "name": "get_weather"}, NAMED),
    ({"type": "any"}, "required"),
]


@pytest.mark.parametrize(("choice", "sent"), CHOICES)
def test_each_form_of_a_choice_arrives_as_openai_has_it(server, model, choice, sent):
    model.bind_tools([get_weather], tool_choice=choice).invoke("Hi")
    assert body(server).get("tool_choice") == sent


def test_a_choice_that_names_no_tool_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"get_wether.*Did you mean get_weather"):
        bound([get_weather], tool_choice="get_wether")


@pytest.mark.parametrize("choice", [3, {"type": "function"}, {"function": "get_weather"}])
def test_a_choice_of_no_form_is_refused(choice):
    with pytest.raises(InputError, match="tool_choice"):
        bound([get_weather], tool_choice=choice)


@pytest.mark.parametrize("thing", [3, "get_weather", {"description": "x"}, {"type": "web_search"}])
def test_what_is_no_tool_is_refused_by_name(thing):
    with pytest.raises(InputError, match=r"tool"):
        bound([thing])


def test_nothing_of_the_caller_is_changed(server, model):
    given, choice = copy.deepcopy(WEATHER), {"function": {"name": "get_weather"}}
    before = copy.deepcopy((given, choice))
    model.bind_tools([given], tool_choice=choice, strict=True).invoke("Hi")
    assert (given, choice) == before


def test_the_shipped_class_changes_the_callers_choice(shipped):
    choice = {"function": {"name": "get_weather"}}
    shipped.bind_tools([WEATHER], tool_choice=choice)
    assert choice == NAMED  # if this fails, ours may go


def test_strict_stands_in_the_function_with_a_closed_schema(server, model):
    model.bind_tools([WEATHER], strict=True).invoke("Hi")
    function = body(server)["tools"][0]["function"]
    assert function["strict"] is True
    assert function["parameters"] == {**CITY, "additionalProperties": False}
    assert "strict" not in body(server)


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_sends_strict_at_the_top(server, shipped):
    shipped.bind_tools([WEATHER], strict=True).invoke("Hi")
    assert body(server)["strict"] is True
    assert "strict" not in body(server)["tools"][0]["function"]


def test_an_optional_argument_of_a_strict_tool_does_not_become_null():
    def repeat(text: str, times: int = 2) -> str:
        """Repeat a text."""
        return text * times

    parameters = bound([repeat], strict=True)["tools"][0]["function"]["parameters"]
    assert parameters["required"] == ["text", "times"]
    assert parameters["properties"]["times"]["type"] == "integer"


def test_no_tools_send_nothing(server, model):
    model.bind_tools([], tool_choice="auto", parallel_tool_calls=False).invoke("Hi")
    assert not body(server).keys() & {"tools", "tool_choice", "parallel_tool_calls"}


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_sends_an_empty_list(server, shipped):
    shipped.bind_tools([]).invoke("Hi")
    assert body(server)["tools"] == []


def test_a_call_that_must_be_made_by_no_tool_is_refused():
    with pytest.raises(InputError, match="no tool is bound"):
        bound([], tool_choice="any")


@pytest.mark.parametrize("parallel", [True, False])
def test_parallel_calls_are_told_to_the_server(server, model, parallel):
    model.bind_tools([get_weather], parallel_tool_calls=parallel).invoke("Hi")
    assert body(server)["parallel_tool_calls"] is parallel


def test_a_tool_without_arguments_has_a_schema_all_the_same():
    (sent,) = bound([{"name": "now", "description": "The time"}])["tools"]
    assert sent["function"]["parameters"] == {"type": "object", "properties": {}}


def test_references_in_a_schema_stand_in_their_places():
    schema = {
        "title": "move",
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/Point", "description": "Where"}},
        "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    }
    parameters = bound([schema])["tools"][0]["function"]["parameters"]
    assert parameters["properties"]["to"] == {
        "type": "object",
        "properties": {"x": {"type": "integer"}},
        "description": "Where",
    }


def test_a_reference_that_leads_nowhere_is_refused_before_any_server_does():
    schema = {"title": "t", "type": "object", "properties": {"a": {"$ref": "#/$defs/Nope"}}}
    with pytest.raises(InputError, match="#/\\$defs/Nope"):
        bound([schema])


def test_what_was_bound_before_stays_bound(server, model):
    model.bind(stop=["END"], seed=7).bind_tools([get_weather], tool_choice="any").invoke("Hi")
    assert (body(server)["stop"], body(server)["seed"]) == (["END"], 7)
    assert body(server)["tool_choice"] == "required"


def test_the_shipped_class_loses_what_was_bound_before(server, shipped):
    shipped.bind(stop=["END"]).bind_tools([get_weather]).invoke("Hi")
    assert "END" not in str(body(server).get("stop"))


def test_parallel_calls_come_back_as_calls(scripted_server):
    calls = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Paris", "Rome")]
    server = scripted_server([Reply(tool_calls=calls)] * 2)
    with_tools = ChatNVIDIA(base_url=server.base_url, model="scripted").bind_tools([get_weather])
    first, *others = with_tools.stream("Hi")
    streamed = sum(others, first)
    for message in (with_tools.invoke("Hi"), streamed):
        assert isinstance(message, AIMessage)
        assert [call["args"]["city"] for call in message.tool_calls] == ["Paris", "Rome"]
