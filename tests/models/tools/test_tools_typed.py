"""TypedDicts with keys that may be left out, as tools and as forms of answers."""

from typing import Annotated, NotRequired, Required, TypedDict

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from triptych.models.structured.forms import form
from triptych.models.tools import bound


class Friend(TypedDict):
    name: str
    nick: NotRequired[Annotated[str, ..., "What friends say"]]


class Person(TypedDict, total=False):
    """Somebody."""

    age: Required[int]
    friends: list[Friend]
    best: Friend | None
    town: str


def parameters(schema):
    (tool,) = bound([schema])["tools"]
    return tool["function"]["parameters"]


@pytest.mark.parametrize("read", [parameters, lambda schema: form(schema).schema])
def test_what_may_be_left_out_is_not_required(read):
    schema = read(Person)
    assert schema["required"] == ["age"]
    friend = schema["properties"]["friends"]["items"]
    assert friend["required"] == ["name"]
    assert friend["properties"]["nick"] == {"type": "string", "description": "What friends say"}
    assert schema["properties"]["best"]["required"] == ["name"]


def test_an_answer_may_leave_it_out():
    said = {"age": 3, "friends": [{"name": "Ann"}], "town": None}
    assert form(Person).read(said) == {"age": 3, "friends": [{"name": "Ann"}]}


def test_without_a_docstring_nothing_is_described():
    assert form(Friend).description == ""
    assert form(Person).description == "Somebody."
    assert (
        "description" not in bound([Friend])["tools"][0]["function"]
        or not (bound([Friend])["tools"][0]["function"]["description"])
    )


def test_langchain_itself_cannot():
    class Bare(TypedDict, total=False):
        town: str

    function = convert_to_openai_tool(Bare)["function"]
    assert function["parameters"]["required"] == ["town"]
    assert "new empty dictionary" in function["description"]
    with pytest.raises(TypeError, match="NotRequired"):
        convert_to_openai_tool(Friend)
