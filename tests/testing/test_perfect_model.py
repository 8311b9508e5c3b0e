"""The perfect model does what a request asks; the strict one refuses what servers refuse."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.testing import PerfectModel, Reply

Body = dict[str, Any]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
MAGIC = {
    "type": "function",
    "function": {
        "name": "magic_function",
        "parameters": {
            "type": "object",
            "properties": {"input": {"type": "integer", "exclusiveMinimum": -1000}},
            "required": ["input"],
        },
    },
}
NAMED = {"type": "function", "function": {"name": "get_weather"}}


def asked(words: str, **more: Any) -> Body:
    return {"model": "scripted", "messages": [{"role": "user", "content": words}], **more}


def answer(words: str, **more: Any) -> Reply:
    return PerfectModel()(asked(words, **more))


def as_json(schema: Any, words: str = "Go on.") -> Any:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return json.loads(answer(words, response_format=wanted).text)


class TestSpeech:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("Say 'blue'", "blue"),
            ('Reply with only: "a b"', "a b"),
            ("Repeat after me: so it is", "so it is"),
            ("Count from 2 to 5", "2, 3, 4, 5"),
            ("What is 3 + 4?", "7"),
            ("Hello", "Hello! How can I help you today?"),
            ("Anything else", "You said: Anything else"),
        ],
    )
    def test_it_says_what_it_is_asked_to_say(self, words: str, said: str) -> None:
        assert answer(words).text == said

    def test_it_remembers_a_name(self) -> None:
        told = {"role": "user", "content": "My name is Ada."}
        answered = {"role": "assistant", "content": "Hello."}
        ask = {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]}
        assert PerfectModel()({"messages": [told, answered, ask]}).text == "Your name is Ada."

    def test_it_stops_at_the_first_stop_sequence(self) -> None:
        reply = answer("Count from 1 to 9", stop=["7", "5"])
        assert (reply.text, reply.stop_reason, reply.finish_reason) == ("1, 2, 3, 4, ", "5", "auto")

    def test_it_stops_at_the_limit(self) -> None:
        reply = answer("Count from 1 to 9", max_tokens=2)
        assert (reply.text, reply.finish_reason) == ("1, 2, ", "length")


class TestCalls:
    @pytest.mark.parametrize("choice", ["auto", "required", None])
    def test_a_tool_whose_word_is_said(self, choice: str | None) -> None:
        more = {"tool_choice": choice} if choice else {}
        reply = answer("What is the weather in Paris?", tools=[MAGIC, WEATHER], **more)
        assert reply.tool_calls == [{"name": "get_weather", "arguments": {"city": "Paris"}}]

    def test_a_call_written_out(self) -> None:
        reply = answer("What is the value of magic_function(3)? Use the tool.", tools=[MAGIC])
        assert reply.tool_calls == [{"name": "magic_function", "arguments": {"input": 3}}]

    def test_several_at_once(self) -> None:
        words = "What is the weather in Paris and in San Francisco, CA?"
        calls = answer(words, tools=[WEATHER]).tool_calls or []
        assert [call["arguments"]["city"] for call in calls] == ["Paris", "San Francisco, CA"]
        one = answer(words, tools=[WEATHER], parallel_tool_calls=False).tool_calls or []
        assert len(one) == 1

    def test_none_where_none_helps_or_none_is_wanted(self) -> None:
        assert answer("Say 'blue'", tools=[WEATHER]).tool_calls is None
        words = "What is the weather in Paris?"
        assert answer(words, tools=[WEATHER], tool_choice="none").tool_calls is None

    def test_a_tool_that_is_named_or_required_is_called_whatever_is_said(self) -> None:
        named = answer("Say 'blue'", tools=[MAGIC, WEATHER], tool_choice=NAMED)
        assert [call["name"] for call in named.tool_calls or ()] == ["get_weather"]
        assert named.finish_reason == "stop"  # as vLLM ends a named call
        assert answer("Say 'blue'", tools=[MAGIC], tool_choice="required").tool_calls

    def test_unicode_in_quotes(self) -> None:
        reply = answer("The weather in '你好啊集团' please", tools=[WEATHER])
        assert reply.tool_calls == [{"name": "get_weather", "arguments": {"city": "你好啊集团"}}]

    def test_results_are_reported(self) -> None:
        body = asked("What is the weather in Paris?", tools=[WEATHER])
        call = {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather"}}
        body["messages"] += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "abcdefghi", "content": "sunny"},
        ]
        reply = PerfectModel()(body)
        assert (reply.text, reply.tool_calls) == ("The result is: sunny", None)

    def test_a_limit_too_small_cuts_the_arguments(self) -> None:
        reply = answer("weather in Paris", tools=[WEATHER], max_tokens=2)
        assert reply.finish_reason == "length"
        assert (reply.tool_calls or [{}])[0]["arguments"] == '{"'


SCHEMAS: dict[str, Any] = {
    "bounds": {"type": "integer", "minimum": 5, "exclusiveMaximum": 7, "multipleOf": 2},
    "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
    "enum": {"enum": ["red", "green"]},
    "const": {"const": 4},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-\\d{3}(x|y)?$"},
    "negated": {"type": "string", "pattern": "^[^a]+$"},
    "length": {"type": "string", "minLength": 30, "maxLength": 31},
    "formats": {
        "type": "object",
        "properties": {
            name: {"type": "string", "format": name}
            for name in ("date", "date-time", "email", "uuid", "ipv4")
        },
        "required": ["date"],
    },
    "array": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
    "unique enum": {
        "type": "array",
        "items": {"enum": ["a", "b", "c"]},
        "minItems": 3,
        "maxItems": 3,
        "uniqueItems": True,
    },
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
    "nullable": {"type": ["string", "null"]},
    "any of": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "boolean"}}]},
    "all of": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ]
    },
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "recursive": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "value": {"type": "integer"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                },
                "required": ["value", "children", "next"],
                "additionalProperties": False,
            }
        },
    },
}


class TestJson:
    @pytest.mark.parametrize("name", SCHEMAS)
    @pytest.mark.parametrize("words", ["Go on.", "Take 6, 0.25 and 'a quotation' from Paris."])
    def test_it_fits_the_schema(self, name: str, words: str) -> None:
        schema = SCHEMAS[name]
        jsonschema.Draft202012Validator(schema).validate(as_json(schema, words))

    @given(
        st.recursive(
            st.sampled_from(
                [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")]
            ),
            lambda inner: st.one_of(
                st.builds(lambda s: {"type": "array", "items": s, "minItems": 1}, inner),
                st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
                st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3).map(
                    lambda p: {
                        "type": "object",
                        "properties": p,
                        "required": list(p),
                        "additionalProperties": False,
                    }
                ),
            ),
            max_leaves=8,
        )
    )
    def test_it_fits_any_schema(self, schema: Any) -> None:
        jsonschema.Draft202012Validator(schema).validate(as_json(schema, "Take 3 from 'here'."))

    def test_it_is_filled_with_what_the_request_says(self) -> None:
        schema = {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer"},
                "mood": {"enum": ["sad", "happy"]},
            },
            "required": ["name", "age", "mood"],
        }
        found = as_json(schema, "Grace is 44 years old and happy.")
        assert found == {"name": "Grace", "age": 44, "mood": "happy"}

    def test_json_mode_writes_the_keys_that_are_quoted(self) -> None:
        words = "Return JSON with 'setup' and 'punchline' keys."
        reply = answer(words, response_format={"type": "json_object"})
        assert json.loads(reply.text).keys() == {"setup", "punchline"}

    def test_a_schema_in_the_prompt_is_followed(self) -> None:
        schema = {"type": "object", "properties": {"n": {"const": 3}}, "required": ["n"]}
        assert json.loads(answer(f"Answer by this schema: {json.dumps(schema)}").text) == {"n": 3}


USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello."}
SYSTEM = {"role": "system", "content": "Be brief."}
CALLS = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {
            "id": "abcdefghi",
            "type": "function",
            "function": {"name": "get_weather", "arguments": "{}"},
        }
    ],
}
RESULT = {"role": "tool", "tool_call_id": "abcdefghi", "content": "sunny"}
LONG_ID = json.loads(json.dumps([CALLS, RESULT]).replace("abcdefghi", "chatcmpl-tool-0123"))
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


class TestStrict:
    @pytest.mark.parametrize(
        "messages",
        [
            [USER],
            [SYSTEM, USER, ASSISTANT, USER],
            [USER, CALLS, RESULT],
            [USER, CALLS, RESULT, ASSISTANT, USER],
        ],
    )
    def test_what_every_server_takes_is_answered(self, messages: list[Body]) -> None:
        reply = PerfectModel(strict=True)({"model": "m", "messages": messages})
        assert reply.status == 200

    @pytest.mark.parametrize(
        "messages",
        [
            [],
            [USER, USER],
            [USER, SYSTEM, USER],
            [SYSTEM, SYSTEM, USER],
            [ASSISTANT, USER],
            [USER, ASSISTANT],
            [USER, ASSISTANT, ASSISTANT, USER],
            [USER, {"role": "assistant", "content": ""}, USER],
            [{"role": "user", "content": ""}],
            [USER, RESULT],
            [USER, CALLS, USER],
            [USER, CALLS],
            [USER, CALLS, RESULT, USER],
            [USER, CALLS, RESULT | {"tool_call_id": "zzzzzzzzz"}],
            [USER, *LONG_ID],
            [{"role": "robot", "content": "x"}],
            [USER | {"mood": "good"}],
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        ],
    )
    def test_a_conversation_that_some_server_refuses_is_refused(self, messages: list[Body]) -> None:
        body = {"model": "m", "messages": messages}
        assert PerfectModel(strict=True)(body).status == 400
        assert PerfectModel()(body).status == 200

    @pytest.mark.parametrize(
        "more",
        [
            {"tools": []},
            {"tool_choice": "auto"},
            {"tools": [WEATHER], "tool_choice": "any"},
            {"tools": [{**WEATHER, "strict": True}]},
            {"tools": [{"type": "function", "function": WEATHER["function"] | {"strict": True}}]},
            {"parallel_tool_calls": True},
            {"stream_options": {"include_usage": True}},
            {"max_tokens": 3, "max_completion_tokens": 3},
            {"guided_json": {}},
            {"max_retries": 2},
            {"chat_template_kwargs": {"thinking": False}},
            {"n": 2, "temperature": 0},
            {"stop": list("abcde")},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "strict": True, "schema": OPEN},
                }
            },
        ],
    )
    def test_a_parameter_that_some_server_refuses_is_refused(self, more: Body) -> None:
        reply = PerfectModel(strict=True)(asked("Hi", **more))
        assert reply.status == 400
        assert reply.text

    def test_a_closed_strict_schema_is_taken(self) -> None:
        closed = OPEN | {"additionalProperties": False}
        wanted = {"name": "x", "strict": True, "schema": closed}
        body = asked("Hi", response_format={"type": "json_schema", "json_schema": wanted})
        assert PerfectModel(strict=True)(body).status == 200
