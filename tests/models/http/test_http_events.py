"""Bytes become events, however they are cut and whatever stands between them."""

import json
from itertools import pairwise

import pytest
from bytewise import END, answering, chunk, event, head
from hypothesis import given
from hypothesis import strategies as st
from onebyone import aevents, events

from triptych.errors import BadResponseError
from triptych.models.http.sse import Events
from triptych.models.http.transport import Call


def read(*pieces: bytes):
    """The events of a stream that arrives in these pieces, and its reader."""
    reader = Events()
    found = [value for piece in pieces for value in reader.feed(piece)]
    return found + ([] if reader.done else list(reader.end())), reader


def values(*pieces: bytes):
    return read(*pieces)[0]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_they_like(end):
    stream = event({"text": "a\r\nb"}) + b": comment\n\n" + event([2]) + b"data: [DONE]\n\n"
    found, reader = read(stream.replace(b"\n", end))
    assert found == [{"text": "a\r\nb"}, [2]]
    assert reader.done


TRICKY = (
    b"\xef\xbb\xbf: {not json\r\n\r\nevent: message\r\nid: 7\nretry: 10\n"
    + event({"text": "zwölf\r\u2028😀"})
    + b'data: {"a":\ndata: 1,\r\ndata:"b": "two\\nlines"}\r\n\r\n'
    + b'data:{"tight": true}\n'
    + b"data:\n\n"
    + json.dumps({"n": 2}).encode().join([b"data: ", b"\r\r"])
    + b"data: [DONE]\n\n"
)
MEANT = [{"text": "zwölf\r\u2028😀"}, {"a": 1, "b": "two\nlines"}, {"tight": True}, {"n": 2}]


@given(st.lists(st.integers(0, len(TRICKY))))
def test_pieces_may_be_cut_anywhere(cuts):
    at = [0, *sorted(cuts), len(TRICKY)]
    pieces = [TRICKY[a:b] for a, b in pairwise(at)]
    assert values(*pieces) == MEANT


def test_each_byte_may_come_alone():
    assert values(*[TRICKY[i : i + 1] for i in range(len(TRICKY))]) == MEANT


def test_an_event_is_there_as_soon_as_its_line_is():
    """Some servers send no blank line, others send it with the next event."""
    reader = Events()
    assert list(reader.feed(b'data: {"n": 1}\n')) == [{"n": 1}]
    assert list(reader.feed(b'data: {"n": 2}\n')) == [{"n": 2}]


def test_a_comment_that_looks_like_json_is_a_comment():
    assert values(b': {"error": 1}\n\n:\n\n', event(1)) == [1]


def test_half_a_surrogate_pair_is_read_as_python_reads_it():
    assert values(b'data: {"text": "\\ud83d"}\n\n') == [{"text": "\ud83d"}]


def test_what_is_no_json_fails_after_the_events_before_it():
    found, reader = read(event(1) + b"data: {oops\n\n" + event(2))
    assert found == [1]
    assert reader.failed == b"{oops"


@pytest.mark.parametrize(
    "half", [b"data: {oo", b"data: {oo\n", b"data: {oo\ndata: ps\r", b"data:o"]
)
def test_half_an_event_behind_others_is_passed_over_at_the_end(half):
    found, reader = read(event(1) + half)
    assert (found, reader.failed) == ([1], None)


@pytest.mark.parametrize("half", [b"data: {oo", b"data: {oo\n", b": ping\n\ndata: {o\ndata: o"])
def test_half_an_event_and_nothing_else_fails(half):
    found, reader = read(half)
    assert found == []
    assert reader.failed.startswith(b"{o")


def test_what_has_failed_stays_failed_at_the_end():
    found, reader = read(event(1) + b"data: {oops\n\ndata: {ha")
    assert (found, reader.failed) == ([1], b"{oops")


def test_a_single_json_value_is_one_event():
    error = {"error": {"message": "no"}}
    assert values(json.dumps(error, indent=2).encode()) == [error]
    assert values(b"\xef\xbb\xbf" + json.dumps(error).encode()) == [error]
    assert values(b"") == []


def test_nothing_is_read_behind_done():
    found, reader = read(event(1) + b"data: [DONE]\n\n" + event(2))
    assert (found, reader.done) == ([1], True)


def test_the_last_event_needs_no_end_of_line():
    assert values(b'data: {"n": 1}') == [{"n": 1}]


def test_a_line_of_many_megabytes_costs_no_more_than_its_length():
    text = "ä" * 4_000_000
    stream = event({"text": text})
    pieces = [stream[i : i + 4096] for i in range(0, len(stream), 4096)]
    assert values(*pieces) == [{"text": text}]


# Over the wire


def test_a_million_characters_arrive_whole(wire, send):
    text = "é" * 1_000_000
    server = wire(
        answering(head() + chunk(event({"text": text})) + chunk(b"data: [DONE]\n\n") + END)
    )
    call = Call(server.url, {})
    assert send(call, call) == [[{"text": text}]] * 2
    assert len(server.clients) == 1


def test_events_come_as_they_are_sent(wire):
    import threading

    go = threading.Event()

    def serve(client):
        client.request()
        client.send(head() + chunk(event(1)[:4]))
        client.send(chunk(event(1)[4:]))
        go.wait(20)
        client.send(chunk(event(2) + b"data: [DONE]\n\n") + END)

    server = wire(serve)
    stream = events(Call(server.url, {}))
    assert next(stream) == 1
    go.set()
    assert list(stream) == [2]


async def test_events_come_as_they_are_sent_to_tasks(wire):
    import threading

    go = threading.Event()

    def serve(client):
        client.request()
        client.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + event(1))
        go.wait(20)
        client.send(event(2) + b"data: [DONE]\n\n")

    server = wire(serve)
    stream = aevents(Call(server.url, {}))
    assert await anext(stream) == 1
    go.set()
    assert [each async for each in stream] == [2]


def test_what_is_no_json_is_told_with_its_words(wire, send):
    server = wire(answering(head() + chunk(event(1) + b"data: <html>login\n\n") + END))
    with pytest.raises(BadResponseError, match="<html>login"):
        send(Call(server.url, {}))


def test_a_body_that_is_compressed_all_the_same_is_read(wire, send):
    import gzip

    packed = gzip.compress(event(1) + b"data: [DONE]\n\n")
    server = wire(answering(head(Content_Encoding="gzip") + chunk(packed) + END))
    assert send(Call(server.url, {})) == [[1]]
