"""Content parts: what goes out in which form, and what is refused by name."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from triptych.errors import UnsupportedContentError
from triptych.models.abilities import Abilities
from triptych.models.messages import to_wire

ALL = Abilities(inputs=("image", "audio", "file", "video"))
URL, DATA = "https://example.com/x", "QUJD"
PNG = f"data:image/png;base64,{DATA}"
PDF = {"file_data": f"data:application/pdf;base64,{DATA}"}


def part(kind, **inner):
    return {"type": kind, kind: inner}


IMAGE, INLINE = part("image_url", url=URL), part("image_url", url=PNG)
WAV = part("input_audio", data=DATA, format="wav")

FORMS = {
    "openai image": (
        part("image_url", url=URL, detail="low"),
        part("image_url", url=URL, detail="low"),
    ),
    "openai image as string": ({"type": "image_url", "image_url": URL}, IMAGE),
    "responses image": ({"type": "input_image", "image_url": URL}, IMAGE),
    "v1 image url": ({"type": "image", "url": URL}, IMAGE),
    "v1 image base64": ({"type": "image", "base64": DATA, "mime_type": "image/png"}, INLINE),
    "v0 image url": ({"type": "image", "source_type": "url", "url": URL}, IMAGE),
    "v0 image base64": (
        {"type": "image", "source_type": "base64", "data": DATA, "mime_type": "image/png"},
        INLINE,
    ),
    "anthropic image": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
        INLINE,
    ),
    "anthropic image url": ({"type": "image", "source": {"type": "url", "url": URL}}, IMAGE),
    "openai audio": (WAV, WAV),
    "v1 audio": ({"type": "audio", "base64": DATA, "mime_type": "audio/wav"}, WAV),
    "v1 audio mp3": (
        {"type": "audio", "base64": DATA, "mime_type": "audio/mpeg"},
        part("input_audio", data=DATA, format="mp3"),
    ),
    "v1 audio url": ({"type": "audio", "url": URL}, part("audio_url", url=URL)),
    "vllm video": (part("video_url", url=URL), part("video_url", url=URL)),
    "v1 video": (
        {"type": "video", "base64": DATA, "mime_type": "video/mp4"},
        part("video_url", url=f"data:video/mp4;base64,{DATA}"),
    ),
    "openai file": (part("file", filename="a.pdf", **PDF), part("file", filename="a.pdf", **PDF)),
    "responses file": (
        {"type": "input_file", "filename": "a.pdf", **PDF},
        part("file", filename="a.pdf", **PDF),
    ),
    "v1 file": (
        {"type": "file", "base64": DATA, "mime_type": "application/pdf"},
        part("file", filename="file.pdf", **PDF),
    ),
    "v1 file named": (
        {
            "type": "file",
            "base64": DATA,
            "mime_type": "application/pdf",
            "extras": {"filename": "b.pdf"},
        },
        part("file", filename="b.pdf", **PDF),
    ),
    "v1 file id": ({"type": "file", "file_id": "file-1"}, part("file", file_id="file-1")),
    "v0 file id": (
        {"type": "file", "source_type": "id", "id": "file-1"},
        part("file", file_id="file-1"),
    ),
    "anthropic pdf": (
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": DATA},
        },
        part("file", filename="file.pdf", **PDF),
    ),
}


@pytest.mark.parametrize(("given", "sent"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("wrapped", [False, True], ids=["", "non_standard"])
def test_a_part_goes_out_in_the_form_of_the_api(given, sent, wrapped):
    given = {"type": "non_standard", "value": given} if wrapped else given
    wire = to_wire([HumanMessage([given, {"type": "text", "text": "?"}])], ALL)
    assert wire[0]["content"] == [sent, {"type": "text", "text": "?"}]


@pytest.mark.parametrize("given", [given for given, _ in FORMS.values()], ids=FORMS)
def test_a_part_that_the_model_does_not_take_is_refused_by_name(given):
    messages = [SystemMessage("s"), HumanMessage([{"type": "text", "text": "a"}, given])]
    with pytest.raises(UnsupportedContentError) as caught:
        to_wire(messages, Abilities())
    assert "messages[1] (user)" in caught.value.message
    assert repr(given["type"]) in caught.value.message
    assert "use a model whose inputs include" in caught.value.cure


@pytest.mark.parametrize(
    "block",
    [
        {"type": "file", "url": URL},
        {"type": "image", "file_id": "file-1"},
        {"type": "audio"},
        {"type": "image_url"},
        {"type": "search_result", "title": "x"},
        {"type": "thinking", "thinking": "hm"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_part_that_the_api_has_no_form_for_is_refused_by_name(block):
    with pytest.raises(UnsupportedContentError) as caught:
        to_wire([HumanMessage([block])], ALL)
    assert repr(block.get("type", "untyped")) in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        ([{"type": "text", "text": "a"}, "b"], "a\nb"),
        ([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}], "a"),
        ([{"text": "bedrock"}], "bedrock"),
        ([{"type": "input_text", "text": "responses"}], "responses"),
        ([{"type": "text-plain", "text": "a note", "mime_type": "text/plain"}], "a note"),
        ([{"type": "file", "source_type": "text", "text": "v0"}], "v0"),
        ([{"type": "document", "source": {"type": "text", "data": "a page"}}], "a page"),
        ([{"type": "json", "json": {"ä": 1}}], '{"ä": 1}'),
    ],
)
@pytest.mark.parametrize("message", [HumanMessage, SystemMessage])
def test_text_alone_becomes_a_string(blocks, text, message):
    assert to_wire([message(blocks)], Abilities())[0]["content"] == text


def test_empty_text_beside_other_parts_is_left_out():
    blocks = [{"type": "text", "text": ""}, IMAGE, {"type": "text", "text": "?"}, ""]
    assert to_wire([HumanMessage(blocks)], ALL)[0]["content"] == [IMAGE, blocks[2]]


def test_an_assistants_pieces_are_joined_as_its_text_shows_them():
    answer = AIMessage([{"type": "text", "text": "one "}, {"type": "text", "text": "two"}])
    wire = to_wire([HumanMessage("a"), answer, HumanMessage("b")], Abilities())
    assert wire[1]["content"] == answer.text == "one two"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "server_tool_call", "name": "web", "args": {}, "id": "1"},
    ],
)
def test_an_assistants_thoughts_are_not_sent_back(block):
    answer = AIMessage([block, {"type": "text", "text": "hi"}])
    wire = to_wire([HumanMessage("a"), answer, HumanMessage("b")], Abilities())
    assert wire[1] == {"role": "assistant", "content": "hi"}


def test_a_refusal_is_what_the_assistant_said():
    for answer in (
        AIMessage("", additional_kwargs={"refusal": "No."}),
        AIMessage([{"type": "refusal", "refusal": "No."}]),
    ):
        wire = to_wire([HumanMessage("a"), answer, HumanMessage("b")], Abilities())
        assert wire[1] == {"role": "assistant", "content": "No."}


def test_a_tools_picture_goes_out_with_its_result():
    call = AIMessage([], tool_calls=[{"name": "f", "args": {}, "id": "abcdefghi"}])
    block = {"type": "image", "base64": DATA, "mime_type": "image/png"}
    messages = [HumanMessage("a"), call, ToolMessage([block], tool_call_id="abcdefghi")]
    assert to_wire(messages, ALL)[2]["content"] == [INLINE]
    with pytest.raises(UnsupportedContentError, match=r"messages\[2\] \(tool\)"):
        to_wire(messages, Abilities())


def test_nothing_is_written_to_stderr(capfd, recwarn):
    to_wire([HumanMessage([given for given, _ in FORMS.values()])], ALL)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
