"""What a streamed answer becomes, over real HTTP."""

import asyncio
import functools
import json
import operator
import time

import pytest

from triptych.errors import ModelError


def joined(chunks):
    return functools.reduce(operator.add, chunks)


def test_the_text_comes_in_pieces_and_adds_up(endpoint, model, ask):
    endpoint.says(*endpoint.events({"content": "one "}, {"content": "two"}))
    chunks = ask(model)
    assert [c.content for c in chunks if c.content] == ["one ", "two"]
    assert joined(chunks).content == "one two"


def test_invoke_streams_underneath(endpoint, model):
    assert model.invoke("Hi").content == asyncio.run(model.ainvoke("Hi")).content == "hello"
    assert [r["body"]["stream"] for r in endpoint.journal] == [True, True]


def test_usage_model_and_finish_reason_come_once(endpoint, model, ask):
    usage = {
        "prompt_tokens": 40,
        "completion_tokens": 3,
        "total_tokens": 43,
        "prompt_tokens_details": {"cached_tokens": 32},
    }
    whole = joined(ask_with(endpoint, model, ask, usage))
    assert whole.usage_metadata == {
        "input_tokens": 40,
        "output_tokens": 3,
        "total_tokens": 43,
        "input_token_details": {"cache_read": 32},
    }
    assert whole.response_metadata["model_name"] == "alpha-7b"
    assert whole.response_metadata["finish_reason"] == "stop"


def ask_with(endpoint, model, ask, usage):
    endpoint.says(*endpoint.events({"content": "a"}, usage=usage))
    return ask(model)


def test_cumulative_usage_is_not_summed_and_null_usage_is_none(endpoint, model, ask):
    step = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
    pieces = [endpoint.event(choices=[choice], usage=use) for use in (None, step, step)]
    endpoint.says(*pieces, *endpoint.events({"content": "b"}))
    whole = joined(ask(model))
    assert whole.content == "aaab"
    assert whole.usage_metadata["total_tokens"] == 7


def test_comments_and_other_fields_are_passed_over(endpoint, model, ask):
    noise = b": ping\n\n: {not json\n\nevent: message\nid: 7\nretry: 10\n\n"
    endpoint.says(noise, *endpoint.events({"content": "a"}), noise)
    assert joined(ask(model)).content == "a"


def test_a_line_of_a_megabyte_arrives_whole(endpoint, model, ask):
    long = "ä" * 1_000_000
    endpoint.says(*endpoint.events({"content": long}))
    assert joined(ask(model)).content == long


def test_pieces_may_be_cut_anywhere(endpoint, model, ask):
    stream = b"".join(endpoint.events({"content": "zwölf\r"}, {"content": "\u2028 line"}))
    endpoint.says(*[stream[i : i + 7] for i in range(0, len(stream), 7)])
    assert joined(ask(model)).content == "zwölf\r\u2028 line"


def test_an_answer_without_chunking_arrives_as_it_is_written(endpoint, model):
    endpoint.says(endpoint.delta(content="now"), chunked=False, hold=True)
    began = time.monotonic()
    stream = model.stream("Hi")
    assert next(stream).content == "now"
    assert time.monotonic() - began < 10  # the server holds the rest back for 20
    stream.close()


def test_a_server_that_does_not_stream_is_understood(endpoint, model, ask):
    choice = {"index": 0, "message": {"content": "whole"}, "finish_reason": "stop"}
    endpoint.says(json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1}}).encode())
    assert joined(ask(model)).content == "whole"


def test_text_about_think_tags_stays_as_it_is_and_warns_of_nothing(endpoint, model, ask, recwarn):
    text = "<think>x</think> is a tag"
    endpoint.says(*endpoint.events({"content": text}))
    assert joined(ask(model)).content == text
    assert not [w for w in recwarn if "think" in str(w.message)]


def test_reasoning_is_kept_apart(endpoint, model, ask):
    parts = [{"reasoning_content": "hm, "}, {"reasoning_content": "yes"}, {"content": "42"}]
    endpoint.says(*endpoint.events(*parts))
    whole = joined(ask(model))
    assert whole.content == "42"
    assert whole.additional_kwargs["reasoning_content"] == "hm, yes"


def test_tool_calls_are_put_together_from_their_pieces(endpoint, model, ask):
    first = {"index": 0, "id": "abc", "function": {"name": "add", "arguments": '{"a": 1'}}
    second = {"index": 0, "function": {"arguments": "}"}}
    bare = {"index": 0}
    parts = [{"tool_calls": [piece]} for piece in (first, second, bare)]
    endpoint.says(*endpoint.events(*parts))
    (call,) = joined(ask(model)).tool_calls
    assert (call["name"], call["args"], call["id"]) == ("add", {"a": 1}, "abc")


def test_leaving_a_stream_closes_its_connection(endpoint, model):
    endpoint.says(endpoint.delta(content="a"), hold=True)
    stream = model.stream("Hi")
    next(stream)
    stream.close()
    assert endpoint.closed.wait(10)


async def test_cancelling_a_call_closes_its_connection(endpoint, model):
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(request):
        loop.call_soon_threadsafe(began.set)
        return endpoint.say([endpoint.delta(content="a")], hold=True)

    endpoint.answer = answer
    task = asyncio.create_task(model.ainvoke("Hi"))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(endpoint.closed.wait, 10)


def test_silence_is_an_error_after_the_time_set_with_what_had_arrived(endpoint, ask):
    from triptych.models import ChatNVIDIA

    model = ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", timeout=0.3)
    endpoint.says(endpoint.delta(content="half"), hold=True)
    with pytest.raises(ModelError, match="timed out") as caught:
        ask(model)
    assert caught.value.partial == "half"
