"""`with_structured_output` over real HTTP: what is sent, what comes back, what goes wrong."""

import json
import pickle
from enum import Enum

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from people import BAD, BO, CALL, GOOD, Person, PersonDict

from triptych.errors import (
    AuthenticationError,
    BadOutputError,
    ContentFilteredError,
    InputError,
    TruncatedError,
)
from triptych.testing import Reply

SCHEMAS = [(Person, Person(**BO)), (PersonDict, BO), (Person.model_json_schema(), BO)]


@pytest.mark.parametrize(("schema", "made"), SCHEMAS, ids=["pydantic", "TypedDict", "JSON schema"])
def test_an_answer_becomes_an_object_of_the_schema(serve, ask, schema, made):
    model, server = serve(GOOD)
    assert ask(model.with_structured_output(schema)) == made
    sent = server.chats[0].body["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] in ("Person", "PersonDict")
    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["schema"]["additionalProperties"] is False


def test_an_enum_becomes_its_member(serve, ask):
    class Colour(Enum):
        RED = "red"

    model, _ = serve('{"choice": "red"}')
    assert ask(model.with_structured_output(Colour)) is Colour.RED


def test_building_asks_nothing_of_the_network(serve, recwarn):
    model, server = serve()
    for method in (None, "json_schema", "function_calling", "json_mode"):
        model.with_structured_output(Person, method=method)
    assert server.requests == []
    assert not recwarn.list


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_asks_while_building(serve):
    model, server = serve(of=Shipped)
    model.with_structured_output(Person)
    assert [entry.path for entry in server.requests] == ["/v1/models"]


def test_function_calling_reads_the_call(serve, ask):
    model, server = serve(Reply(tool_calls=[CALL]))
    assert ask(model.with_structured_output(Person, method="function_calling")) == Person(**BO)
    body = server.chats[0].body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
    assert body["tools"][0]["function"]["parameters"]["additionalProperties"] is False
    assert body["parallel_tool_calls"] is False
    assert "response_format" not in body


def test_json_mode_leaves_the_form_to_the_prompt(serve, ask):
    model, server = serve(GOOD)
    assert ask(model.with_structured_output(Person, method="json_mode")) == Person(**BO)
    body = server.chats[0].body
    assert body["response_format"] == {"type": "json_object"}
    assert len(body["messages"]) == 1


def test_without_help_of_the_server_the_prompt_asks_and_the_text_is_read(serve, ask):
    text = f"<think>A person? {{}}</think>Here you are:\n```json\n{GOOD}\n```\nDone."
    model, server = serve(text, abilities={"structured": "prompt"})
    assert ask(model.with_structured_output(Person)) == Person(**BO)
    body = server.chats[0].body
    assert "response_format" not in body
    assert '"age"' in str(body["messages"][-1]["content"])


def test_the_way_is_the_endpoints_best(serve):
    model, server = serve(Reply(tool_calls=[CALL]), abilities={"structured": "tools"})
    assert model.with_structured_output(Person).invoke("Who?") == Person(**BO)
    assert "tools" in server.chats[0].body


@pytest.mark.parametrize(
    ("schema", "options", "said"),
    [
        (Person, {"method": "guess"}, "no method 'guess'"),
        (Person, {"method": "json_mode", "strict": True}, "no strict"),
        (Person, {"tools": [Person]}, "include_raw"),
        (Person, {"tools": [Person], "include_raw": True, "method": "json_mode"}, "json_schema"),
        (None, {}, "schema is missing"),
        ("Person", {}, "no schema"),
    ],
)
def test_choices_that_do_not_go_together_are_refused_at_once(serve, schema, options, said):
    model, _ = serve()
    with pytest.raises(InputError, match=said):
        model.with_structured_output(schema, **options)


def test_json_mode_without_a_schema_gives_what_there_is(serve):
    model, _ = serve('{"any": [1]}')
    assert model.with_structured_output(None, method="json_mode").invoke("?") == {"any": [1]}


def test_nothing_goes_out_that_only_old_servers_knew(serve):
    model, server = serve(GOOD)
    model.with_structured_output(Person).invoke("Who?")
    assert not server.chats[0].body.keys() & {"guided_json", "nvext", "ls_structured_output_format"}


def test_what_was_bound_before_is_sent(serve):
    model, server = serve(GOOD)
    model.bind(stop=["END"], seed=7).with_structured_output(Person, temperature=0.5).invoke("Who?")
    body = server.chats[0].body
    assert (body["stop"], body["seed"], body["temperature"]) == (["END"], 7, 0.5)


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_loses_what_was_bound_before(serve):
    model, server = serve(GOOD, of=Shipped)
    model.bind(seed=7).with_structured_output(Person).invoke("Who?")
    assert server.chats[0].body.get("seed") != 7


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_values_that_hold_a_think_tag_stay_whole(serve, ask, method):
    name = "the tag </think> in a value, <think>too</think>"
    value = {"name": name, "age": 1}
    reply = Reply(json.dumps(value))
    if method == "function_calling":
        reply = Reply(tool_calls=[{**CALL, "arguments": value}])
    model, _ = serve(reply)
    assert ask(model.with_structured_output(Person, method=method)).name == name


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_cuts_such_values(serve):
    model, _ = serve(*[json.dumps({"name": "a</think>b", "age": 1})] * 9, of=Shipped)
    assert model.with_structured_output(Person).invoke("Who?") != Person(name="a</think>b", age=1)


# --- one repair round --------------------------------------------------------------------------


def test_a_wrong_answer_is_sent_back_once_with_the_validators_words(serve, ask):
    model, server = serve(BAD, GOOD)
    assert ask(model.with_structured_output(Person)) == Person(**BO)
    first, second = [entry.body for entry in server.chats]
    assert second["response_format"] == first["response_format"]
    user, answer, correction = second["messages"]
    assert (user["role"], answer["role"], correction["role"]) == ("user", "assistant", "user")
    assert answer["content"] == BAD
    assert "age: Input should be greater than or equal to 0" in correction["content"]


def test_a_wrong_call_is_sent_back_as_a_call_with_its_result(serve, ask):
    wrong = Reply(tool_calls=[{**CALL, "arguments": BAD}])
    model, server = serve(wrong, Reply(tool_calls=[CALL]))
    assert ask(model.with_structured_output(Person, method="function_calling")) == Person(**BO)
    user, call, result = server.chats[1].body["messages"]
    assert [m["role"] for m in (user, call, result)] == ["user", "assistant", "tool"]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert "age" in result["content"]
    assert "Person" in result["content"]


def test_an_answer_in_words_where_a_call_was_due_is_read_if_it_is_json(serve, ask):
    model, server = serve(f"```json\n{GOOD}\n```")
    assert ask(model.with_structured_output(Person, method="function_calling")) == Person(**BO)
    assert len(server.chats) == 1


def test_the_second_request_counts_in_the_usage(serve):
    model, _ = serve(Reply(BAD, usage=(10, 5)), Reply(GOOD, usage=(20, 5)))
    counted = UsageMetadataCallbackHandler()
    model.with_structured_output(Person).invoke("Who?", {"callbacks": [counted]})
    assert sum(each["total_tokens"] for each in counted.usage_metadata.values()) == 40


def test_a_second_wrong_answer_is_an_error_with_both_names_of_it(serve, ask):
    model, server = serve(BAD, BAD, GOOD)
    with pytest.raises(BadOutputError, match="no Person: age: Input should be") as caught:
        ask(model.with_structured_output(Person))
    assert isinstance(caught.value, OutputParserException)  # what LangChain's users catch
    assert caught.value.partial == caught.value.llm_output == BAD
    assert len(server.chats) == 2
    copied = pickle.loads(pickle.dumps(caught.value))  # errors cross processes
    assert (str(copied), copied.partial) == (str(caught.value), BAD)


def test_a_dict_that_lacks_a_key_is_asked_for_again(serve, ask):
    model, server = serve('{"name": "Bo"}', GOOD)
    assert ask(model.with_structured_output(PersonDict)) == BO
    assert "age: is missing" in server.chats[1].body["messages"][-1]["content"]


# --- what must not look like success -------------------------------------------------------------


def test_a_truncated_answer_is_an_error_and_is_not_asked_for_again(serve, ask):
    model, server = serve(Reply('{"name": "Bo', finish_reason="length"), GOOD)
    with pytest.raises(TruncatedError, match=r"Person.*max_tokens") as caught:
        ask(model.with_structured_output(Person))
    assert caught.value.partial == '{"name": "Bo'
    assert len(server.chats) == 1


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_gives_none_for_a_truncated_answer(serve):
    model, _ = serve(*[Reply('{"name": "Bo', finish_reason="length")] * 9, of=Shipped)
    assert model.with_structured_output(Person).invoke("Who?") is None


def test_an_answer_that_is_whole_at_the_limit_is_taken(serve, ask):
    model, _ = serve(Reply(GOOD, finish_reason="length"))
    assert ask(model.with_structured_output(Person)) == Person(**BO)


def test_a_truncated_call_is_an_error(serve, ask):
    cut = Reply(tool_calls=[{**CALL, "arguments": '{"name": "B'}], finish_reason="length")
    model, server = serve(cut, GOOD)
    with pytest.raises(TruncatedError):
        ask(model.with_structured_output(Person, method="function_calling"))
    assert len(server.chats) == 1


def test_a_filtered_answer_is_an_error(serve, ask):
    model, server = serve(Reply('{"name": ', finish_reason="content_filter"), GOOD)
    with pytest.raises(ContentFilteredError):
        ask(model.with_structured_output(Person))
    assert len(server.chats) == 1


def test_a_refused_request_is_sent_once(serve, ask):
    model, server = serve(key="another")
    with pytest.raises(AuthenticationError):
        ask(model.with_structured_output(Person))
    assert len([e for e in server.requests if e.method == "POST"]) == 1


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_sends_three_on_any_failure(serve):
    model, server = serve(*[Reply(status=401)] * 9, of=Shipped)
    with pytest.raises(Exception, match="401"):
        model.with_structured_output(Person).invoke("Who?")
    assert len(server.chats) == 3


# --- the raw message beside the object -----------------------------------------------------------


def test_the_raw_message_stands_beside_the_object(serve):
    model, _ = serve(GOOD)
    got = model.with_structured_output(Person, include_raw=True).invoke("Who?")
    assert got.keys() == {"raw", "parsed", "parsing_error"}
    assert isinstance(got["raw"], AIMessage)
    assert got["raw"].content == GOOD
    assert (got["parsed"], got["parsing_error"]) == (Person(**BO), None)


@pytest.mark.filterwarnings("ignore")
def test_the_shipped_class_refuses_the_raw_message_and_a_typed_dict(serve):
    model, _ = serve(of=Shipped)
    with pytest.raises(NotImplementedError):
        model.with_structured_output(Person, include_raw=True)
    with pytest.raises(ValueError, match="Pydantic object"):
        model.with_structured_output(PersonDict)


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([BAD, BAD], BadOutputError),
        ([Reply('{"name"', finish_reason="length")], TruncatedError),
        ([Reply("{", finish_reason="content_filter")], ContentFilteredError),
    ],
)
def test_with_the_raw_message_a_parsing_error_is_returned(serve, replies, error):
    model, _ = serve(*replies)
    if error is ContentFilteredError:
        with pytest.raises(error):  # the endpoint's own refusal of the request is no parsing error
            model.with_structured_output(Person, include_raw=True).invoke("Who?")
        return
    got = model.with_structured_output(Person, include_raw=True).invoke("Who?")
    assert isinstance(got["parsing_error"], error)
    assert got["parsed"] is None
    assert got["raw"].content


def test_the_raw_message_streams(serve):
    model, _ = serve(GOOD)
    whole = None
    for part in model.with_structured_output(Person, include_raw=True).stream("Who?"):
        whole = part if whole is None else whole + part
    assert whole["raw"].content == GOOD
    assert (whole["parsed"], whole["parsing_error"]) == (Person(**BO), None)


def test_a_tool_may_be_called_in_place_of_an_answer(serve):
    def look_up(name: str) -> str:
        """Look someone up."""
        return name

    call = {"name": "look_up", "arguments": {"name": "Bo"}}
    model, server = serve(Reply(tool_calls=[call]))
    got = model.with_structured_output(Person, include_raw=True, tools=[look_up]).invoke("Who?")
    assert got["raw"].tool_calls[0]["name"] == "look_up"
    assert (got["parsed"], got["parsing_error"]) == (None, None)
    assert {"tools", "response_format"} <= server.chats[0].body.keys()
