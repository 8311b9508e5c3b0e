"""Tool calls of the history, their results and their ids."""

import json
import re
from datetime import date

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    ToolMessage,
)
from strict_rules import faults

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.messages import conversation, to_wire

STRICT = Abilities()
LONG_IDS = Abilities(short_ids=False)
ASK = HumanMessage("Weather?")


def call(id_="abcdefghi", **args):
    return {"name": "weather", "args": args, "id": id_}


def result(id_="abcdefghi", text="21"):
    return ToolMessage(text, tool_call_id=id_)


def calls_of(wire):
    return [c for message in wire for c in message.get("tool_calls", ())]


def arguments(wire):
    return [c["function"]["arguments"] for c in calls_of(wire)]


STREAMED = AIMessageChunk(
    "", tool_call_chunks=[{"name": "weather", "args": '{"city":', "id": "abcdefghi", "index": 0}]
) + AIMessageChunk(
    "", tool_call_chunks=[{"name": None, "args": ' "Rome"}', "id": None, "index": 0}]
)
OLD = AIMessage("").model_copy(
    update={
        "additional_kwargs": {
            "tool_calls": [
                {
                    "id": "abcdefghi",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
                }
            ]
        }
    }
)
ANTHROPIC = AIMessage(
    [{"type": "tool_use", "id": "abcdefghi", "name": "weather", "input": {"city": "Rome"}}]
)


@pytest.mark.parametrize(
    "message",
    [
        AIMessage("", tool_calls=[call(city="Rome")]),
        AIMessage(content_blocks=[{"type": "tool_call", **call(city="Rome")}]),
        STREAMED,
        OLD,
        ANTHROPIC,
    ],
    ids=["by hand", "content blocks", "streamed", "additional_kwargs", "tool_use"],
)
def test_calls_are_rebuilt_wherever_they_are_kept(message):
    wire = to_wire([ASK, message, result()], STRICT)
    assert wire[1] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "abcdefghi",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Rome"}'},
            }
        ],
    }


def test_a_call_that_stands_in_two_places_goes_out_once():
    block = {"type": "tool_use", "id": "abcdefghi", "name": "weather", "input": {}}
    message = AIMessage([{"type": "text", "text": "Let me see"}, block], tool_calls=[call()])
    wire = to_wire([ASK, message, result()], STRICT)
    assert wire[1]["content"] == "Let me see"
    assert len(calls_of(wire)) == 1


@pytest.mark.parametrize(
    ("args", "sent"),
    [
        ('{"city": Rome', {"invalid_json": '{"city": Rome'}),
        ("[1, 2]", {"invalid_json": "[1, 2]"}),
        ("null", {"invalid_json": "null"}),
        ('{"a": NaN}', {"invalid_json": '{"a": NaN}'}),
        ('{"a": 1e999}', {"invalid_json": '{"a": 1e999}'}),
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        (None, {}),
    ],
)
def test_malformed_arguments_go_back_whole_inside_a_json_object(args, sent):
    bad = {"name": "weather", "args": args, "id": "abcdefghi", "error": None}
    wire = to_wire([ASK, AIMessage("", invalid_tool_calls=[bad]), result()], STRICT)
    assert [json.loads(text) for text in arguments(wire)] == [sent]


@pytest.mark.parametrize("value", [date(2026, 1, 1), {1, 2}])
def test_arguments_that_are_no_json_are_refused_by_place(value):
    with pytest.raises(InputError, match=r"messages\[1\] has a tool call"):
        to_wire([ASK, AIMessage("", tool_calls=[call(x=value)]), result()], STRICT)


def test_a_nan_that_the_model_wrote_does_not_spoil_the_conversation():
    wire = to_wire([ASK, AIMessage("", tool_calls=[call(x=float("nan"))]), result()], STRICT)
    assert json.loads(arguments(wire)[0]) == {"invalid_json": '{"x": NaN}'}


def test_letters_beyond_ascii_are_sent_as_they_are():
    wire = to_wire([ASK, AIMessage("", tool_calls=[call(city="Köln")]), result()], STRICT)
    assert arguments(wire) == ['{"city": "Köln"}']


def test_results_go_right_behind_their_calls_in_the_calls_order():
    wire = to_wire(
        [
            ASK,
            AIMessage("", tool_calls=[call("aaaaaaaaa"), call("bbbbbbbbb")]),
            HumanMessage("Hurry!"),
            result("bbbbbbbbb", "two"),
            result("aaaaaaaaa", "one"),
        ],
        STRICT,
    )
    assert [m["content"] for m in wire] == ["Weather?", "", "one", "two", " ", "Hurry!"]
    assert [m.get("tool_call_id") for m in wire[2:4]] == ["aaaaaaaaa", "bbbbbbbbb"]


def test_results_inside_a_users_message_become_tool_messages():
    block = {
        "type": "tool_result",
        "tool_use_id": "abcdefghi",
        "content": [{"type": "text", "text": "21"}],
    }
    wire = to_wire([ASK, ANTHROPIC, HumanMessage([block, {"type": "text", "text": "So?"}])], STRICT)
    assert wire[2] == {"role": "tool", "content": "21", "tool_call_id": "abcdefghi"}
    assert wire[-1] == {"role": "user", "content": "So?"}


def test_a_chat_message_of_the_tool_role_is_a_result():
    said = ChatMessage("21", role="tool", additional_kwargs={"tool_call_id": "abcdefghi"})
    wire = to_wire([ASK, AIMessage("", tool_calls=[call()]), said], STRICT)
    assert wire[2] == {"role": "tool", "content": "21", "tool_call_id": "abcdefghi"}


def test_two_results_of_one_call_are_joined():
    wire = to_wire([ASK, AIMessage("", tool_calls=[call()]), result(), result(text="22")], STRICT)
    assert [m["content"] for m in wire if m["role"] == "tool"] == ["21\n\n22"]


def test_a_call_without_a_result_is_left_out_and_its_text_stays():
    first = AIMessage("Let me see", tool_calls=[call("aaaaaaaaa"), call("bbbbbbbbb")])
    wire = to_wire([ASK, first, result("bbbbbbbbb"), AIMessage("", tool_calls=[call("c")])], STRICT)
    assert [c["id"] for c in calls_of(wire)] == ["bbbbbbbbb"]
    assert wire[1]["content"] == "Let me see"
    assert [m["role"] for m in wire] == ["user", "assistant", "tool"]


@pytest.mark.parametrize(
    "where", [[result("nobody1234")], [result(), AIMessage("", tool_calls=[call()])]]
)
def test_a_result_without_a_call_before_it_is_refused_with_a_cure(where):
    with pytest.raises(InputError, match="is the result of tool call") as caught:
        to_wire([ASK, *where], STRICT)
    assert "trim_messages" in caught.value.cure


VLLM = "chatcmpl-tool-8a5c1f9a34378b3d"


def ids_of(*own, abilities=STRICT):
    messages = [ASK, AIMessage("", tool_calls=[call(id_) for id_ in own]), *map(result, own)]
    return [c["id"] for c in calls_of(to_wire(messages, abilities))]


def test_ids_become_nine_letters_or_digits_and_valid_ones_stay():
    made, kept = ids_of(VLLM, "abcDEF123")
    assert re.fullmatch("[a-zA-Z0-9]{9}", made)
    assert kept == "abcDEF123"


def test_the_same_id_becomes_the_same_in_every_conversation_and_process():
    assert ids_of(VLLM) == ids_of("call_1", VLLM)[1:] == ["Wl5UNfSKA"]


def test_an_endpoint_that_takes_any_id_gets_them_as_they_are():
    assert ids_of(VLLM, "call_1", abilities=LONG_IDS) == [VLLM, "call_1"]


@pytest.mark.parametrize("abilities", [STRICT, LONG_IDS])
@pytest.mark.parametrize("id_", ["call_0", "abcdefghi"])
def test_an_id_that_comes_again_names_the_latest_call(id_, abilities):
    turn = [AIMessage("", tool_calls=[call(id_)]), result(id_, "one"), AIMessage("ok"), ASK]
    again = [AIMessage("", tool_calls=[call(id_)]), result(id_, "two")]
    wire = to_wire([ASK, *turn, *again], abilities)
    sent = [c["id"] for c in calls_of(wire)]
    assert len(set(sent)) == 2
    results = {m["tool_call_id"]: m["content"] for m in wire if m["role"] == "tool"}
    assert [results[id_] for id_ in sent] == ["one", "two"]


def test_a_result_belongs_to_the_latest_call_that_waits():
    first = AIMessage("", tool_calls=[call("call_0", city="Rome")])
    again = AIMessage("", tool_calls=[call("call_0", city="Oslo")])
    wire = to_wire([ASK, first, ASK, again, result("call_0")], STRICT)
    assert arguments(wire) == ['{"city": "Oslo"}']


def test_calls_of_one_message_with_one_id_or_none_are_answered_in_turn():
    for id_ in (None, "call_0"):
        asked = AIMessage("", tool_calls=[call(id_, n=1), call(id_, n=2)])
        wire = to_wire([ASK, asked, result(id_ or "", "one"), result(id_ or "", "two")], STRICT)
        assert faults(wire) == []
        assert [m["content"] for m in wire if m["role"] == "tool"] == ["one", "two"]


def test_a_made_id_gives_way_to_none():
    """An id of the caller's that is just the one made for another is given another itself."""
    made = ids_of(VLLM)[0]
    assert ids_of(VLLM, made)[0] == made
    assert len(set(ids_of(VLLM, made))) == len(set(ids_of(made, VLLM))) == 2


def test_the_way_back_from_an_id_on_the_wire():
    sent = conversation([ASK, AIMessage("", tool_calls=[call(VLLM)]), result(VLLM)], STRICT)
    (wire,) = calls_of(sent.messages)
    assert sent.original_id(wire["id"]) == VLLM
    assert sent.original_id("new123456") == "new123456"


def test_what_langchain_adds_of_its_own_does_not_go_out():
    message = AIMessage(
        "hi",
        id="run-1",
        additional_kwargs={"reasoning_content": "hm", "refusal": None},
        response_metadata={"finish_reason": "stop"},
    )
    wire = to_wire([ASK, message, ASK], STRICT)
    assert wire[1] == {"role": "assistant", "content": "hi"}
