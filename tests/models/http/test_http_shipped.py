"""What the shipped class does on the wire, as of langchain-nvidia-ai-endpoints 1.5.0, and ours.

Each of these is a reason for a transport of our own, which may go when upstream mends it.
"""

import asyncio

import pytest
from bytewise import DONE, END, answering, chunk, event, head
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped

from triptych.models import ChatNVIDIA as Ours


def delta(text, finish=None):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return chunk(event({"id": "1", "model": "m", "choices": [choice]}))


ANSWER = head() + delta("hello") + delta("", "stop") + chunk(DONE) + END


@pytest.fixture
def stream(mode):
    """Both ways to stream: a function from a model to the text of its answers, one a call."""

    def run(model, times=1):
        if mode == "sync":
            return ["".join(c.content for c in model.stream("Hi")) for _ in range(times)]

        async def ask():
            return ["".join([c.content async for c in model.astream("Hi")]) for _ in range(times)]

        return asyncio.run(ask())

    return run


def made(kind, url, **more):
    return kind(base_url=url.removesuffix("/chat/completions"), model="m", api_key="k", **more)


@pytest.mark.parametrize(("kind", "connections"), [(Shipped, 5), (Ours, 1)])
def test_a_connection_a_call_or_one_for_all(wire, stream, kind, connections):
    server = wire(answering(ANSWER))
    assert stream(made(kind, server.url), 5) == ["hello"] * 5
    assert len(server.clients) == connections


@pytest.mark.parametrize(("kind", "asked"), [(Shipped, 0), (Ours, 1)])
def test_async_calls_and_the_proxy_of_the_environment(wire, monkeypatch, kind, asked):
    proxy = wire(answering(ANSWER))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    model = made(kind, "http://model.invalid/v1/chat/completions")

    async def ask():
        return [chunk.content async for chunk in model.astream("Hi")]

    try:
        asyncio.run(ask())
    except Exception:
        assert kind is Shipped  # it looks for the host itself
    assert len(proxy.requests) == asked


@pytest.mark.parametrize(("kind", "arrives"), [(Shipped, False), (Ours, True)])
def test_async_calls_and_a_line_over_512_kib(wire, kind, arrives):
    text = "x" * 600_000
    server = wire(answering(head() + delta(text, "stop") + chunk(DONE) + END))
    model = made(kind, server.url)

    async def ask():
        return "".join([chunk.content async for chunk in model.astream("Hi")])

    if arrives:
        assert asyncio.run(ask()) == text
    else:
        with pytest.raises(Exception, match="more than 524288 bytes"):
            asyncio.run(ask())


@pytest.mark.parametrize(("kind", "arrives"), [(Shipped, False), (Ours, True)])
def test_a_comment_that_looks_like_json(wire, stream, kind, arrives):
    noise = chunk(b": {ping\n\n")
    server = wire(answering(head() + noise + ANSWER.removeprefix(head())))
    if arrives:
        assert stream(made(kind, server.url)) == ["hello"]
    else:
        with pytest.raises(Exception):  # noqa: B017, PT011 -- it has no type of its own
            stream(made(kind, server.url))
