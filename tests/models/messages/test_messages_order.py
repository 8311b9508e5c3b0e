"""Roles, order, joining, names and emptiness."""

import pytest
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.messages import to_wire

STRICT = Abilities(inputs=("image",))
LENIENT = Abilities(alternate=False, short_ids=False)
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def strict(*messages, **how):
    return to_wire(messages, STRICT, **how)


def roles_and_texts(wire):
    return [(message["role"], message["content"]) for message in wire]


def test_system_and_developer_messages_are_joined_into_one_at_the_beginning():
    wire = strict(
        HumanMessage("hi"),
        SystemMessage("one"),
        AIMessage("ok"),
        ChatMessage("two", role="developer"),
        HumanMessage("go"),
        SystemMessage(" "),
    )
    assert roles_and_texts(wire) == [
        ("system", "one\n\ntwo"),
        ("user", "hi"),
        ("assistant", "ok"),
        ("user", "go"),
    ]


def test_messages_of_one_role_are_joined_by_a_blank_line():
    wire = strict(
        HumanMessage("a"),
        ChatMessage("b", role="user"),
        AIMessage("c"),
        ChatMessage("d", role="assistant"),
        HumanMessage("e"),
    )
    assert roles_and_texts(wire) == [("user", "a\n\nb"), ("assistant", "c\n\nd"), ("user", "e")]


def test_lists_of_parts_are_joined_as_lists():
    text = {"type": "text", "text": "b"}
    wire = strict(HumanMessage("a"), HumanMessage([IMAGE, text]), HumanMessage([IMAGE]))
    assert wire[0]["content"] == [{"type": "text", "text": "a"}, IMAGE, text, IMAGE]


def test_a_lenient_endpoint_gets_the_messages_apart():
    messages = [HumanMessage("a"), HumanMessage("b"), AIMessage("c")]
    assert roles_and_texts(to_wire(messages, LENIENT)) == [
        ("user", "a"),
        ("user", "b"),
        ("assistant", "c"),
    ]


def test_text_and_calls_of_one_assistant_become_one_message():
    call = {"name": "f", "args": {}, "id": "abcdefghi"}
    wire = strict(
        HumanMessage("hi"),
        AIMessage("let me see"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("21", tool_call_id="abcdefghi"),
    )
    assert [message["role"] for message in wire] == ["user", "assistant", "tool"]
    assert wire[1]["content"] == "let me see"
    assert wire[1]["tool_calls"][0]["id"] == "abcdefghi"


def test_an_assistant_at_the_beginning_gets_a_silent_user_before_it():
    wire = strict(SystemMessage("s"), AIMessage("Welcome!"), HumanMessage("hi"))
    assert roles_and_texts(wire)[1:3] == [("user", " "), ("assistant", "Welcome!")]


def test_a_user_after_a_tools_result_gets_a_silent_assistant_between():
    call = {"name": "f", "args": {}, "id": "abcdefghi"}
    wire = strict(
        HumanMessage("a"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("21", tool_call_id="abcdefghi"),
        HumanMessage("b"),
    )
    assert roles_and_texts(wire)[2:] == [("tool", "21"), ("assistant", " "), ("user", "b")]


def test_an_assistant_at_the_end_gets_a_silent_user_behind_it():
    assert roles_and_texts(strict(HumanMessage("a"), AIMessage("b")))[-1] == ("user", " ")


def test_a_prefilled_answer_stays_last():
    wire = strict(HumanMessage("a"), AIMessage('{"x":'), prefill=True)
    assert roles_and_texts(wire)[-1] == ("assistant", '{"x":')
    wire = to_wire([HumanMessage("a"), AIMessage('{"x":')], LENIENT)
    assert roles_and_texts(wire)[-1] == ("assistant", '{"x":')


def test_system_alone_is_followed_by_a_silent_user():
    assert roles_and_texts(strict(SystemMessage("s"))) == [("system", "s"), ("user", " ")]


@pytest.mark.parametrize("empty", ["", " \n", [], [""], [{"type": "text", "text": ""}]])
@pytest.mark.parametrize("abilities", [STRICT, LENIENT])
class TestEmpty:
    def test_assistant_is_left_out(self, empty, abilities):
        wire = to_wire([HumanMessage("a"), AIMessage(empty), HumanMessage("b")], abilities)
        assert "assistant" not in [message["role"] for message in wire]

    def test_user_is_a_space(self, empty, abilities):
        assert roles_and_texts(to_wire([HumanMessage(empty)], abilities)) == [("user", " ")]

    def test_system_is_left_out(self, empty, abilities):
        wire = to_wire([SystemMessage(empty), HumanMessage("a")], abilities)
        assert roles_and_texts(wire) == [("user", "a")]

    def test_assistant_with_calls_is_an_empty_string(self, empty, abilities):
        call = AIMessage(empty, tool_calls=[{"name": "f", "args": {}, "id": "abcdefghi"}])
        wire = to_wire(
            [HumanMessage("a"), call, ToolMessage(empty, tool_call_id="abcdefghi")], abilities
        )
        assert wire[1]["content"] == ""
        assert wire[2]["content"].strip() == ""

    def test_conversation_is_refused(self, empty, abilities):
        with pytest.raises(InputError, match="says nothing"):
            to_wire([SystemMessage(empty), AIMessage(empty)], abilities)


def test_content_that_is_none_is_empty():
    answer = AIMessage("").model_copy(update={"content": None})
    assert roles_and_texts(strict(HumanMessage("a"), answer)) == [("user", "a")]


def test_names_are_kept():
    wire = strict(
        HumanMessage("a", name="ann"),
        AIMessage("b", name="coder"),
        HumanMessage("c", additional_kwargs={"name": "bob"}),
    )
    assert [message["name"] for message in wire] == ["ann", "coder", "bob"]


def test_what_two_people_said_in_a_row_has_no_name():
    wire = strict(HumanMessage("a", name="ann"), HumanMessage("b", name="bob"))
    assert wire == [{"role": "user", "content": "a\n\nb"}]
    wire = strict(HumanMessage("a", name="ann"), HumanMessage("b", name="ann"))
    assert wire == [{"role": "user", "content": "a\n\nb", "name": "ann"}]


def test_roles_of_chat_messages_are_known_by_langchains_and_openais_words():
    said = ["human", "ai", "user", "assistant", "human"]
    wire = strict(*(ChatMessage(str(n), role=role) for n, role in enumerate(said)))
    assert [m["role"] for m in wire] == ["user", "assistant", "user", "assistant", "user"]


def test_a_role_of_ones_own_goes_to_lenient_endpoints_alone():
    messages = [ChatMessage("on", role="control"), HumanMessage("a")]
    assert to_wire(messages, LENIENT)[0] == {"role": "control", "content": "on"}
    with pytest.raises(InputError, match=r"messages\[0\] has the role 'control'"):
        to_wire(messages, STRICT)


@pytest.mark.parametrize(
    "message",
    [
        RemoveMessage(id="1"),
        FunctionMessage("21", name="f"),
        ChatMessage("21", role="function"),
    ],
)
def test_what_is_no_message_to_a_model_is_refused_with_a_cure(message):
    with pytest.raises(InputError, match=rf"messages\[1\], {type(message).__name__}") as caught:
        strict(HumanMessage("a"), message)
    assert caught.value.cure
