"""The schema that goes out for a form, and how a value comes back as one."""

import copy
import json
from datetime import date
from enum import Enum
from typing import Annotated, Literal, TypedDict

import pytest
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel, ConfigDict, Field
from pydantic.v1 import BaseModel as BaseModelV1

from triptych.errors import InputError
from triptych.models.structured.forms import Problem, form
from triptych.models.tools.patterns import readable
from triptych.models.tools.schemas import is_closed


class Address(BaseModel):
    """Where someone lives."""

    street: str
    zip: str | None = None


class Person(BaseModel):
    """A person."""

    name: str
    home: Address = Field(description="Now.")
    age: int = 3
    kind: Literal["a", "b"] = "a"


class Node(BaseModel):
    """A tree."""

    value: int
    children: list["Node"] = []


class Old(BaseModelV1):
    """Of pydantic's first version."""

    name: str


class JokeDict(TypedDict):
    """A joke."""

    setup: Annotated[str, ..., "The question."]
    punchline: Annotated[str | None, None, "The answer."]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def test_all_is_required_or_null_and_nothing_more_is_allowed():
    schema, exact = form(Person).sent(None)
    assert exact
    assert schema["required"] == ["name", "home", "age", "kind"]
    assert {"type": "null"} in schema["properties"]["age"]["anyOf"]
    home = schema["properties"]["home"]
    assert (home["required"], home["description"]) == (["street", "zip"], "Now.")
    assert schema["additionalProperties"] is home["additionalProperties"] is False
    assert "$ref" not in json.dumps(schema)
    assert '"default"' not in json.dumps(schema)


def test_null_for_what_was_optional_means_its_default():
    value = {"name": "Bo", "home": {"street": "A", "zip": None}, "age": None, "kind": None}
    assert form(Person).read(value) == Person(name="Bo", home=Address(street="A"))


def test_null_that_is_a_value_stays():
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "integer"}},
    }
    assert form(schema).read({"a": None, "b": None}) == {"a": None}


def test_not_strict_is_sent_as_it_is():
    assert form(Address).sent(False) == (Address.model_json_schema(), False)


def test_a_type_that_holds_itself_keeps_its_definition_and_an_object_at_the_top():
    schema, exact = form(Node).sent(None)
    assert exact
    assert schema["type"] == "object"
    assert schema["properties"]["value"]["type"] == "integer"
    assert json.dumps(schema).count('"#/$defs/Node"') == 2
    assert schema["$defs"]["Node"]["additionalProperties"] is False
    tree = {"value": 1, "children": [{"value": 2, "children": None}]}
    assert form(Node).read(tree) == Node(value=1, children=[Node(value=2)])


def test_a_free_form_part_stays_open_and_is_not_called_strict():
    class Scores(BaseModel):
        by_name: dict[str, int]

    schema, exact = form(Scores).sent(True)
    assert not exact
    assert schema["properties"]["by_name"]["additionalProperties"] == {"type": "integer"}
    assert not is_closed(schema)


def test_what_strict_servers_refuse_is_put_in_other_words():
    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    class Owner(BaseModel):
        pet: Cat | Dog = Field(discriminator="kind")
        code: str = Field(pattern="b")

    schema, _ = form(Owner).sent(None)
    assert len(schema["properties"]["pet"]["anyOf"]) == 2
    assert "discriminator" not in schema["properties"]["pet"]
    assert "pattern" not in schema["properties"]["code"]  # llama.cpp refuses the whole request


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"^[A-Z]{2}$", "^[A-Z]{2}$"),
        (r"^\d{3}-[\d\w]+\.$", r"^[0-9]{3}-[0-9A-Za-z0-9_]+\.$"),
        (r"b", None),
        (r"^(?=a)b$", None),
        (r"^\bword$", None),
    ],
)
def test_patterns_are_told_as_far_as_every_server_reads_them(pattern, told):
    assert readable(pattern) == told


def test_properties_named_like_words_of_the_schema_language_are_properties():
    schema = {
        "type": "object",
        "properties": {"default": {"type": "string"}, "oneOf": {"type": "integer"}},
        "required": ["default", "oneOf"],
    }
    assert form(schema).sent(None)[0]["properties"] == schema["properties"]


@pytest.mark.parametrize("schema", [Person, Old, JokeDict, Person.model_json_schema()])
def test_traces_have_the_schema_as_langchain_has_it(schema):
    assert convert_to_json_schema(form(schema).tool) == convert_to_json_schema(schema)


@pytest.mark.parametrize(
    ("schema", "value", "made"),
    [
        (Address, {"street": "A", "zip": "1"}, Address(street="A", zip="1")),
        (Old, {"name": "x"}, Old(name="x")),
        (JokeDict, {"setup": "q", "punchline": "a"}, {"setup": "q", "punchline": "a"}),
        (Colour, {"choice": "red"}, Colour.RED),
    ],
)
def test_each_kind_of_schema_makes_its_kind_of_object(schema, value, made):
    assert form(schema).read(value) == made


PLAIN = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        (PLAIN, "response"),
        ({"title": "Num", **PLAIN}, "Num"),
        ({"title": "Num[int]", **PLAIN}, "Num_int"),
        ({"name": "num", "parameters": PLAIN}, "num"),
        ({"name": "num", "schema": PLAIN, "strict": True}, "num"),
        ({"type": "function", "function": {"name": "num", "parameters": PLAIN}}, "num"),
        ({"type": "json_schema", "json_schema": {"name": "num", "schema": PLAIN}}, "num"),
    ],
)
def test_a_dict_may_be_a_schema_or_one_of_openais_wrappings(schema, name):
    before = copy.deepcopy(schema)
    made = form(schema)
    assert made.name == name
    assert made.sent(None)[0]["properties"] == PLAIN["properties"]
    assert schema == before


@pytest.mark.parametrize("schema", [{}, {"description": "x"}, 3, "Person", int])
def test_what_is_no_schema_is_refused(schema):
    with pytest.raises(InputError, match="schema"):
        form(schema)


def test_a_strict_model_reads_json_as_json():
    class Day(BaseModel):
        model_config = ConfigDict(strict=True)
        on: date

    assert form(Day).read({"on": "2026-11-24"}).on == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (Person, {"name": "x", "home": {}}, "home.street: Field required"),
        (Old, {}, "name: field required"),
        (Colour, {"choice": "green"}, "must be one of 'red', 'blue'"),
        (PLAIN, {}, "n: is missing"),
        (PLAIN, [1], "must be of type object"),
        ({"type": "object", "properties": {"a": PLAIN}}, {"a": {}}, "a.n: is missing"),
    ],
)
def test_what_is_wrong_is_said_by_name(schema, value, said):
    with pytest.raises(Problem, match=said):
        form(schema).read(value)
