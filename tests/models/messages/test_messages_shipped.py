"""What the shipped class makes of the same messages. Where one of these fails, upstream has mended
it, and our repair may go."""

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_nvidia_ai_endpoints import ChatNVIDIA
from langchain_nvidia_ai_endpoints._utils import convert_message_to_dict
from strict_rules import faults

from triptych.models.abilities import Abilities
from triptych.models.messages import to_wire

ALL = Abilities(inputs=("image", "audio", "file"))
CALL = {"name": "f", "args": {"a": 1}, "id": "chatcmpl-tool-8a5c1f9a34378b3d"}
CHUNK = {"name": "f", "args": '{"a": 1}', "id": CALL["id"], "index": 0}
RESULT = ToolMessage("21", tool_call_id=CALL["id"])


def shipped(*messages):
    return [convert_message_to_dict(message) for message in messages]


@pytest.mark.parametrize(
    "answer",
    [
        AIMessageChunk("", tool_call_chunks=[CHUNK]),
        AIMessage("", tool_calls=[CALL]),
        AIMessage("", invalid_tool_calls=[{**CALL, "args": '{"a":', "error": None}]),
    ],
    ids=["streamed", "by hand", "malformed"],
)
def test_tool_calls_vanish_from_the_history(answer):
    messages = [HumanMessage("a"), answer, RESULT]
    assert "tool_calls" not in shipped(*messages)[1]
    assert to_wire(messages, ALL)[1]["tool_calls"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "audio", "base64": "QUJD", "mime_type": "audio/wav"},
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
        {"type": "file", "base64": "QUJD", "mime_type": "application/pdf"},
    ],
)
def test_audio_and_files_are_dropped_without_a_word(block):
    message = HumanMessage([{"type": "text", "text": "Listen:"}, block])
    assert shipped(message)[0]["content"] == "Listen:"
    assert len(to_wire([message], ALL)[0]["content"]) == 2


def test_anthropics_images_go_out_as_they_are():
    source = {"type": "base64", "media_type": "image/png", "data": "QUJD"}
    message = HumanMessage([{"type": "image", "source": source}])
    assert shipped(message)[0]["content"][0]["type"] == "image"
    assert to_wire([message], ALL)[0]["content"][0]["type"] == "image_url"


def test_an_empty_list_raises():
    model = ChatNVIDIA(
        base_url="http://127.0.0.1:9/v1",
        model="m",
        api_key="none",
        usage_telemetry_enabled=False,
    )
    with pytest.raises(ValueError, match="has no content"):
        model.invoke([HumanMessage([])])
    assert to_wire([HumanMessage([])], ALL) == [{"role": "user", "content": " "}]


def test_names_are_dropped():
    message = HumanMessage("a", name="ann")
    assert "name" not in shipped(message)[0]
    assert to_wire([message], ALL)[0]["name"] == "ann"


def test_strict_servers_refuse_what_goes_out():
    messages = [HumanMessage("a"), HumanMessage("b"), AIMessage(""), HumanMessage("c")]
    assert "empty assistant message" in faults(shipped(*messages))
    assert faults(to_wire(messages, ALL)) == []
