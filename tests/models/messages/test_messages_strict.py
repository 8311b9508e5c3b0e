"""Any conversation becomes one that strict servers take, and nothing of it is lost."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
)
from strict_rules import RECORDED, faults, rendered

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.messages import to_wire

STRICT = Abilities(inputs=("image",))
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
NO_CURE = (
    "05m_conv_tool_orphan",
    "05m_conv_tool_wrong_id",
    "06_strict_tool_role",
    "05m_conv_unknown_role",
)


@pytest.mark.parametrize("case", [c for c in RECORDED.values() if c["status"] == 400], ids=str)
def test_the_rules_refuse_what_the_server_refused(case):
    assert faults(case["messages"]) != [], case["error"]


@pytest.mark.parametrize("name", ["06_strict_ok", "05m_conv_empty_user", "05m_conv_tool_ok"])
def test_the_rules_take_what_every_server_took(name):
    case = copy.deepcopy(RECORDED[name])
    for message in case["messages"]:  # recorded with "" and null, which went through
        message["content"] = message["content"] or (" " if message["role"] == "user" else "")
    assert faults(case["messages"]) == []


@pytest.mark.parametrize("case", RECORDED.values(), ids=RECORDED)
def test_every_recorded_conversation_is_mended_or_refused_with_a_cure(case):
    messages = [message_of(wire) for wire in case["messages"]]
    if case["case"] in NO_CURE:
        with pytest.raises(InputError) as caught:
            to_wire(messages, Abilities())
        assert caught.value.cure
    else:
        wire = to_wire(messages, Abilities(), prefill=case["prefill"])
        assert faults(wire, prefill=case["prefill"]) == []


def message_of(wire):
    """`convert_to_messages` knows neither roles of one's own nor arguments that are cut."""
    if wire["role"] == "assistant" and "tool_calls" in wire:
        return AIMessage(
            wire["content"] or "", additional_kwargs={"tool_calls": wire["tool_calls"]}
        )
    if wire["role"] == "robot":
        return ChatMessage(wire["content"], role="robot")
    return convert_to_messages([wire])[0]


# Random conversations. Each text holds a number of its own, so that it can be found again.

spaces = st.sampled_from(["", " ", "\n", "\t \n"])
ids = st.sampled_from(["call_1", "abcdefghi", "chatcmpl-tool-8a5c1f9a34378b3d", "ÄÖÜäöüßéè", None])
raw_args = st.sampled_from(['{"a":1}', '{"a": ', "[1]", "null", '"x"', "", None, '{"a": NaN}'])
dict_args = st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text(max_size=3))
kinds = st.sampled_from(["system", "developer", "user", "chat", "ai", "chunk", "tool", "image"])


@st.composite
def conversations(draw, wild_results=False):
    messages, asked = [], []
    for n in range(draw(st.integers(1, 9))):
        kind = draw(kinds)
        text = draw(
            spaces | st.builds(lambda a, b, n=n: f"{a}#{n}#{b}", st.text(max_size=4), spaces)
        )
        content = draw(st.sampled_from([text, [text], [{"type": "text", "text": text}]]))
        content = draw(st.sampled_from([content, content, []]))
        name = draw(st.sampled_from([None, "ann", "bob"]))
        if kind in ("ai", "chunk"):
            calls = draw(st.lists(st.tuples(ids, dict_args), max_size=2))
            bad = draw(st.lists(st.tuples(ids, raw_args), max_size=1))
            asked += [id_ or "" for id_, _ in [*calls, *bad]]
            messages.append(assistant(kind, content, calls, bad, name))
        elif kind == "tool":
            if pool := ["nobody", *asked] if wild_results else asked:
                id_ = draw(st.sampled_from(pool))
                messages.append(ToolMessage(content, tool_call_id=id_))
        elif kind == "image":
            messages.append(HumanMessage([IMAGE, {"type": "text", "text": text}], name=name))
        elif kind == "system":
            messages.append(SystemMessage(content))
        else:
            role = {"chat": "user"}.get(kind, kind)
            plain = HumanMessage(content, name=name)
            messages.append(plain if kind == "user" else ChatMessage(content, role=role))
    return messages


def assistant(kind, content, calls, bad, name):
    valid = [{"name": "f", "args": args, "id": id_} for id_, args in calls]
    invalid = [{"name": "g", "args": args, "id": id_, "error": None} for id_, args in bad]
    if kind == "ai":
        return AIMessage(content, tool_calls=valid, invalid_tool_calls=invalid, name=name)
    pieces = [("f", json.dumps(args), id_) for id_, args in calls]
    pieces += [("g", args, id_) for id_, args in bad]
    chunks = [
        {"name": name, "args": args, "id": id_, "index": n}
        for n, (name, args, id_) in enumerate(pieces)
    ]
    return AIMessageChunk(content, tool_call_chunks=chunks, name=name)


def sent(messages, abilities=STRICT, **how):
    """What goes out; None where nothing is said at all."""
    try:
        return to_wire(messages, abilities, **how)
    except InputError as error:
        if "says nothing" in error.message:
            return None
        raise


@given(conversations(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_conversation_becomes_valid(messages, prefill):
    wire = sent(messages, prefill=prefill)
    if wire is not None:
        assert faults(wire, prefill=prefill) == []


@given(conversations(wild_results=True))
@settings(max_examples=100, deadline=None)
def test_a_result_that_answers_no_call_is_the_only_thing_refused(messages):
    called = set()
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id not in called:
            with pytest.raises(InputError, match="is the result of tool call"):
                sent(messages)
            return
        calls = [*getattr(message, "tool_calls", ()), *getattr(message, "invalid_tool_calls", ())]
        called.update(call["id"] or "" for call in calls)
    wire = sent(messages)
    assert wire is None or faults(wire) == []


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_without_tools_and_images_the_strict_template_takes_it(messages):
    wire = sent(
        [m for m in messages if not isinstance(m, ToolMessage)], Abilities(inputs=("image",))
    )
    if wire and all(isinstance(message["content"], str) for message in wire):
        assert "[INST]" in rendered(wire)


@pytest.mark.parametrize(
    "abilities", [STRICT, Abilities(("image",), short_ids=False, alternate=False)]
)
@given(messages=conversations())
@settings(max_examples=100, deadline=None)
def test_a_normal_conversation_stays_as_it_is(messages, abilities):
    wire = sent(messages, abilities)
    if wire is not None:
        assert to_wire(convert_to_messages(wire), abilities) == wire


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_no_text_is_lost_and_its_order_is_kept(messages):
    given_texts = {"system": [], "tool": [], "other": []}
    for message in messages:
        for block in [message.content] if isinstance(message.content, str) else message.content:
            text = block if isinstance(block, str) else block.get("text", "")
            role = getattr(message, "role", message.type)
            group = {"developer": "system", "system": "system", "tool": "tool"}.get(role, "other")
            given_texts[group] += [text] if text.strip() else []
    wire = sent(messages) or []
    for group, roles in {"system": "system", "tool": "tool", "other": "user assistant"}.items():
        whole = "".join(said(message) for message in wire if message["role"] in roles.split())
        places = [whole.find(text) for text in given_texts[group]]
        assert -1 not in places
        # Results go where their calls are; all else keeps its order.
        assert group == "tool" or places == sorted(places)


def said(message):
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_the_callers_messages_are_not_changed(messages):
    before = copy.deepcopy(messages)
    wire = sent(messages)
    for message in wire or ():
        if isinstance(message["content"], list):  # nor by way of what went out
            message["content"][0].get("image_url", {}).clear()
            message["content"][0].clear()
    assert messages == before


@given(conversations(), conversations())
@settings(max_examples=100, deadline=None)
def test_a_longer_conversation_keeps_the_ids_of_its_beginning(messages, more):
    more = [message for message in more if not isinstance(message, ToolMessage)]
    first = [c["id"] for m in sent(messages) or () for c in m.get("tool_calls", ())]
    longer = [c["id"] for m in sent([*messages, *more]) or () for c in m.get("tool_calls", ())]
    assert longer[: len(first)] == first
